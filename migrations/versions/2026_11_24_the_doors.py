"""The doors: what the doctor saw, codes for centre admins, forms of ended sessions, copies, and how launches came in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "the_doors"
down_revision = "the_walls"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("platforms") as table:
        table.add_column(sa.Column("joined_to_id", ID, sa.ForeignKey("platforms.id")))
        table.add_column(sa.Column("keys_fetched_at", INSTANT))
        table.add_column(sa.Column("keys_fetched_by", sa.String(100)))
    with op.batch_alter_table("people") as table:
        table.add_column(sa.Column("joined_to_id", ID, sa.ForeignKey("people.id")))
    op.add_column("registrations", sa.Column("scopes_granted_at", INSTANT))
    op.add_column("registrations", sa.Column("scopes_refused", JSON))
    op.add_column("launches", sa.Column("browser_family", sa.String(40)))
    op.add_column("placements", sa.Column("picked_uuid", sa.String(36)))
    op.add_column("picked_links", sa.Column("title", sa.String(300)))
    op.add_column("picked_links", sa.Column("answer", sa.String(36)))
    op.add_column("picked_links", sa.Column("seen_at", INSTANT))
    op.add_column("picked_links", sa.Column("looked_at", INSTANT))
    op.add_column("grade_items", sa.Column("inherits", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "findings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("platform_id", ID, sa.ForeignKey("platforms.id")),
        sa.Column("link", sa.String(40), nullable=False),
        sa.Column("light", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.UniqueConstraint("platform_id", "link"),
    )
    op.create_table(
        "centre_codes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id"), nullable=False, index=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("tries_left", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("spent_at", INSTANT),
        sa.Column("spent_by", ID, sa.ForeignKey("people.id")),
    )
    op.create_table(
        "kept_forms",
        sa.Column("id", ID, primary_key=True),
        sa.Column("session_id", ID, sa.ForeignKey("browser_sessions.id"), nullable=False, index=True),
        sa.Column("path", sa.String(300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
    )
