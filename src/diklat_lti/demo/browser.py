"""A browser without scripts and without pictures: cookies by hand, redirects, forms and links as they are served."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from diklat_lti.demo import html
from diklat_lti.demo.html import Form

TIMEOUT = 30
MOST_REDIRECTS = 8


class Broken(Exception):  # noqa: N818 - where the journey broke, in a sentence for the operator
    """A step could not be done."""


@dataclass
class Page(html.Content):
    """A page with the address it was found at."""

    url: str = ""
    status: int = 0

    def form(self, *named: str) -> Form:
        """The first form whose action, fields, choices or buttons hold every one of these words."""
        for form in self.forms:
            parts = [form.action, *(n for n, _ in form.fields), *form.choices, *(w for b in form.buttons for w in b)]
            if all(any(word in part for part in parts) for word in named):
                return form
        raise Broken(f"{self.url} shows no form with {', '.join(named)}: {self.text[:300]}")

    def link(self, *words: str) -> str:
        """The address of the first link whose address or text holds one of these words."""
        for link in self.links:
            if any(word in link.href or word in link.text for word in words):
                return urljoin(self.url, link.href)
        raise Broken(f"{self.url} shows no link with {' or '.join(words)}: {self.text[:300]}")

    def url_of(self, href: str) -> str:
        return urljoin(self.url, href)

    def frame(self) -> str:
        if not self.frames:
            raise Broken(f"{self.url} shows no frame: {self.text[:300]}")
        return urljoin(self.url, self.frames[0])


class Browser:
    """One person's browser. The tool's cookies are Secure: on http://localhost only real browsers return them, so we do."""

    def __init__(self, language: str = "id") -> None:
        self.jar: dict[str, dict[str, str]] = {}
        self.language = language
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, url: str, dest: str = "document") -> Page:
        return self._go("GET", url, None, dest)

    def open_frame(self, page: Page) -> Page:
        return self.get(page.frame(), "iframe")

    def submit(
        self, page: Page, form: Form, changes: Mapping[str, str | list[str]] | None = None, button: str | None = None,
        dest: str = "document",
    ) -> Page:  # fmt: skip
        """Sends a form as served, with `changes` typed in and the button whose text, name or value is `button` pressed."""
        changes = changes or {}
        sent = [(name, value) for name, value in form.fields if name not in changes]
        for name, value in changes.items():
            sent += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        pressed = next((b for b in form.buttons if button is None or button in b), None)
        if pressed is not None and pressed[1]:
            sent.append((pressed[1], pressed[2]))
        target = urljoin(page.url, form.action) if form.action else page.url
        if form.method == "get":
            request = requests.Request("GET", target, params=sent).prepare()
            return self._go("GET", request.url or target, None, dest)
        return self._go("POST", target, sent, dest, page.url)

    def press_on(self, page: Page, dest: str = "iframe") -> Page:
        """Pages that only post a form on, as a script would: until one stays."""
        for _ in range(MOST_REDIRECTS):
            onward = next(
                (f for f in page.forms if any(n in ("id_token", "login_hint", "JWT") for n, _ in f.fields)), None
            )
            if onward is None:
                return page
            page = self.submit(page, onward, dest=dest)
        raise Broken(f"{page.url} goes round in circles")

    def _go(
        self, method: str, url: str, sent: list[tuple[str, str]] | None, dest: str, origin: str | None = None
    ) -> Page:
        for _ in range(MOST_REDIRECTS):
            answer = self._ask(method, url, sent, dest, origin)
            if answer.status_code not in (301, 302, 303, 307, 308):
                return self._page(url, answer)
            method, sent, url = "GET", None, urljoin(url, answer.headers["location"])
        raise Broken(f"{url} redirects without end")

    def _ask(
        self, method: str, url: str, sent: list[tuple[str, str]] | None, dest: str, origin: str | None
    ) -> requests.Response:
        jar = self.jar.setdefault(urlsplit(url).hostname or "", {})
        headers = {"Accept": "text/html", "Accept-Language": self.language, "Sec-Fetch-Dest": dest}
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if origin:
            parts = urlsplit(origin)
            headers["Origin"] = f"{parts.scheme}://{parts.netloc}"
        try:
            answer = self.session.request(
                method, url, data=sent, headers=headers, allow_redirects=False, timeout=TIMEOUT
            )
        except requests.RequestException as error:
            raise Broken(f"{url.split('?')[0]} does not answer ({type(error).__name__})") from error
        for header in answer.raw.headers.getlist("set-cookie"):
            name, _, value = header.split(";", 1)[0].partition("=")
            if "max-age=0" in header.lower():
                jar.pop(name, None)
            else:
                jar[name] = value
        self.session.cookies.clear()
        return answer

    def _page(self, url: str, answer: requests.Response) -> Page:
        answer.encoding = "utf-8"
        page = Page(**vars(html.read(answer.text)), url=url, status=answer.status_code)
        if answer.status_code >= 400:
            raise Broken(f"{url.split('?')[0]} answered {answer.status_code}: {page.text[:400]}")
        return page
