"""What a page served over HTTP offers to whoever reads it without a browser: its forms, links, frames and tables."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """As served: hidden and preset fields, and what its choices and buttons would send."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    """Of radio buttons, checkboxes and select lists: name → values."""
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """(text, name, value)."""


@dataclass
class Link:
    href: str
    text: str


@dataclass
class Content:
    forms: list[Form] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    """Of all tables, cell by cell."""
    headings: list[str] = field(default_factory=list)
    text: str = ""


def read(source: str) -> Content:
    reader = _Reader()
    reader.feed(source)
    reader.content.text = " ".join(" ".join(reader.words).split())
    return reader.content


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.content = Content()
        self.words: list[str] = []
        self.form: Form | None = None
        self.collecting: dict[str, tuple[int, dict[str, str]]] = {}
        """tag → where its words begin, and its attributes."""
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.content.forms.append(self.form)
        elif tag == "iframe":
            self.content.frames.append(given.get("src", ""))
        elif tag == "tr":
            self.content.rows.append([])
        elif tag in ("a", "button", "th", "td", "h1", "textarea"):
            self.collecting[tag] = (len(self.words), given)
        if self.form is not None:
            self._field(self.form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            form.choices.setdefault(self.select, []).append(value)
            if "selected" in given:
                form.fields.append((self.select, value))
        elif tag == "input" and given.get("type") in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value or "on")
            if "checked" in given:
                form.fields.append((name, value or "on"))
        elif tag == "input" and given.get("type") == "submit":
            form.buttons.append((value, name, value))
        elif tag == "input" and name:
            form.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        if tag == "select":
            self.select = None
        if tag not in self.collecting:
            return
        begin, given = self.collecting.pop(tag)
        text = " ".join(" ".join(self.words[begin:]).split())
        if tag == "a":
            self.content.links.append(Link(given.get("href", ""), text))
        elif tag in ("th", "td") and self.content.rows:
            self.content.rows[-1].append(text)
        elif tag == "h1":
            self.content.headings.append(text)
        elif self.form is not None and tag == "button":
            self.form.buttons.append((text, given.get("name", ""), given.get("value", "")))
        elif self.form is not None and given.get("name"):
            self.form.fields.append((given["name"], text))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
