"""The demo LMS's own tables, named after what Moodle keeps in them. They have nothing to do with the tool's."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from diklat_lti.database import NAMES, Exact

meta = MetaData(naming_convention=NAMES)

site = Table("site", meta, Column("key", String(40), primary_key=True), Column("value", Text, nullable=False))

person = Table(
    "person",
    meta,
    Column("id", Integer, primary_key=True),
    Column("username", String(100), nullable=False, unique=True),
    Column("given_name", String(100), nullable=False),
    Column("family_name", String(100), nullable=False),
    Column("email", String(100), nullable=False),
    Column("idnumber", String(100), nullable=False, default=""),
    Column("is_admin", Boolean, nullable=False, default=False),
)

course = Table(
    "course",
    meta,
    Column("id", Integer, primary_key=True),
    Column("fullname", String(250), nullable=False),
    Column("shortname", String(100), nullable=False),
    Column("idnumber", String(100), nullable=False, default=""),
    Column("place", String(100), nullable=False, default=""),
    Column("history", String(200), nullable=False, default=""),
)

enrolment = Table(
    "enrolment",
    meta,
    Column("id", Integer, primary_key=True),
    Column("course_id", ForeignKey("course.id"), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("role", String(30), nullable=False),  # Moodle's short names: editingteacher, teacher, student
    Column("suspended", Boolean, nullable=False, default=False),
    UniqueConstraint("course_id", "person_id"),
)

team = Table(  # "group" is a word of SQL
    "team",
    meta,
    Column("id", Integer, primary_key=True),
    Column("course_id", ForeignKey("course.id"), nullable=False),
    Column("name", String(100), nullable=False),
)

teammate = Table(
    "teammate",
    meta,
    Column("team_id", ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True),
)

tool = Table(
    "tool",
    meta,
    Column("id", Integer, primary_key=True),  # Moodle's type id: the deployment id too
    Column("client_id", String(60), nullable=False, unique=True),
    Column("state", String(20), nullable=False, default="pending"),
    Column("name", String(250), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("tool_url", Text, nullable=False),
    Column("domain", String(250), nullable=False),
    Column("login_url", Text, nullable=False),
    Column("redirect_uris", JSON, nullable=False),
    Column("jwks_url", Text, nullable=False),
    Column("icon", Text, nullable=False, default=""),
    Column("custom", JSON, nullable=False),
    Column("deep_linking_url", Text),
    Column("send_name", Boolean, nullable=False, default=False),
    Column("send_email", Boolean, nullable=False, default=False),
    Column("accept_grades", Boolean, nullable=False, default=False),
    Column("always_graded", Boolean, nullable=False, default=False, server_default="0"),
    Column("grade_sync", Integer, nullable=False, default=0),  # 0 none, 1 grades only, 2 grades and columns
    Column("memberships", Boolean, nullable=False, default=False),
    Column("tool_settings", Boolean, nullable=False, default=False),
)

chooser = Table(
    "chooser",
    meta,
    Column("course_id", ForeignKey("course.id"), primary_key=True),
    Column("tool_id", ForeignKey("tool.id", ondelete="CASCADE"), primary_key=True),
)

link = Table(
    "link",
    meta,
    Column("id", Integer, primary_key=True),  # the LTI instance: resource_link.id
    Column("cmid", Integer, nullable=False, unique=True),  # the course module: view.php?id=
    Column("course_id", ForeignKey("course.id"), nullable=False, index=True),
    Column("tool_id", ForeignKey("tool.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(250), nullable=False),
    Column("intro", Text, nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
    Column("icon", Text, nullable=False, default=""),
    Column("custom", JSON, nullable=False),
    Column("visible", Boolean, nullable=False, default=True),
    Column("position", Integer, nullable=False, default=0, server_default="0"),  # among the course's activities
    Column("group_id", ForeignKey("team.id")),  # restricted to this group
    Column("completion", String(10), nullable=False, default="", server_default=""),  # "", grade, pass
)

grade_item = Table(
    "grade_item",
    meta,
    Column("id", Integer, primary_key=True),
    Column("course_id", ForeignKey("course.id"), nullable=False, index=True),
    Column("tool_id", ForeignKey("tool.id", ondelete="CASCADE"), nullable=False),
    Column("link_id", ForeignKey("link.id", ondelete="CASCADE")),
    Column("manual", Boolean, nullable=False),  # made by the tool; else it belongs to an activity
    Column("label", String(250), nullable=False),
    Column("maximum", Exact, nullable=False),
    Column("resource_id", String(250), nullable=False, default=""),
    Column("tag", String(250), nullable=False, default=""),
    Column("review_url", Text),
    Column("review_custom", JSON),
    Column("locked", Boolean, nullable=False, default=False),
    Column("pass_mark", Exact),
)

grade = Table(
    "grade",
    meta,
    Column("item_id", ForeignKey("grade_item.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("raw", Exact),
    Column("final", Exact),
    Column("feedback", Text),
    Column("modified", Integer),  # whole seconds, as Moodle keeps them
    Column("overridden", Boolean, nullable=False, default=False),
    Column("locked", Boolean, nullable=False, default=False),
)

session = Table(
    "session",
    meta,
    Column("id", String(60), primary_key=True),
    Column("person_id", ForeignKey("person.id")),
    Column("sesskey", String(20), nullable=False),
    Column("language", String(5), nullable=False),
    Column("editing", Boolean, nullable=False, default=False),
    Column("phone", Boolean, nullable=False, default=False),
)

launch_hint = Table(
    "launch_hint",
    meta,
    Column("id", String(80), primary_key=True),
    Column("session_id", ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
    Column("tool_id", Integer, nullable=False),
    Column("course_id", Integer, nullable=False),
    Column("link_id", Integer),
    Column("container", Integer, nullable=False, default=3),
    Column("for_person_id", Integer),  # whose work is reviewed
    Column("changed_id", Integer),  # the activity whose content is selected anew
)

selection = Table(
    "selection",
    meta,
    Column("id", String(40), primary_key=True),
    Column("session_id", ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
    Column("course_id", Integer, nullable=False),
    Column("tool_id", Integer, nullable=False),
    Column("items", JSON, nullable=False),
    Column("changed_id", Integer),  # the activity that they are saved over
)

access_token = Table(
    "access_token",
    meta,
    Column("token", String(32), primary_key=True),
    Column("tool_id", ForeignKey("tool.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("expires", Integer, nullable=False),
)

service_request = Table(
    "service_request",
    meta,
    Column("id", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("method", String(10), nullable=False),
    Column("path", Text, nullable=False),
    Column("status", Integer, nullable=False),
)

Index("ix_grade_item_link_id", grade_item.c.link_id)
