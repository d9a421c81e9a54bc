"""The claims of an id_token, in Moodle's shape: lists sorted, `aud` a string, everything a string."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import randbelow
from typing import Any

from diklat_lti.demo.lms import custom
from diklat_lti.demo.lms.configuration import Release
from diklat_lti.demo.lms.courses import Activity, Course
from diklat_lti.demo.lms.people import Member
from diklat_lti.demo.lms.tools import AGS, Tool

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
TARGETS = {3: "iframe", 4: "window", 5: "frame"}


@dataclass(frozen=True)
class Visitor:
    """Who arrives: the place in the course, the language, and the groups as Moodle lists them."""

    place: Member
    language: str
    groups: str = ""


@dataclass(frozen=True)
class Review:
    """Whose work a teacher, or the learner, looks at; where the line item says so, with its own address and values."""

    person_id: int
    url: str | None = None
    custom: dict[str, str] = field(default_factory=dict)


def roles(place: Member) -> list[str]:
    """A non-editing teacher looks like any teacher; a site admin is an instructor too, and never a learner."""
    if place.person.is_admin:
        return [
            LIS + "institution/person#Administrator",
            LIS + "membership#Instructor",
            LIS + "system/person#Administrator",
        ]
    return [LIS + ("membership#Instructor" if place.teaches else "membership#Learner")]


def common(
    url: str, visitor: Visitor, course: Course, tool: Tool, link: Activity | None, review: Review | None = None
) -> dict[str, Any]:
    """What a launch and a deep linking request share."""
    place, who = visitor.place, visitor.place.person
    claims: dict[str, Any] = {
        "iss": url,
        "aud": tool.client_id,
        LTI + "deployment_id": str(tool.id),
        "sub": str(who.id),
        LTI + "lis": {"person_sourcedid": who.idnumber, "course_section_sourcedid": course.idnumber},
        LTI + "roles": roles(place),
        LTI + "context": {
            "id": str(course.id),
            "label": course.shortname,
            "title": course.fullname,
            "type": ["CourseSection"],
        },
        **_identity(place, tool),
        LTI + "launch_presentation": {"locale": visitor.language},
        LTI + "version": "1.3.0",
        LTI + "custom": _custom(url, visitor, course, tool, link, review),
    }
    if tool.grade_sync:
        claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = {
            "scope": sorted(scope for scope in tool.permitted if scope.startswith(AGS)),
            "lineitems": f"{url}/mod/lti/services.php/{course.id}/lineitems?type_id={tool.id}",
        }
    return claims


def resource_link(
    claims: dict[str, Any], url: str, tool: Tool, link: Activity, container: int, sesskey: str, coupled: int | None
) -> dict[str, Any]:
    """Adds what only a launch has. `coupled` is the link's one line item, where it has exactly one."""
    claims[LTI + "target_link_uri"] = link.url or tool.tool_url
    claims[LTI + "message_type"] = "LtiResourceLinkRequest"
    claims[LTI + "resource_link"] = {"title": link.name, "description": link.intro, "id": str(link.id)}
    claims[LTI + "launch_presentation"] |= {
        "document_target": TARGETS.get(container, "iframe"),
        "return_url": f"{url}/mod/lti/return.php?course={link.course_id}&launch_container={container}"
        f"&instanceid={link.id}&sesskey={sesskey}",
    }
    if tool.accept_grades:
        claims["https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"] = basic_outcome(url, link, claims["sub"])
    if coupled:
        claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitem"] = (
            f"{url}/mod/lti/services.php/{link.course_id}/lineitems/{coupled}/lineitem?type_id={tool.id}"
        )
    if tool.memberships:
        claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = {
            "context_memberships_url": memberships_url(url, link.course_id, tool.id),
            "service_versions": ["1.0", "2.0"],
        }
    return claims


