"""Custom parameters: `$Variables` filled in as Moodle does, which leaves what it does not know as it stands."""

import re
from typing import Any

from diklat_lti.demo.lms.courses import Activity, Course
from diklat_lti.demo.lms.people import Person
from diklat_lti.demo.lms.tools import Tool

EMPTY = """
    Context.longDescription Context.timeFrame.begin CourseSection.longDescription CourseSection.timeFrame.begin
    CourseSection.timeFrame.end Person.name.middle Person.address.street1 Person.address.locality
    Person.address.country Person.phone.primary Person.phone.mobile Person.webaddress
"""


def parameters(tool: Tool, own: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    """The item's own first, then the tool's, which overrides the same key."""
    found: dict[str, Any] = {}
    for key, value in {**own, **tool.custom}.items():
        filled = fill(str(value).strip(), values)
        found[mapped(key)] = filled
        found[key] = filled
    return found


def fill(value: str, values: dict[str, Any]) -> Any:
    """A backslash in front protects a value that begins with `$`."""
    if value.startswith("\\"):
        return value[1:]
    if value.startswith("$") and value[1:] in values:
        return values[value[1:]]
    return value


def mapped(key: str) -> str:
    """Each key comes twice: as written, and in small letters with underscores."""
    return re.sub(r"[^a-z0-9]", "_", key.strip().lower())


def variables(
    url: str, who: Person, role: str, course: Course, tool: Tool, link: Activity | None, groups: str
) -> dict[str, Any]:
    """What Moodle can fill in. Names and addresses obey the privacy switches, `$User.username` does not."""
    name, email = tool.send_name, tool.send_email
    items = f"{url}/mod/lti/services.php/{course.id}/lineitems?type_id={tool.id}"
    known: dict[str, Any] = {
        "Context.id": str(course.id),
        "Context.title": course.fullname,
        "Context.label": course.shortname,
        "Context.id.history": course.history,
        "Context.sourcedId": course.idnumber,
        "CourseSection.title": course.fullname,
        "CourseSection.label": course.shortname,
        "CourseSection.sourcedId": course.idnumber,
        "User.id": str(who.id),
        "User.username": who.username,
        "Person.name.full": who.name if name else None,
        "Person.name.given": who.given_name if name else None,
        "Person.name.family": who.family_name if name else None,
        "Person.email.primary": who.email if email else None,
        "Person.sourcedId": who.idnumber,
        "Person.address.timezone": "99",  # "the server's time zone"
        "Membership.role": role,
        "Moodle.Person.userGroupIds": groups,
        "LineItems.url": items if tool.grade_sync else "$LineItems.url",
    }
    known.update(dict.fromkeys(EMPTY.split(), ""))
    if link:
        known.update({"ResourceLink.id": str(link.id), "ResourceLink.title": link.name})
        known["ResourceLink.description"] = link.intro
    return known
