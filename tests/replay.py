"""The replay: each recorded exchange of a real Moodle is done again with the demo LMS, and the answers are laid side by side."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

import replay_worlds as worlds
from lms_visitor import CONFIGURATION, ROSTER, SCOPES, Visitor
from recordings import Excused, Recording, Verdict, compare
from replay_site import Site, site

BROWSER = "headers and cookies that the browser sent: Chromium's, not the platform's"
PAGE = "Moodle's own HTML page, of which the recording kept the beginning: ours is a page too, in words of our own"
CUT = "the recording is cut here"
SENT = "what the tool sent: it is sent again, and what came of it is compared"
KEY = "the site's own key: each recorded token was verified with the recorded one"
GENERATED = "Moodle's test generator gave this one activity a consumer key of its own, which went into `aud`"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
Files = dict[str, list[Recording]]
Act = Callable[[Site], None]


@dataclass(frozen=True)
class Answered:
    """A recorded answer and ours, in the same shape and the same names."""

    recording: Recording
    recorded: Any
    ours: Any

    def verdict(self) -> Verdict:
        return compare(self.recorded, self.ours, self.recording.where)


def replay(version: str, recordings: list[Recording]) -> list[Answered]:
    """All of one release. Each scene is a site of its own, as it was when it was recorded."""
    files: Files = {}
    for one in recordings:
        files.setdefault(one.file, []).append(one)
    scenes = (first_site, updates, refusals, second_site)
    return [answered for scene in scenes for answered in scene(version, files)]


def first_site(version: str, files: Files) -> Iterator[Answered]:
    """Registration, content selection, launches, grades, roster."""
    if "registration" not in files:
        return
    with site(version, "Asia/Jakarta", worlds.FIRST[version], 0) as here:
        yield from (registered(here, one) for one in files["registration"])
        worlds.build_first(here)
        keys = files["jwks"]
        shown = keys[0].said["response"]["body"]
        yield from (keys_shown(here, one) for one in keys)
        launches = files.get("launches", [])
        yield from (launched(here, one, shown) for one in launches[:1])
        yield from (picked(here, one, 2) for one in files["deep_linking_response"])
        worlds.one_activity(here)
        yield from (launched(here, one, shown) for one in launches[1:2])
        here.clock.set(datetime(2026, 11, 24, 4, 38, tzinfo=UTC))
        yield from (token_granted(here, one) for one in files.get("token", []))
        yield from served(here, files.get("ags", []), FIRST_ACTS)
        yield from (launched(here, one, shown) for one in launches[2:])
        yield from served(here, files.get("nrps", []), {})


def second_site(version: str, files: Files) -> Iterator[Answered]:
    """Six items at once, the phone, copies, groups, reviews, outages."""
    if "launches_more" not in files:
        return
    numbers, launches = worlds.SECOND[version], files["launches_more"]
    with site(version, "UTC", numbers.guid, launches[0].said["claims"]["iat"]) as here:
        worlds.build_second(here, numbers, launches[0].said["claims"]["aud"])
        shown = files["jwks_more"][0].said
        yield from (keys_shown(here, one) for one in files["jwks_more"])
        yield from (picked(here, one, numbers.home) for one in files["deep_linking_six"])
        worlds.live_on(here, version, numbers)
        for one in [*launches, *files.get("submission_review", [])]:
            yield launched(here, one, shown)
        here.clock.set(datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
        yield from served(here, files.get("ags_more", []), SECOND_ACTS)


def registered(here: Site, one: Recording, update_of: str = "") -> Answered:
    """What the tool's page is opened with, or an answer of the registration endpoint."""
    if "query" in one.said:
        return opened(here, one, update_of)
    request, response = one.said["request"], one.said["response"]
    token = here.registration_token if "authorization" in request["headers"] else ""
    answer = here.ask(request, token, as_text=isinstance(response["body"], str))
    return Answered(one, response, answer)


