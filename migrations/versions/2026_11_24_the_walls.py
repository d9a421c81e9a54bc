"""The walls: every table of the house as it was built. Names of keys and constraints follow `database.NAMES`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "the_walls"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)
HUNDREDTHS = sa.Integer()


def upgrade() -> None:
    op.create_table(
        "centres",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "regions",
        sa.Column("code", sa.String(13), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kid", sa.String(64), nullable=False, unique=True),
        sa.Column("private_key", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_from", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
    )
    op.create_table(
        "spent_tickets",
        sa.Column("ticket_id", sa.String(64), primary_key=True),
        sa.Column("spent_at", INSTANT, nullable=False, index=True),
    )
    op.create_table(
        "platforms",
        sa.Column("id", ID, primary_key=True),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id"), nullable=False, index=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("product", sa.String(100)),
        sa.Column("version", sa.String(100)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT),
    )
    op.create_table(
        "programs",
        sa.Column("id", ID, primary_key=True),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id"), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("centre_id", "key"),
    )
    op.create_table(
        "waves",
        sa.Column("id", ID, primary_key=True),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id"), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.UniqueConstraint("centre_id", "label"),
    )
    op.create_table(
        "courses",
        sa.Column("id", ID, primary_key=True),
        sa.Column("platform_id", ID, sa.ForeignKey("platforms.id"), nullable=False),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id"), nullable=False, index=True),
        sa.Column("context_id", sa.String(255), nullable=False),
        sa.Column("title", sa.String(300)),
        sa.Column("label", sa.String(200)),
        sa.Column("lineitems_url", sa.String(1000)),
        sa.Column("memberships_url", sa.String(1000)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("platform_id", "context_id"),
    )
    op.create_table(
        "people",
        sa.Column("id", ID, primary_key=True),
        sa.Column("platform_id", ID, sa.ForeignKey("platforms.id")),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id")),
        sa.Column("sub", sa.String(255)),
        sa.Column("name", sa.String(300)),
        sa.Column("given_name", sa.String(200)),
        sa.Column("family_name", sa.String(200)),
        sa.Column("email", sa.String(320)),
        sa.Column("phone", sa.String(20)),
        sa.Column("locale", sa.String(20)),
        sa.Column("region_code", sa.String(13)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("erased_at", INSTANT),
        sa.UniqueConstraint("platform_id", "sub"),
    )
    op.create_table(
        "refusals",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("platform_id", ID, sa.ForeignKey("platforms.id")),
        sa.Column("browser_family", sa.String(40)),
        sa.Column("reference", sa.String(32), nullable=False),
    )
    op.create_index("ix_refusals_platform_id_at", "refusals", ["platform_id", "at"])
    op.create_table(
        "registrations",
        sa.Column("id", ID, primary_key=True),
        sa.Column("platform_id", ID, sa.ForeignKey("platforms.id"), nullable=False, index=True),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("auth_login_url", sa.String(1000), nullable=False),
        sa.Column("token_url", sa.String(1000), nullable=False),
        sa.Column("jwks_url", sa.String(1000), nullable=False),
        sa.Column("jwks", JSON),
        sa.Column("jwks_read_at", INSTANT),
        sa.Column("jwks_tried_at", INSTANT),
        sa.Column("scopes_asked", JSON),
        sa.Column("scopes_echoed", JSON),
        sa.Column("scopes_granted", JSON),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT),
        sa.UniqueConstraint("issuer", "client_id"),
    )
    op.create_table(
        "access_tokens",
        sa.Column("id", ID, primary_key=True),
        sa.Column("registration_id", ID, sa.ForeignKey("registrations.id"), nullable=False),
        sa.Column("scopes", sa.String(1000), nullable=False),
        sa.Column("granted", sa.String(1000), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.UniqueConstraint("registration_id", "scopes"),
    )
    op.create_table(
        "audit_rows",
        sa.Column("id", ID, primary_key=True),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id")),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor_id", ID, sa.ForeignKey("people.id")),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("subject_kind", sa.String(30), nullable=False),
        sa.Column("subject_id", ID),
        sa.Column("data", JSON, nullable=False),
        sa.Column("text_digest", sa.String(64)),
        sa.Column("seal_seq", ID),
        sa.Column("seal", sa.String(64)),
    )
    op.create_index("ix_audit_rows_centre_id_seal_seq", "audit_rows", ["centre_id", "seal_seq"])
    op.create_index("ix_audit_rows_subject_kind_subject_id", "audit_rows", ["subject_kind", "subject_id"])
    op.create_table(
        "browser_sessions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("device", sa.String(60)),
        sa.Column("locale", sa.String(5)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False, index=True),
        sa.Column("ended_at", INSTANT),
    )
    op.create_table(
        "deployments",
        sa.Column("id", ID, primary_key=True),
        sa.Column("registration_id", ID, sa.ForeignKey("registrations.id"), nullable=False, index=True),
        sa.Column("deployment_id", sa.String(255), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("admitted_at", INSTANT),
        sa.Column("disabled_at", INSTANT),
        sa.UniqueConstraint("registration_id", "deployment_id"),
    )
    op.create_table(
        "invites",
        sa.Column("id", ID, primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(200)),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id")),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("spent_at", INSTANT),
        sa.Column("registration_id", ID, sa.ForeignKey("registrations.id")),
    )
    op.create_table(
        "members",
        sa.Column("course_id", ID, sa.ForeignKey("courses.id"), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id"), primary_key=True, index=True),
        sa.Column("instructor_at", INSTANT),
        sa.Column("learner_at", INSTANT),
        sa.Column("marked", sa.String(10)),
    )
    op.create_table(
        "program_versions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("program_id", ID, sa.ForeignKey("programs.id"), nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("label", sa.String(100)),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("outline", JSON, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.Column("published_by", ID, sa.ForeignKey("people.id")),
        sa.UniqueConstraint("program_id", "number"),
    )
    op.create_table(
        "role_requests",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("course_id", ID, sa.ForeignKey("courses.id"), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answer", sa.String(20)),
        sa.Column("answered_at", INSTANT),
        sa.Column("answered_by", ID, sa.ForeignKey("people.id")),
    )
    op.create_index("ix_role_requests_course_id_answered_at", "role_requests", ["course_id", "answered_at"])
    op.create_table(
        "assets",
        sa.Column("version_id", ID, sa.ForeignKey("program_versions.id"), primary_key=True),
        sa.Column("path", sa.String(500), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", ID, nullable=False),
    )
    op.create_table(
        "audit_texts",
        sa.Column("audit_row_id", ID, sa.ForeignKey("audit_rows.id"), primary_key=True),
        sa.Column("salt", sa.String(32)),
        sa.Column("text", sa.Text()),
    )
    op.create_table(
        "cohorts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("course_id", ID, sa.ForeignKey("courses.id"), nullable=False, index=True),
        sa.Column("wave_id", ID, sa.ForeignKey("waves.id")),
        sa.Column("version_id", ID, sa.ForeignKey("program_versions.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("length_days", ID, nullable=False),
        sa.Column("starts_on", sa.Date()),
        sa.Column("opens_on", sa.Date()),
        sa.Column("last_start_on", sa.Date()),
        sa.Column("hard_end_on", sa.Date()),
        sa.Column("sync_grace_hours", ID, nullable=False),
        sa.Column("rules_seq", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, sa.ForeignKey("people.id")),
        sa.Column("archived_at", INSTANT),
        sa.CheckConstraint("length_days BETWEEN 1 AND 90", name="length_days"),
        sa.CheckConstraint("mode IN ('fixed', 'rolling')", name="mode"),
    )
    op.create_table(
        "lesson_contents",
        sa.Column("version_id", ID, sa.ForeignKey("program_versions.id"), primary_key=True),
        sa.Column("lesson_key", sa.String(100), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("body", JSON, nullable=False),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", ID, primary_key=True),
        sa.Column("cohort_id", ID, sa.ForeignKey("cohorts.id"), nullable=False),
        sa.Column("person_id", ID, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("help_code", sa.String(12), nullable=False, unique=True),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.Column("region_code", sa.String(13)),
        sa.Column("region_source", sa.String(10)),
        sa.Column("welcomed_at", INSTANT),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        sa.Column("rules_seq", ID, nullable=False),
        sa.Column("summarised_at", INSTANT, nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=False),
        sa.Column("grace_end_at", INSTANT, nullable=False),
        sa.Column("first_work_at", INSTANT),
        sa.Column("done_count", ID, nullable=False),
        sa.Column("done_keys", JSON, nullable=False),
        sa.Column("required_count", ID, nullable=False),
        sa.Column("all_done", sa.Boolean(), nullable=False),
        sa.Column("attempts_left", ID, nullable=False),
        sa.Column("score", HUNDREDTHS),
        sa.Column("completed_at", INSTANT),
        sa.Column("passed_at", INSTANT),
        sa.Column("withdrawn_at", INSTANT),
        sa.Column("withdrawn_by", sa.String(10)),
        sa.Column("judge_at", INSTANT),
        sa.Column("next_change_at", INSTANT),
        sa.Column("last_work_at", INSTANT),
        sa.UniqueConstraint("cohort_id", "person_id"),
    )
    op.create_index("ix_enrolments_cohort_id_region_code", "enrolments", ["cohort_id", "region_code"])
    op.create_index("ix_enrolments_next_change_at", "enrolments", ["next_change_at"])
    op.create_table(
        "grants",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("centre_id", ID, sa.ForeignKey("centres.id"), nullable=False, index=True),
        sa.Column("course_id", ID, sa.ForeignKey("courses.id"), index=True),
        sa.Column("cohort_id", ID, sa.ForeignKey("cohorts.id")),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("granted_by", ID, sa.ForeignKey("people.id")),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoked_by", ID, sa.ForeignKey("people.id")),
    )
    op.create_index("ix_grants_person_id_role", "grants", ["person_id", "role"])
    op.create_table(
        "picked_links",
        sa.Column("uuid", sa.String(36), primary_key=True),
        sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
        sa.Column("cohort_id", ID, sa.ForeignKey("cohorts.id"), nullable=False, index=True),
        sa.Column("module_key", sa.String(100)),
        sa.Column("picked_at", INSTANT, nullable=False),
        sa.Column("picked_by", ID, sa.ForeignKey("people.id"), nullable=False),
    )
    op.create_table(
        "placements",
        sa.Column("id", ID, primary_key=True),
        sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
        sa.Column("course_id", ID, sa.ForeignKey("courses.id"), nullable=False, index=True),
        sa.Column("resource_link_id", sa.String(255), nullable=False),
        sa.Column("cohort_id", ID, sa.ForeignKey("cohorts.id"), index=True),
        sa.Column("module_key", sa.String(100)),
        sa.Column("title", sa.String(300)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("deployment_id", "course_id", "resource_link_id"),
    )
    op.create_table(
        "assignments",
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id"), primary_key=True),
        sa.Column("person_id", ID, sa.ForeignKey("people.id"), primary_key=True, index=True),
        sa.Column("assigned_at", INSTANT, nullable=False),
        sa.Column("assigned_by", ID, sa.ForeignKey("people.id")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", ID, primary_key=True),
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id"), nullable=False),
        sa.Column("attempt_uuid", sa.String(36), nullable=False),
        sa.Column("lesson_key", sa.String(100), nullable=False),
        sa.Column("version_id", ID, sa.ForeignKey("program_versions.id"), nullable=False),
        sa.Column("seed", ID, nullable=False),
        sa.Column("started_event_id", ID),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("time_limit_s", ID),
        sa.UniqueConstraint("enrolment_id", "attempt_uuid"),
    )
    op.create_table(
        "grade_decisions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id"), nullable=False),
        sa.Column("module_key", sa.String(100), nullable=False),
        sa.Column("score", HUNDREDTHS),
        sa.Column("comment", sa.Text()),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("timestamp", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
    )
    op.create_index(
        "ix_grade_decisions_enrolment_id_module_key_id", "grade_decisions", ["enrolment_id", "module_key", "id"]
    )
    op.create_table(
        "grade_items",
        sa.Column("id", ID, primary_key=True),
        sa.Column("cohort_id", ID, sa.ForeignKey("cohorts.id"), nullable=False, index=True),
        sa.Column("module_key", sa.String(100), nullable=False),
        sa.Column("placement_id", ID, sa.ForeignKey("placements.id")),
        sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
        sa.Column("lineitem_url", sa.String(1000)),
        sa.Column("resource_id", sa.String(255)),
        sa.Column("tag", sa.String(255)),
        sa.Column("label", sa.String(300), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT),
        sa.UniqueConstraint("placement_id", "module_key"),
    )
    op.create_table(
        "grant_regions",
        sa.Column("grant_id", ID, sa.ForeignKey("grants.id"), primary_key=True),
        sa.Column("prefix", sa.String(13), primary_key=True),
    )
    op.create_table(
        "launches",
        sa.Column("id", ID, primary_key=True),
        sa.Column("ticket_id", sa.String(64), nullable=False, unique=True),
        sa.Column("session_id", ID, sa.ForeignKey("browser_sessions.id")),
        sa.Column("person_id", ID, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("deployment_id", ID, sa.ForeignKey("deployments.id"), nullable=False),
        sa.Column("course_id", ID, sa.ForeignKey("courses.id")),
        sa.Column("placement_id", ID, sa.ForeignKey("placements.id")),
        sa.Column("message_type", sa.String(60), nullable=False),
        sa.Column("roles", sa.String(30), nullable=False),
        sa.Column("framed", sa.Boolean(), nullable=False),
        sa.Column("bounce", sa.String(20), nullable=False),
        sa.Column("locale", sa.String(20)),
        sa.Column("return_url", sa.String(2000)),
        sa.Column("deep_linking", JSON),
        sa.Column("led_to", sa.String(200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
    )
    op.create_index("ix_launches_session_id_course_id", "launches", ["session_id", "course_id"])
    op.create_table(
        "rulings",
        sa.Column("id", ID, primary_key=True),
        sa.Column("cohort_id", ID, sa.ForeignKey("cohorts.id"), nullable=False),
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id")),
        sa.Column("seq", ID),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("letter_number", sa.String(100)),
        sa.Column("author_id", ID, sa.ForeignKey("people.id")),
        sa.Column("made_at", INSTANT, nullable=False),
    )
    op.create_index("ix_rulings_cohort_id_seq", "rulings", ["cohort_id", "seq"])
    op.create_index("ix_rulings_enrolment_id", "rulings", ["enrolment_id"])
    op.create_table(
        "extensions",
        sa.Column("id", ID, primary_key=True),
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id"), nullable=False, index=True),
        sa.Column("ruling_id", ID, sa.ForeignKey("rulings.id"), nullable=False, index=True),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("revoking_ruling_id", ID, sa.ForeignKey("rulings.id")),
    )
    op.create_table(
        "grade_deliveries",
        sa.Column("id", ID, primary_key=True),
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id"), nullable=False),
        sa.Column("grade_item_id", ID, sa.ForeignKey("grade_items.id"), nullable=False, index=True),
        sa.Column("wanted_id", ID, sa.ForeignKey("grade_decisions.id"), nullable=False),
        sa.Column("delivered_id", ID, sa.ForeignKey("grade_decisions.id")),
        sa.Column("next_try_at", INSTANT),
        sa.Column("claim_token", sa.String(36)),
        sa.Column("lease_until", INSTANT),
        sa.Column("tries", ID, nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("answer", sa.String(60)),
        sa.Column("http_status", ID),
        sa.Column("delivered_at", INSTANT),
        sa.Column("tried_at", INSTANT),
        sa.UniqueConstraint("enrolment_id", "grade_item_id"),
    )
    op.create_index("ix_grade_deliveries_next_try_at", "grade_deliveries", ["next_try_at"])
    op.create_index(
        "uq_grade_deliveries_enrolment_id_on_its_way",
        "grade_deliveries",
        ["enrolment_id"],
        unique=True,
        sqlite_where=sa.text("claim_token IS NOT NULL"),
        postgresql_where=sa.text("claim_token IS NOT NULL"),
    )
    op.create_table(
        "judgements",
        sa.Column("id", ID, primary_key=True),
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id"), nullable=False, index=True),
        sa.Column("attempt_id", ID, sa.ForeignKey("attempts.id"), nullable=False, index=True),
        sa.Column("finished_at", INSTANT, nullable=False),
        sa.Column("arrived_at", INSTANT, nullable=False),
        sa.Column("judged_at", INSTANT, nullable=False),
        sa.Column("cause", sa.String(10), nullable=False),
        sa.Column("ruling_id", ID, sa.ForeignKey("rulings.id")),
        sa.Column("score", sa.String(60), nullable=False),
        sa.Column("detail", JSON, nullable=False),
    )
    op.create_table(
        "learner_events",
        sa.Column("id", ID, primary_key=True),
        sa.Column("enrolment_id", ID, sa.ForeignKey("enrolments.id"), nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("lesson_key", sa.String(100)),
        sa.Column("attempt_id", ID, sa.ForeignKey("attempts.id"), index=True),
        sa.Column("body", JSON),
        sa.Column("device_id", sa.String(36)),
        sa.Column("stamp_at", INSTANT, nullable=False),
        sa.Column("stamp_serial", sa.String(36), nullable=False),
        sa.Column("offset_ms", ID),
        sa.Column("made_at", INSTANT),
        sa.Column("elapsed_ms", ID),
        sa.Column("sent_at", INSTANT),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.UniqueConstraint("enrolment_id", "event_id"),
    )
    # The two tables know each other; SQLite adds a constraint only by copying the table.
    with op.batch_alter_table("attempts") as batch:
        batch.create_foreign_key(
            "fk_attempts_started_event_id_learner_events", "learner_events", ["started_event_id"], ["id"]
        )
