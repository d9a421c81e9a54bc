"""How Alembic runs our revisions: on the connection that `diklat_lti.migrations` hands over, never by an ini file."""

from alembic import context

from diklat_lti.models import Centre

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Centre.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
