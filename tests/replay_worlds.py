"""What stood on the recorded sites, built anew through the demo LMS's own pages: people, courses, links, columns."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from diklat_lti.demo.lms import tables
from lms_visitor import CONFIGURATION, ITEMS, LTI, SCOPES, Forms, Visitor
from replay_site import Site, add_course, add_person, number

SCORE = "application/vnd.ims.lis.v1.score+json"
FIRST = {"4.5.6": "e2786444203ec724dbdf4f1dc5c945f5", "5.1.3": "77c6db31bb01b7665b55d28f3a583b99"}
"""The guid of the site of the first set."""


@dataclass(frozen=True)
class Numbers:
    """Of the second set: the guid, the courses, and how many activities and columns stood before each step."""

    guid: str
    home: int
    grouped: int
    links: list[tuple[int, int]]
    items: list[int]
    copies: list[tuple[int, int]]
    """The two duplicates, among the links in their order."""


def _row(first: int, module: int, many: int) -> list[tuple[int, int]]:
    return [(first + step, module + step) for step in range(many)]


def _span(first: int, many: int) -> list[int]:
    return list(range(first, first + many))


SECOND = {
    "4.5.6": Numbers("f1cffde879fcd4ceafbf548384e1b97f", 3, 6, _row(1, 24, 6), _span(9, 7), [(22, 83), (23, 84)]),
    "5.1.3": Numbers("5a09bbe469bb5ccb88a7658316a0b73a", 2, 5, _row(1, 20, 6), _span(7, 6), [(7, 26), (8, 27)]),
}


def build_first(here: Site) -> None:
    """Course 2 with sixty learners, three teachers, and a group with one learner in it."""
    staff = [(3, "editingteacher"), (4, "teacher"), (5, "teacher")]
    learners = range(6, 66)
    with here.lms.lms.store.write() as db:
        add_person(db, 4, "korkab", "Koordinator", "Kabupaten", "ID-korkab")
        add_person(db, 5, "supervisor", "Pekerja", "Sosial", "ID-supervisor")
        for one in learners:
            name = f"peserta{one - 5:02}"
            add_person(db, one, name, "Peserta", name[-2:], f"ID-{name}")
    people = {**dict(staff), **dict.fromkeys(learners, "student")}
    add_course(here.lms, 2, "Diklat E-Learning PKH 2019", "DIKLAT", "DIKLAT-2019-01", people)
    activated(here, 2)
    with here.visitor(3) as teacher:
        grouped(teacher, 2, [6])


def activated(here: Site, *courses: int) -> None:
    with here.visitor(2) as admin:
        admin.send("/mod/lti/toolconfigure.php", id=1, action="activate")
        for course in courses:
            admin.send("/mod/lti/coursetools.php", course=course, tool=1, shown=1)


def grouped(teacher: Visitor, course: int, people: list[int]) -> None:
    teacher.send("/group/index.php", course=course, name="Kelompok 1")
    for person in people:
        teacher.send("/group/index.php", course=course, group=1, person=person)


def one_activity(here: Site) -> None:
    """Of the two items that were picked one was left when the grades were recorded."""
    with here.visitor(3) as teacher:
        teacher.send("/course/mod.php", activity=2, action="delete")
    number(here.lms, 2, [(1, 2)], [2])


def registration(here: Site) -> dict[str, Any]:
    """What the tool of the second set asked for."""
    custom = {
        "ctx_hist": "$Context.id.history",
        "rl_hist": "$ResourceLink.id.history",
        "rl_id": "$ResourceLink.id",
        "ctx_id": "$Context.id",
        "groups": "$Moodle.Person.userGroupIds",
        "courseend": "$CourseSection.timeFrame.end",
    }
    asked = here.tool.registration(client_name="Diklat LTI")
    asked["redirect_uris"] = [f"{here.tool.url}/{path}" for path in ("launch", "deeplink", "review")]
    asked[CONFIGURATION] |= {"custom_parameters": custom, "description": "Diklat e-learning"}
    asked[CONFIGURATION]["messages"][1]["target_link_uri"] = f"{here.tool.url}/deeplink"
    return asked


def register(here: Site, client_id: str) -> None:
    here.open_registration()
    request = {"method": "POST", "url": f"{here.url}/mod/lti/openid-registration.php", "headers": {}}
    answer = here.ask({**request, "body": registration(here)}, here.registration_token)
    here.tool.client_id = answer["body"]["client_id"]
    here.names[here.tool.client_id] = client_id


def build_second(here: Site, numbers: Numbers, client_id: str) -> None:
    """Courses, people and the tool; the activities come by content selection."""
    with here.lms.lms.store.write() as db:
        for one in range(5, 16):
            name = f"peserta{one - 4:04}"
            add_person(db, one, name, "Peserta", name[-4:], f"ID-{name}")
    people = {3: "editingteacher", **dict.fromkeys(range(5, 16), "student")}
    add_course(here.lms, numbers.home, "Diklat Pendamping PKH", "DIKLAT", "DIKLAT-01", people)
    add_course(here.lms, numbers.grouped, "Kelas Kelompok", "KGRP", "KGRP-01", people)
    register(here, client_id)
    activated(here, numbers.home, numbers.grouped)


def live_on(here: Site, version: str, numbers: Numbers) -> None:
    """What happened to the course after the six items had been picked."""
    number(here.lms, numbers.home, numbers.links, numbers.items[:6])
    if version == "4.5.6":
        post_test(here, numbers)
    with here.visitor(2) as admin, here.visitor(3) as teacher:
        if version == "4.5.6":
            admin.send("/backup/copy.php", id=3, action="copy", fullname="Salinan kursus", shortname="DIKLAT-COPY")
            number(here.lms, 7, _row(7, 34, 6), [*_span(18, 6), 28])
            admin.send("/backup/copy.php", id=3, action="restore")
            number(here.lms, 8, _row(13, 59, 6), [*_span(31, 6), 41])
            group_activity(here, teacher, numbers, "Test lti 3", (21, 82), 47)
        duplicates(here, version, teacher, numbers)
        if version == "4.5.6":
            scored(here, (9, 5, 80), (9, 6, 70), (15, 5, 66))
            admin.send("/backup/copy.php", id=3, action="restore", users=1)
            number(here.lms, 9, _row(24, 90, 8), [*_span(52, 8), 64])
            admin.send("/backup/copy.php", id=6, action="import", source=3)
            number(here.lms, 6, [(21, 82), *_row(32, 100, 8)], [47, *_span(66, 8), 78])
        else:
            admin.send("/backup/copy.php", id=2, action="restore")
            number(here.lms, 6, _row(9, 32, 8), _span(17, 8))
            group_activity(here, teacher, numbers, "Test lti 2", (18, 56), 32)


def duplicates(here: Site, version: str, teacher: Visitor, numbers: Numbers) -> None:
    """Each stands right below its original."""
    for activity in (1, 6):
        teacher.send("/course/mod.php", activity=activity, action="duplicate")
    links, items = numbers.links, numbers.items
    ordered = [links[0], numbers.copies[0], *links[1:], numbers.copies[1]]
    number(here.lms, numbers.home, ordered, [*items, *(_span(48, 2) if version == "4.5.6" else _span(13, 2))])


def post_test(here: Site, numbers: Numbers) -> None:
    """A column that the tool made, without a link."""
    token = here.access_token(*SCOPES)
    request = {
        "method": "POST",
        "url": f"{here.url}/mod/lti/services.php/{numbers.home}/lineitems?type_id=1",
        "headers": {"content-type": "application/vnd.ims.lis.v2.lineitem+json"},
        "body": {"scoreMaximum": 100, "label": "Post-test", "resourceId": "posttest", "tag": "posttest"},
    }
    assert here.ask(request, token)["status"] == 201
    number(here.lms, numbers.home, numbers.links, numbers.items)


def scored(here: Site, *grades: tuple[int, int, int]) -> None:
    """What learners had when the backup was made."""
    token = here.access_token(*SCOPES)
    for item, person, given in grades:
        body = {
            "userId": str(person), "scoreGiven": given, "scoreMaximum": 100, "comment": "Baik",
            "activityProgress": "Completed", "gradingProgress": "FullyGraded", "timestamp": "2026-11-24T08:50:31Z",
        }  # fmt: skip
        url = f"{here.url}/mod/lti/services.php/3/lineitems/{item}/lineitem/scores?type_id=1"
        request = {"method": "POST", "url": url, "headers": {"content-type": SCORE}, "body": body}
        assert here.ask(request, token, as_text=True)["status"] == 200


def group_activity(here: Site, teacher: Visitor, numbers: Numbers, text: str, link: tuple[int, int], item: int) -> None:
    """One activity that only a group of ten sees."""
    picked = {
        "type": "ltiResourceLink",
        "title": "Ujian akhir",
        "text": text,
        "custom": {"program": "pkh", "module": "final"},
        "lineItem": {
            "scoreMaximum": 100, "resourceId": "pkh-final", "tag": "final",
            "submissionReview": {"url": "https://diklat.test/review", "custom": {"review": "1"}},
        },
    }  # fmt: skip
    pick(here, teacher, numbers.grouped, [picked])
    number(here.lms, numbers.grouped, [link], [item])
    grouped(teacher, numbers.grouped, list(range(5, 15)))
    teacher.send("/course/settings.php", activity=link[0], group=1)


def pick(
    here: Site, teacher: Visitor, course: int, items: list[dict[str, Any]], path: str = "/deeplink", **set_up: str
) -> tuple[str, list[str]]:
    """Select content: where the tool was told to answer, and what the list then showed; saved with `set_up`."""
    asked = {"claims": {"nonce": "n"}, "launch_post": {"path": path, "headers": {}, "form": {"state": "s"}}}
    _, form = here.sign_in(teacher, f"/mod/lti/contentitem.php?id=1&course={course}", asked)
    url = form["claims"]["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"]["deep_link_return_url"]
    now = int(here.clock.real_now().timestamp())
    answer = {"iss": here.tool.client_id, "aud": here.url, "iat": now - 5, "exp": now + 60}
    answer |= {LTI + "message_type": "LtiDeepLinkingResponse", ITEMS: here.ours_of(items)}
    shown = teacher.http.post(url.removeprefix(here.url), data={"JWT": here.tool.sign(answer)}).text
    action, fields = Forms(shown).found[-1]
    assert teacher.http.post(action, data={**fields, **set_up}).status_code == 303
    return url, [part.partition("</strong>")[0] for part in shown.split("<strong>")[1:]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def names_in(here: Site, course: int) -> list[str]:
    with here.lms.lms.store.read() as db:
        wanted = select(tables.link.c.name).where(tables.link.c.course_id == course).order_by(tables.link.c.position)
        return list(db.scalars(wanted))


def module_of(here: Site, link: str) -> int:
    with here.lms.lms.store.read() as db:
        return int(db.scalars(select(tables.link.c.cmid).where(tables.link.c.id == int(link))).one())
