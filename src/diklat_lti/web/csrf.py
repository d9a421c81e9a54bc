"""Forms that really come from our pages: a token bound to the browser's session, and the browser's own word on it."""

import secrets
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from markupsafe import Markup

from diklat_lti.errors import Kind, Problem, say
from diklat_lti.lti import signed
from diklat_lti.settings import Settings
from diklat_lti.web import cookies

FIELD = "csrf"
PURPOSE = "form"
MOST_FIELDS = 2000


class Form(dict[str, str]):
    """The last value of each field; `many(name)` has all of them, in order. Without the spaces around them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = [(name, value.strip()) for name, value in pairs]
        super().__init__(self.pairs)

    def many(self, name: str) -> list[str]:
        return [value for n, value in self.pairs if n == name]


def token(settings: Settings, name_hash: str) -> str:
    """Never twice the same: a compressed page must not give it away by its length."""
    return signed.sign(settings.secret_keys, PURPOSE, f"{name_hash}.{secrets.token_hex(4)}")


def field(request: Request) -> Markup:
    """For a page with a session; the session's hash is put into the request by `deps.Visit`."""
    value = token(request.app.state.settings, request.state.viewer.name_hash)
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, value)


def check(request: Request, given: str | None) -> None:
    """Raises unless `given` was made for the session whose cookie came, and the browser says the form is ours."""
    settings: Settings = request.app.state.settings
    name = request.cookies.get(cookies.SESSION)
    if not ours(request, settings):
        raise stale("foreign_origin")
    made_for = signed.unsign(settings.secret_keys, PURPOSE, given)
    if made_for is not None:
        request.state.form_of = made_for.split(".")[0]  # whoever keeps what came too late finds it there
    if not name:
        raise stale("form_without_session")
    if made_for is None:
        raise stale("form_token_missing" if not given else "form_token_forged")
    if made_for.split(".")[0] != cookies.name_hash(name):
        raise stale("form_of_another_session")


def ours(request: Request, settings: Settings) -> bool:
    """`Origin` where it is sent, and `Sec-Fetch-Site` from browsers that know it."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    return origin in (None, settings.public_url) and site in ("same-origin", "none")


def stale(reason: str) -> Problem:
    return Problem(
        Kind.FORBIDDEN,
        reason,
        say("This page has been open too long, or somebody else has signed in since."),
        say("Open the activity again from your course, then repeat what you just did."),
    )


async def read_form(request: Request) -> Form:
    """The fields of a POST that carries this session's token. Async and quick: it costs no hop into a thread."""
    request.state.sent_form = await request.body()
    form = parse(request.state.sent_form)
    check(request, form.get(FIELD))
    return form


def parse(body: bytes) -> Form:
    """Ordinary form fields; FastAPI's own reader costs as much as the rest of a request."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
        if any("\0" in name or "\0" in value for name, value in pairs):
            raise ValueError("PostgreSQL keeps no NUL")
    except ValueError as e:
        raise Problem(Kind.BAD_INPUT, "unreadable_form", say("The form could not be read."), say("Try again.")) from e
    return Form(pairs)


CheckedForm = Annotated[Form, Depends(read_form)]
"""`def route(form: CheckedForm, …)`: for each POST of a page with a session."""
