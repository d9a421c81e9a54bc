"""The web room over HTTP: headers, errors, limits, forms, language, leaving. Cookies are carried by hand, as over http."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select

import world
from diklat_lti.app import create_app
from diklat_lti.clock import Clock
from diklat_lti.database import Database
from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import tickets
from diklat_lti.models import BrowserSession, Launch, Person
from diklat_lti.settings import Settings
from diklat_lti.web import cookies, csrf, errors, headers, static_files
from diklat_lti.web.deps import RowId, Visiting

ORIGIN = "http://localhost:8000"
JSON = {"accept": "application/json"}


class Browser:
    """A client that carries the one kind of cookie itself, signed in as Siti after `arrive()`."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        self.app = create_app(settings, db=db)
        self.client = TestClient(self.app, base_url=ORIGIN, follow_redirects=False)
        self.jar: dict[str, str] = {}

    def send(self, method: str, path: str, **more: Any) -> Any:
        carried = {"cookie": "; ".join(f"{n}={v}" for n, v in self.jar.items()), **more.pop("headers", {})}
        answer = self.client.request(method, path, headers=carried, **more)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self.jar.pop(name, None)
            if value:
                self.jar[name] = value
        return answer

    def get(self, path: str, **more: Any) -> Any:
        return self.send("GET", path, **more)

    def post(self, path: str, **more: Any) -> Any:
        return self.send("POST", path, **more)

    def arrive(self, ticket: str = "a", **columns: Any) -> None:
        now = Clock().real_now()
        with self.db.write() as s:
            who, link = world.enrolment(s), world.placement(s)
            day = {"at": now, "expires_at": now + (world.NOW - world.NOW.replace(hour=0)) * 8}
            row: dict[str, Any] = {"person_id": who.person_id, "deployment_id": link.deployment_id, "roles": "learner"}
            row |= {"ticket_id": ticket, "course_id": link.course_id, "message_type": "LtiResourceLinkRequest"}
            row |= {"framed": True, "bounce": "known", "led_to": "/page", "return_url": "https://lms.example.id/back"}
            world.stored(s, Launch(**row | day | columns))
        self.jar[tickets.COOKIE + ticket] = tickets.proof(self.settings.secret_keys, ticket)

    def token(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/page").text)
        assert found is not None
        return found[1]


@pytest.fixture
def browser(db: Database, settings: Settings) -> Iterator[Browser]:
    made = Browser(db, settings)
    _add_routes(made.app)
    yield made
    made.client.close()


def _add_routes(app: FastAPI) -> None:
    """Small pages that use the room as real ones do."""

    @app.get("/page")
    def page(visit: Visiting) -> Any:
        with visit.read() as (_session, _viewer):
            pass
        return visit.page("account/left.html", back=None)

    @app.post("/save")
    def save(visit: Visiting, form: csrf.CheckedForm) -> Any:
        with visit.write() as (_session, viewer):
            return {"person": viewer.person_id, "names": form.many("name"), "last": form.get("name")}

    @app.get("/boom")
    def boom() -> None:
        raise RuntimeError("Siti Aminah")

    @app.get("/number/{n}")
    def number(n: int, wanted: int) -> int:
        return n + wanted

    @app.get("/closed/{why}")
    def closed(why: str) -> None:
        raise Problem(Kind(why), "told_you", say("What was sent is too large."))

    @app.get("/refused")
    def refused(visit: Visiting) -> None:
        with visit.read():
            raise Problem(Kind.CONFLICT, "told_you", say("What was sent is too large."))

    @app.get("/cohorts/{cohort}")
    def cohorts(visit: Visiting, cohort: RowId) -> None:
        with visit.read():
            raise AssertionError("nobody is signed in")

    @app.get("/teapot")
    def teapot() -> None:
        raise HTTPException(418)

    _add_breaking_routes(app)


def _add_breaking_routes(app: FastAPI) -> None:
    @app.get("/half")
    def half() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"one"
            raise RuntimeError("too late for a page")

        return StreamingResponse(body())

    @app.get("/own")
    def own(visit: Visiting) -> Any:
        visit.request.state.form_action = ("https://lms.example.id",)
        answer = visit.page("account/left.html", back=None)
        answer.headers["cache-control"] = "private, max-age=60"
        return answer


def test_a_page_for_strangers_may_be_framed_by_anyone_and_runs_nothing_inline(browser: Browser) -> None:
    answered = browser.get("/own").headers
    policy = answered["content-security-policy"]
    assert "frame-ancestors" not in policy
    assert "unsafe" not in policy
    assert "form-action 'self' https://lms.example.id" in policy
    assert answered["x-content-type-options"] == "nosniff"
    assert answered["referrer-policy"] == "strict-origin-when-cross-origin"
    assert answered["cache-control"] == "private, max-age=60"


def test_the_first_page_after_a_launch_sets_the_session_and_names_who_may_frame_it(browser: Browser) -> None:
    browser.arrive()
    answer = browser.get("/page")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'self' https://lms" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert list(browser.jar) == [cookies.SESSION]
    assert browser.get("/page").headers.get("set-cookie") is None


def test_further_origins_may_frame_where_a_setting_says_so(browser: Browser, settings: Settings) -> None:
    browser.app.state.settings = settings.model_copy(update={"frame_ancestors": ("https://app.example.id",)})
    browser.arrive()
    assert browser.get("/page").headers["content-security-policy"].endswith(" https://app.example.id")


def test_without_a_session_the_page_says_where_to_begin(browser: Browser) -> None:
    answer = browser.get("/page")
    assert answer.status_code == 401
    assert "Silakan buka halaman ini dari kursus Anda." in answer.text
    assert '<html lang="id">' in answer.text
    assert "Please open this page" in browser.get("/page?lang=en").text


def test_an_address_of_a_cohort_without_a_session_has_a_button_into_its_course(browser: Browser) -> None:
    with browser.db.write() as s:
        link = world.placement(s, resource_link_id="31")
    answer = browser.get(f"/cohorts/{link.cohort_id}")
    assert answer.status_code == 401
    assert re.search(r'href="https://lms\d+\.example\.id/mod/lti/view\.php\?l=31" target="_top"', answer.text)


def test_a_login_under_way_disturbs_no_page(browser: Browser) -> None:
    browser.arrive()
    browser.token()
    browser.jar[tickets.COOKIE + "b"] = tickets.proof(browser.settings.secret_keys, "b")
    assert browser.get("/page").status_code == 200
    assert tickets.COOKIE + "b" in browser.jar


def test_a_stranger_switches_the_language_and_keeps_the_rest_of_the_address(browser: Browser) -> None:
    text = browser.get("/own?invite=a%26b&lang=id").text
    assert 'href="?invite=a%26b&amp;lang=en"' in text
    assert "lang=" not in browser.post("/own").text.split("<footer")[1]


@pytest.mark.parametrize(
    ("why", "status"),
    [("bad_input", 400), ("untrusted", 401), ("forbidden", 403), ("not_found", 404), ("conflict", 409)],
)
def test_each_kind_of_problem_has_its_status_and_a_reference(browser: Browser, why: str, status: int) -> None:
    answer = browser.get(f"/closed/{why}")
    assert answer.status_code == status
    assert "Yang dikirim terlalu besar." in answer.text
    assert re.search(r"<code>[0-9a-f]{8}</code>", answer.text)


def test_who_asks_for_json_gets_it(browser: Browser) -> None:
    answer = browser.get("/closed/unavailable?lang=en", headers=JSON)
    assert answer.status_code == 503
    told = answer.json()
    assert (told["error"], told["sentence"], told["advice"]) == ("told_you", "What was sent is too large.", "")
    assert len(told["reference"]) == 8


def test_the_button_leads_back_into_the_course_or_tries_again(browser: Browser) -> None:
    assert 'href="/closed/unavailable"' in browser.get("/closed/unavailable").text
    assert 'class="button"' not in browser.get("/closed/conflict").text
    browser.arrive()
    refused = browser.get("/refused")
    assert refused.status_code == 409
    assert 'class="button" href="https://lms.example.id/back" target="_top"' in refused.text


def test_a_surprise_is_a_calm_page_and_one_log_line_without_its_message(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.arrive()
    answer = browser.get("/boom")
    assert answer.status_code == 500
    assert "Ada gangguan di pihak kami" in answer.text
    assert "Siti" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "RuntimeError at" in caplog.records[0].where  # type: ignore[attr-defined]
    assert "Siti" not in caplog.text


def test_a_break_in_the_middle_of_an_answer_is_not_papered_over(browser: Browser) -> None:
    with pytest.raises(RuntimeError, match="too late"):
        browser.get("/half")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/number/seven?wanted=1", 404),
        ("GET", "/number/7", 400),
        ("GET", f"/cohorts/{2**63}", 404),
        ("GET", "/cohorts/0", 404),
        ("DELETE", "/page", 405),
        ("GET", "/teapot", 418),
        ("GET", "/static/x/../../secret", 404),
    ],
)
def test_what_the_framework_refuses_is_a_page_too(browser: Browser, method: str, path: str, status: int) -> None:
    answer = browser.send(method, path)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "detail" not in answer.text


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize(("path", "limit"), [("/lti/launch", 64 * 1024), ("/save", 1024 * 1024)])
def test_a_body_over_its_limit_is_refused_as_it_comes(path: str, limit: int, in_chunks: bool) -> None:
    app = FastAPI()
    app.add_middleware(headers.Guard)
    errors.install(app)

    @app.post(path)
    async def swallow(request: Request) -> int:
        return len(await request.body())

    def sent(size: int) -> Any:
        body = b"x" * size
        return iter([body[: size // 2], body[size // 2 :]]) if in_chunks else body

    client = TestClient(app)
    assert client.post(path, content=sent(limit)).text == str(limit)
    refused = client.post(path, content=sent(limit + 1))
    assert refused.status_code == 413
    assert "<h1>" in refused.text
    client.close()


def test_a_form_with_the_pages_token_is_saved(browser: Browser) -> None:
    browser.arrive()
    data = {"csrf": browser.token(), "name": [" Siti ", "Aminah"]}
    answer = browser.post("/save", data=data, headers={"origin": ORIGIN, "sec-fetch-site": "same-origin"})
    assert answer.status_code == 200
    assert (answer.json()["names"], answer.json()["last"]) == (["Siti", "Aminah"], "Aminah")


def test_a_token_is_never_twice_the_same_and_any_of_our_keys_reads_it(browser: Browser, settings: Settings) -> None:
    browser.arrive()
    first, second = browser.token(), browser.token()
    assert first != second
    newer = SecretStr("a newer key that is forty characters long," + settings.secret_keys[0])
    browser.app.state.settings = settings.model_copy(update={"secret_key": newer})
    browser.app.state.settings.__dict__.pop("secret_keys", None)
    assert browser.post("/save", data={"csrf": first}).status_code == 200


@pytest.mark.parametrize(
    ("from_where", "reason"),
    [
        ({"origin": "https://evil.example"}, "foreign_origin"),
        ({"origin": "null"}, "foreign_origin"),
        ({"sec-fetch-site": "cross-site"}, "foreign_origin"),
    ],
)
def test_a_form_from_elsewhere_is_refused(browser: Browser, from_where: dict[str, str], reason: str) -> None:
    browser.arrive()
    answer = browser.post("/save", data={"csrf": browser.token()}, headers=from_where | JSON)
    assert (answer.status_code, answer.json()["error"]) == (403, reason)


def test_a_form_wants_the_token_of_this_very_session(browser: Browser, settings: Settings) -> None:
    browser.arrive()
    other = csrf.token(settings, "f" * 64)
    for given, reason in (
        (None, "form_token_missing"),
        ("x.y", "form_token_forged"),
        (other, "form_of_another_session"),
    ):
        browser.token()
        answer = browser.post("/save", data={"csrf": given} if given else {}, headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (403, reason)
    token = browser.token()
    browser.jar.clear()
    assert browser.post("/save", data={"csrf": token}, headers=JSON).json()["error"] == "form_without_session"


@pytest.mark.parametrize("body", [b"\xff=1", b"name=%ff", b"name=%00"])
def test_a_form_that_is_no_text_is_refused(browser: Browser, body: bytes) -> None:
    browser.arrive()
    browser.token()
    answer = browser.post("/save", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (400, "unreadable_form")


def test_the_chosen_language_is_kept_for_browser_and_person(browser: Browser) -> None:
    browser.arrive()
    answer = browser.post("/language", data={"csrf": browser.token(), "language": "en", "here": "/page"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/page")
    assert '<html lang="en">' in browser.get("/page").text
    with browser.db.read() as s:
        assert s.scalar(select(BrowserSession.locale)) == "en"
        assert s.scalar(select(Person.locale).join(BrowserSession)) == "en"


@pytest.mark.parametrize("here", ["//evil.example", "/\\evil.example", "https://evil.example", ""])
def test_the_language_switch_leads_nowhere_else(browser: Browser, here: str) -> None:
    browser.arrive()
    answer = browser.post("/language", data={"csrf": browser.token(), "language": "xx", "here": here})
    assert answer.headers["location"] == "/"


def test_who_leaves_is_gone_on_the_server_too(browser: Browser) -> None:
    browser.arrive()
    token, kept = browser.token(), dict(browser.jar)
    left = browser.post("/logout", data={"csrf": token})
    assert left.status_code == 200
    assert "Anda sudah keluar dari HP ini" in left.text
    assert "https://lms.example.id/back" in left.text
    assert browser.jar == {}
    browser.jar = kept
    assert browser.get("/page").status_code == 401


def test_the_way_back_is_shown_outside_the_frame_only(browser: Browser) -> None:
    browser.arrive(framed=True)
    assert 'class="back"' not in browser.get("/page").text
    browser.arrive("b", framed=False)
    browser.jar.pop(cookies.SESSION)
    assert 'class="back" href="https://lms.example.id/back"' in browser.get("/page").text


def test_static_files_are_kept_for_ever_under_todays_address_alone(browser: Browser) -> None:
    address = static_files.address("app.css")
    fresh = browser.get(address, headers={"accept-encoding": "gzip"})
    assert fresh.headers["cache-control"] == static_files.FOR_EVER
    assert fresh.headers["content-encoding"] == "gzip"
    old = browser.get("/static/older/app.css", headers={"accept-encoding": "identity"})
    assert old.headers["cache-control"] == "no-cache"
    assert old.text == fresh.text
    assert browser.get("/static/older/nothing.css").status_code == 404
    with pytest.raises(KeyError):
        static_files.address("nothing.css")