def opened(here: Site, one: Recording, update_of: str) -> Answered:
    query, headers = one.said["query"], one.said["headers"]
    recorded = {**query, "registration_token": _told_by(query["registration_token"])}
    here.clock.set(recorded["registration_token"]["iat"])
    invite = query.get("invite", "")
    found = here.open_registration(update_of, f"/lti/register?invite={invite}" if invite else "/register")
    ours = {**found, "registration_token": _told_by(found["registration_token"])}
    if not update_of:
        # The client id that Moodle will give stands in the token: from here on we know both.
        client = ours["registration_token"]["sub"]
        here.tool.client_id, here.names[client] = client, recorded["registration_token"]["sub"]
    said = {"method": one.said["method"], "query": recorded, "headers": headers}
    return Answered(one, said, {"method": "GET", "query": here.theirs(ours), "headers": Excused(BROWSER)})


def _told_by(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def updates(version: str, files: Files) -> Iterator[Answered]:
    """A registration, its update after an admin's edits, and one that asks for less."""
    found = files.get("registration_update", [])
    if not found:
        return
    with site(version, "UTC", worlds.SECOND[version].guid, 0) as here:
        yield from (registered(here, one) for one in found[:2])
        with here.visitor(2) as admin:
            edited_by_hand(admin, here)
        yield from (registered(here, one, "1") for one in found[2:])


def edited_by_hand(admin: Visitor, here: Site) -> None:
    """What the admin had changed, in Moodle's form: a browser ends the lines of a text field with CR and LF."""
    custom = worlds.registration(here)[CONFIGURATION]["custom_parameters"]
    lines = [f"{key}={value}" for key, value in custom.items()] + ["adminkey=diisi admin"]
    uris = [f"{here.tool.url}/{path}" for path in ("launch", "deeplink", "review")]
    admin.send(
        "/mod/lti/typessettings.php", id=1, name="Diklat LTI (admin)", description="Keterangan admin", icon="",
        custom="\r\n".join(lines), uris="\r\n".join(uris), grade_sync=2, memberships=1, send_email=1, accept_grades=1,
    )  # fmt: skip


REFUSED: dict[str, tuple[str, Any]] = {
    "no domain": ("domain", None),
    "no id_token": ("response_types", ["code"]),
    "client_secret_basic": ("token_endpoint_auth_method", "client_secret_basic"),
    "no redirect_uris": ("redirect_uris", None),
    "no client_name": ("client_name", None),
    "native": ("application_type", "native"),
    "no initiate_login_uri": ("initiate_login_uri", None),
    "no jwks_uri": ("jwks_uri", None),
    "no tool-configuration": (CONFIGURATION, None),
}
"""Of these the recording has the answer, and the reason in its name: the request is the recorded one with that change."""


def refusals(version: str, files: Files) -> Iterator[Answered]:
    found = files.get("registration_refused", [])
    if not found:
        return
    with site(version, "UTC", worlds.SECOND[version].guid, 0) as here:
        yield from (registered(here, one) for one in found[:2])
        for one in found[2:]:
            yield refused(here, one, found[1].said["request"])


def refused(here: Site, one: Recording, base: dict[str, Any]) -> Answered:
    what = one.name.removeprefix("registration refused: ")
    body = {**base["body"], CONFIGURATION: {**base["body"][CONFIGURATION], "domain": "diklat.test"}}
    token, method = here.registration_token, "POST"
    if what in REFUSED:
        name, value = REFUSED[what]
        place = body[CONFIGURATION] if name == "domain" else body
        place[name] = value
    elif what in ("no token", "broken token"):
        token = "" if what == "no token" else "broken"
    else:
        method = "PUT" if what == "PUT" else "GET"
    headers = {name: value for name, value in base["headers"].items() if name != "authorization"}
    answer = here.ask({**base, "method": method, "headers": headers, "body": body}, token, as_text=True)
    return Answered(one, one.said["response"], as_page(one.said["response"], answer))


def as_page(recorded: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Of a page of Moodle's the head is compared, and that ours is a page as well."""
    cut = isinstance(recorded["body"], str) and recorded["body"].endswith("…")
    is_page = str(answer["body"]).lower().startswith("<!doctype html>")
    return {**answer, "body": Excused(PAGE)} if cut and is_page else answer


def token_granted(here: Site, one: Recording) -> Answered:
    """The recorded request with an assertion of our own: nobody has the key of the recorded tool."""
    request = one.said["request"]
    body = re.sub(r"client_assertion=[^&]*", f"client_assertion={here.assertion()}", request["body"])
    answer = here.ask({**request, "body": body})
    token = answer["body"].get("access_token", "")
    if len(token) == 32 and int(token, 16) >= 0:
        here.names[token] = one.said["response"]["body"]["access_token"]
    return Answered(one, one.said["response"], here.theirs(answer))


def keys_shown(here: Site, one: Recording) -> Answered:
    """From here on the key goes by the recorded name."""
    recorded = one.said.get("response") or one.said
    request = {"method": "GET", "url": f"{here.url}/mod/lti/certs.php", "headers": {}}
    answer = here.ask(one.said.get("request", request))
    (key,) = answer["body"]["keys"]
    here.names[key["kid"]] = (recorded.get("body") or recorded)["keys"][0]["kid"]
    keys = {"keys": [{**here.theirs(key), "n": Excused(KEY)}]}
    return Answered(one, recorded, {**answer, "body": keys} if "body" in recorded else keys)


def served(here: Site, found: list[Recording], acts: dict[str, Act]) -> Iterator[Answered]:
    """Line items, scores, results and rosters in the order of the file; before some of them somebody does something."""
    if not found:
        return
    whole, scarce, roster = (here.access_token(*held) for held in (SCOPES, SCOPES[2:], [ROSTER]))
    for one in found:
        here.clock.set(one.said.get("captured_at") or here.clock.real_now())
        acts.get(one.name, lambda _: None)(here)
        request, recorded = one.said["request"], one.said["response"]
        token = roster if "/memberships" in request["url"] else scarce if one.name == "ags.lineitem.noscope" else whole
        if one.name == "ags.score.badtoken":
            token = "0" * 32
        answer = here.ask(request, token, as_text=isinstance(recorded["body"], str))
        yield Answered(one, recorded, as_page(recorded, shortened(recorded, answer)))


def shortened(recorded: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Where the recording has the first members only, so many of ours are laid beside them."""
    body = recorded["body"]
    if not (isinstance(body, dict) and body.get("members", [""])[-1] == "… cut"):
        return answer
    ours = [*answer["body"]["members"][: len(body["members"]) - 1], Excused(CUT)]
    return {**answer, "body": {**answer["body"], "members": ours}}


def picked(here: Site, one: Recording, course: int, path: str = "/deeplink", **set_up: str) -> Answered:
    """Content items that Moodle accepted: its list names them in their order, and as many activities come of them."""
    items = one.said["content_items"]
    with here.visitor(3, one.said["return_url"].rpartition("=")[2]) as teacher:
        url, listed = worlds.pick(here, teacher, course, items, path, **set_up)
    titles = [item["title"] for item in items]
    recorded = {"return_url": one.said["return_url"], "listed": titles, "made": titles, "sent": items}
    made = worlds.names_in(here, course)
    return Answered(one, recorded, {"return_url": url, "listed": listed, "made": made, "sent": Excused(SENT)})


def launched(here: Site, one: Recording, keys: dict[str, Any]) -> Answered:
    """From the click to the token. The recorded token must hold under the recorded key and say the recorded claims."""
    said, claims = one.said, one.said["claims"]
    here.clock.set(claims["iat"])
    hints, form = here.launch(_address(here, claims), int(claims["sub"]), said)
    header, found, post = form["header"], form["claims"], said["launch_post"]
    if "learner in a group" in one.name:
        found = {**found, "aud": Excused(GENERATED)}
    token = post["form"]["id_token"] if holds(said, keys) else "a token that does not hold"
    is_timely = 0 <= said["captured_at"] - found["iat"] <= 2
    ours = {
        "captured_at": said["captured_at"] if is_timely else found["iat"],
        "login_initiation": {"method": form["initiated_by"], "params": hints},
        "launch_post": {
            "path": form["path"],
            "form": {"id_token": token, "state": form["state"]},
            "headers": Excused(BROWSER),
            "cookies_received": Excused(BROWSER),
        },
        "jwt_header": here.theirs(header),
        "claims": found,
    }
    recorded = {name: value for name, value in said.items() if name != "name"}
    return Answered(one, recorded, ours)


def _address(here: Site, claims: dict[str, Any]) -> str:
    if LTI + "resource_link" not in claims:
        return f"/mod/lti/contentitem.php?id=1&course={claims[LTI + 'context']['id']}"
    module = worlds.module_of(here, claims[LTI + "resource_link"]["id"])
    if whose := claims.get(LTI + "for_user"):
        return f"/mod/lti/launch.php?id={module}&action=gradeReport&user={whose['user_id']}"
    if "launch_container=5" in claims[LTI + "launch_presentation"]["return_url"]:
        return f"/mod/lti/view.php?id={module}"
    return f"/mod/lti/launch.php?id={module}"


def holds(said: dict[str, Any], keys: dict[str, Any]) -> bool:
    token = said["launch_post"]["form"]["id_token"]
    options: Any = dict.fromkeys(("verify_exp", "verify_iat", "verify_aud", "verify_sub"), False)
    try:
        key = jwt.PyJWKSet.from_dict(keys)[said["jwt_header"]["kid"]]
        told = jwt.decode(token, key, ["RS256"], options=options)
    except (jwt.PyJWTError, KeyError):
        return False
    return bool(told == said["claims"] and jwt.get_unverified_header(token) == said["jwt_header"])


def _graded(here: Site, **fields: Any) -> None:
    with here.visitor(3) as teacher:
        teacher.send("/grade/edit/tree/grade.php", courseid=2, itemid=2, userid=6, **fields)


def _column(here: Site, locked: int) -> None:
    with here.visitor(3) as teacher:
        teacher.send("/grade/edit/tree/item.php", courseid=2, itemid=2, locked=locked)


def _override(here: Site) -> None:
    here.clock.set(datetime(2026, 11, 24, 4, 49, 33, tzinfo=UTC))
    _graded(here, overridden=1, finalgrade="55")


def _lock(here: Site) -> None:
    _graded(here, locked=1)
    _column(here, 1)


def fault(name: str) -> Act:
    def act(here: Site) -> None:
        with here.visitor(2) as admin:
            admin.send("/demo/faults", action="remove", place=0)
            if name:
                admin.send("/demo/faults", action="add", fault=name, whom="all")

    return act


def _teacher(address: str, **fields: Any) -> Act:
    def act(here: Site) -> None:
        with here.visitor(3) as teacher:
            teacher.send(address, **fields)

    return act


FIRST_ACTS: dict[str, Act] = {
    "ags.score.teacher_override": _override,
    # The grade was to be locked, yet its answer shows that it was not: the override alone had gone.
    "ags.score.locked_grade": _graded,
    "ags.score.locked_item": _lock,
    # The column was opened again, the grade in it was not.
    "ags.score.unlocked": lambda here: _column(here, 0),
}
SECOND_ACTS: dict[str, Act] = {
    "score for a user suspended in the course": _teacher("/user/index.php", course=3, person=14, action="suspend"),
    "score to the line item of a hidden activity": _teacher("/course/mod.php", activity=2, visible=0),
    "60 with gradepass 70": _teacher("/course/settings.php", activity=3, completion="pass", pass_mark="70"),
    "0 of 100": _teacher("/course/settings.php", activity=4, completion="grade"),
    "maintenance: score": fault("maintenance"),
    "php-fpm down: score": fault("php_down"),
    "database down: score": fault("database_down"),
    "back: score": fault(""),
}
