"""Names and roles: who is in the course, in Moodle's short role names, with its paging that forgets the role."""

from typing import Any
from urllib.parse import urlencode

from diklat_lti.demo.lms import claims, courses, groups, people
from diklat_lti.demo.lms.claims import LTI
from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.forms import number
from diklat_lti.demo.lms.people import Member
from diklat_lti.demo.lms.services import Answer, Call, holds
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import enrolment
from diklat_lti.demo.lms.tools import MEMBERSHIP, Tool
from diklat_lti.demo.lms.trouble import Declined

FORMATS = ("application/vnd.ims.lti-nrps.v2.membershipcontainer+json",)


def listed(call: Call, course_id: int, tool_id: int) -> Answer:
    with call.lms.store.read() as db:
        tool = holds(db, call, MEMBERSHIP, tool_id=tool_id)
        course = courses.find(db, course_id)
        if course is None:
            raise Declined(404, "Not Found")
        link = _link(db, call, course_id, tool)
        found = people.members(db, course_id, enrolment.c.suspended.is_(False))
        found = [one for one in found if link is None or groups.has_access(db, link, one)]
    wanted = call.query.get("role", "")
    if wanted in ("Learner", "Instructor"):  # any other value returns everybody
        found = [one for one in found if role(one) == wanted]
    start, limit = number(call.query.get("from")), number(call.query.get("limit"))
    page = found[start : start + limit] if limit else found
    url = claims.memberships_url(call.lms.url, course_id, tool_id)
    value = {
        "id": url,
        "context": {"id": str(course.id), "label": course.shortname, "title": course.fullname},
        "members": [_told(call, one, tool, link) for one in page],
    }
    more = {"limit": limit, "from": start + limit, **({"rlid": link.id} if link else {})}
    has_more = limit and start + limit < len(found)
    return Answer(value, link=f'<{url}?{urlencode(more)}>; rel="next"' if has_more else None)


def role(member: Member) -> str:
    """Whoever may not edit the course is a Learner here, a non-editing teacher too."""
    return "Instructor" if member.role == "editingteacher" else "Learner"


def _link(db: Connection, call: Call, course_id: int, tool: Tool) -> Activity | None:
    if "rlid" not in call.query:
        return None
    found = courses.activity(db, number(call.query["rlid"]))
    if found is None or (found.course_id, found.tool_id) != (course_id, tool.id):
        raise Declined(404, "Not Found")
    return found


def _told(call: Call, member: Member, tool: Tool, link: Activity | None) -> dict[str, Any]:
    who = member.person
    found: dict[str, Any] = {"status": "Active", "roles": [role(member)]}
    if link:
        message: dict[str, Any] = {LTI + "message_type": "LtiResourceLinkRequest"}
        if tool.accept_grades:
            outcome = claims.basic_outcome(call.lms.url, link, str(who.id))
            message["https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"] = outcome
        found["message"] = [message]
    found |= {"user_id": str(who.id), "lis_person_sourcedid": who.idnumber}
    if tool.send_name:
        found |= {"name": who.name, "given_name": who.given_name, "family_name": who.family_name}
    if tool.send_email:
        found["email"] = who.email
    return found | ({"ext_user_username": who.username} if tool.send_name else {})