def submission_review(claims: dict[str, Any], review: Review) -> dict[str, Any]:
    """A launch turned into a look at one learner's work. Of the learner it says the number alone."""
    claims[LTI + "message_type"] = "LtiSubmissionReviewRequest"
    claims[LTI + "target_link_uri"] = review.url or claims[LTI + "target_link_uri"]
    claims[LTI + "for_user"] = {"user_id": str(review.person_id)}
    return claims


def deep_linking(
    claims: dict[str, Any], url: str, tool: Tool, course: Course, sesskey: str, changed: Activity | None = None
) -> dict[str, Any]:
    """Adds what only a content selection has: no `data`, so there is nothing to echo. Of the activity whose content is
    selected anew the tool is told name and text alone: that the way back knows it, where Moodle's form does, is ours."""
    update = f"&update={changed.cmid}" if changed else ""
    back = f"{url}/mod/lti/contentitem_return.php?course={course.id}&id={tool.id}&sesskey={sesskey}{update}"
    claims[LTI + "target_link_uri"] = tool.deep_linking_url or tool.tool_url
    claims[LTI + "message_type"] = "LtiDeepLinkingRequest"
    claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"] = {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_copy_advice": False,
        "accept_multiple": True,
        "accept_unsigned": False,
        "auto_create": False,
        "can_confirm": False,
        "deep_link_return_url": back,
        "title": changed.name if changed else tool.name,
        "text": changed.intro if changed else "",
    }
    return claims


def memberships_url(url: str, course_id: int, tool_id: int) -> str:
    return f"{url}/mod/lti/services.php/CourseSection/{course_id}/bindings/{tool_id}/memberships"


def basic_outcome(url: str, link: Activity, person_id: str) -> dict[str, str]:
    """LTI 1.1's way to send a grade; present wherever grades are accepted, and not used by an LTI 1.3 tool."""
    data = {
        "instanceid": str(link.id),
        "userid": person_id,
        "typeid": str(link.tool_id),
        "launchid": randbelow(2**31),
    }
    digest = sha256(f"{url}{json.dumps(data)}".encode()).hexdigest()
    sourced = json.dumps({"data": data, "hash": digest}, separators=(",", ":"))
    return {"lis_result_sourcedid": sourced, "lis_outcome_service_url": f"{url}/mod/lti/service.php"}


def _identity(place: Member, tool: Tool) -> dict[str, Any]:
    who, claims = place.person, {}
    if tool.send_name:
        claims = {"given_name": who.given_name, "family_name": who.family_name, "name": who.name}
    ext = {"user_username": who.username, "lms": "moodle-2"} if tool.send_name else {"lms": "moodle-2"}
    return {**claims, LTI + "ext": ext, **({"email": who.email} if tool.send_email else {})}


def _custom(
    url: str, visitor: Visitor, course: Course, tool: Tool, link: Activity | None, review: Review | None
) -> dict[str, Any]:
    place = visitor.place
    role = "Instructor" if place.teaches else "Learner"
    own = {**(link.custom if link else {}), **(review.custom if review else {})}
    known = custom.variables(url, place.person, role, course, tool, link, visitor.groups)
    found = custom.parameters(tool, own, known)
    if link and tool.memberships:
        found["context_memberships_url"] = memberships_url(url, course.id, tool.id)
    if link and tool.tool_settings:
        services = f"{url}/mod/lti/services.php"
        found["system_setting_url"] = f"{services}/tool/{tool.id}/custom"
        found["context_setting_url"] = f"{services}/CourseSection/{course.id}/bindings/tool/{tool.id}/custom"
        found["link_setting_url"] = services + "/links/{link_id}/custom"  # Moodle leaves this blank unfilled
    return found


def platform(release: Release, guid: str, short_name: str, name: str) -> dict[str, Any]:
    return {
        LTI + "tool_platform": {
            "product_family_code": "moodle",
            "version": release.version,
            "guid": guid,
            "name": short_name,
            "description": name,
        }
    }
