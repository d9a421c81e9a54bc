"""Conformance 2: valid launches, each as student and as teacher, come in with exactly what the platform told."""

from typing import Any

import pytest

from diklat_lti.models import Launch, Person
from door import Door
from fake_platform import GONE, ROLE

WHO = {"student": "Learner", "teacher": "Instructor"}
both = pytest.mark.parametrize("who", ["student", "teacher"])


def launched(door: Door, who: str, **changes: Any) -> tuple[Launch, Person]:
    changes = {"lti__roles": [ROLE + WHO[who]]} | changes
    launch = door.assert_let_in(door.launch(**changes))
    assert door.reasons() == []
    (person,) = door.people()
    return launch, person


def came_as(who: str) -> str:
    return WHO[who].lower()


@both
def test_case_13_a_full_payload(door: Door, who: str) -> None:
    launch, person = launched(door, who)
    assert (person.sub, person.name, person.given_name, person.family_name, person.email) == (
        "7", "Siti Aminah", "Siti", "Aminah", "siti@example.test",
    )  # fmt: skip
    assert (launch.roles, launch.framed, launch.bounce, launch.locale) == (came_as(who), True, "bounced", "en-us")
    assert launch.return_url == f"{door.platform.issuer}/mod/lti/return.php?course=2&sesskey=5vDG27MKZW"
    assert launch.course_id is not None


@both
def test_case_14_several_roles(door: Door, who: str) -> None:
    institution = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"
    launch, _ = launched(door, who, lti__roles=[institution, ROLE + "Mentor", ROLE + WHO[who]])
    assert launch.roles == came_as(who)


def test_case_14b_somebody_who_is_both(door: Door) -> None:
    launch, _ = launched(door, "student", lti__roles=[ROLE + "Instructor", ROLE + "Learner"])
    assert launch.roles == "instructor learner"


@both
def test_case_15_a_short_role_name(door: Door, who: str) -> None:
    launch, _ = launched(door, who, lti__roles=[WHO[who]])
    assert launch.roles == came_as(who)


@pytest.mark.parametrize(
    "role",
    [
        "http://example.test/roles#Wizard",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor",
        ROLE + "Learner ",
        "learner",
        7,
    ],
)
def test_case_16_an_unknown_role_gives_no_privilege(door: Door, role: object) -> None:
    launch, _ = launched(door, "student", lti__roles=[role])
    assert launch.roles == "none"


@pytest.mark.parametrize(
    ("elsewhere", "here", "comes_as"),
    [
        ("institution/person#Instructor", [ROLE + "Learner"], "learner"),
        ("system/person#Administrator", ["Learner"], "learner"),
        ("institution/person#Student", [ROLE + "Instructor"], "instructor"),
        ("institution/person#Administrator", [], "none"),
        ("membership/Instructor#TeachingAssistant", [], "none"),
        ("membership#ContentDeveloper", [], "none"),
        ("membership#Mentor", ["Learner"], "learner"),
    ],
)
def test_what_somebody_is_in_the_course_decides_whatever_they_are_elsewhere(
    door: Door, elsewhere: str, here: list[str], comes_as: str
) -> None:
    launch, _ = launched(door, "student", lti__roles=[f"http://purl.imsglobal.org/vocab/lis/v2/{elsewhere}", *here])
    assert launch.roles == comes_as


def test_case_17_empty_roles_give_no_privilege(door: Door) -> None:
    launch, _ = launched(door, "student", lti__roles=[])
    assert launch.roles == "none"


@both
def test_case_18_only_an_email(door: Door, who: str) -> None:
    _, person = launched(door, who, name=GONE, given_name=GONE, family_name=GONE)
    assert (person.name, person.email) == (None, "siti@example.test")


@both
def test_case_19_only_names(door: Door, who: str) -> None:
    _, person = launched(door, who, email=GONE)
    assert (person.name, person.email) == ("Siti Aminah", None)


@both
def test_case_20_no_personal_data_at_all(door: Door, who: str) -> None:
    _, person = launched(door, who, name=GONE, given_name=GONE, family_name=GONE, email=GONE)
    assert (person.sub, person.name, person.email) == ("7", None, None)


@both
def test_case_21_an_email_but_no_context(door: Door, who: str) -> None:
    launch, person = launched(door, who, lti__context=GONE, name=GONE)
    assert (launch.course_id, person.email) == (None, "siti@example.test")


def test_case_22_a_student_with_only_the_resource_link(door: Door) -> None:
    bare = dict.fromkeys(("lti__context", "name", "given_name", "family_name", "email", "lti__custom"), GONE)
    bare |= dict.fromkeys(("lti__lis", "lti__launch_presentation", "lti__tool_platform", "lti__ext"), GONE)
    launch, person = launched(door, "student", **bare)
    assert (launch.course_id, launch.return_url, person.sub) == (None, None, "7")


@both
def test_a_login_by_get_ends_the_same(door: Door, who: str) -> None:
    visitor = door.visitor(fetch_dest="document")
    answer = visitor.ask("GET", f"/lti/login?{door.query(door.login_fields())}")
    assert answer.status_code == 303
    begun = door.asked(answer.headers["location"])
    token = door.platform.sign(door.claims(begun, lti__roles=[ROLE + WHO[who]]))
    launch = door.assert_let_in(door.post(visitor, id_token=token, state=begun.state))
    assert (launch.bounce, launch.framed) == ("document", False)


def test_hints_go_back_to_the_platform_as_they_came(door: Door) -> None:
    hint = ' {"cmid":2,"x":"a+b & ü"}\r\n'
    begun = door.begin(door.visitor(), lti_message_hint=hint)
    assert (begun.asked["lti_message_hint"], begun.asked["login_hint"]) == (hint, "7")
    assert (begun.asked["response_mode"], begun.asked["prompt"], begun.asked["scope"]) == (
        "form_post",
        "none",
        "openid",
    )
    assert begun.asked["redirect_uri"] == door.target
