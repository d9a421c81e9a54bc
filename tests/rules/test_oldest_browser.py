"""Chrome and WebView 95, where phones of 2015 to 2018 stopped: nothing that is served uses what came later."""

import re

import pytest

from diklat_lti.web import pages, static_files

CSS = {
    r":has\(": 105,
    r"@container\b": 105,
    r"@layer\b": 99,
    r"@scope\b": 118,
    r"@starting-style\b": 117,
    r"\bcolor-mix\(": 111,
    r"\b(ok)?(lab|lch)\(": 111,
    r"\blight-dark\(": 123,
    r"\d[dsl]v[hwib]\b": 108,
    r"\b(subgrid|masonry)\b": 117,
    r"\btext-wrap\s*:": 114,
    r"\bfield-sizing\s*:": 123,
    r"[;{]\s*(translate|rotate|scale)\s*:": 104,
    r"\((width|height)\s*[<>=]|[<>]=?\s*(width|height)\b": 104,
    r":user-(in)?valid\b": 119,
    r":modal\b": 105,
    r":popover-open\b": 114,
    r"\banchor(-name)?\s*[(:]": 125,
    r"\b(round|mod|rem)\(": 125,
    r"\bscrollbar-(color|width)\s*:": 121,
    r"\bview-transition-name\b": 111,
}
JS = {
    r"\bstructuredClone\b": 98,
    r"\.findLast(Index)?\(": 97,
    r"\.to(Sorted|Reversed|Spliced)\(": 110,
    r"\b(Object|Map)\.groupBy\b": 117,
    r"\bArray\.fromAsync\b": 121,
    r"\bPromise\.(withResolvers|try)\b": 119,
    r"\bURL\.(canParse|parse)\b": 120,
    r"\bAbortSignal\.(timeout|any)\b": 103,
    r"\bResponse\.json\(": 105,
    r"\.(isWellFormed|toWellFormed)\(": 111,
    r"\.(isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\(": 122,
    r"\bimport\.meta\.resolve\b": 105,
    r"\bfrom\s+[\"'][^\"']+[\"']\s+(with|assert)\s*\{": 123,
    r"\bstartViewTransition\b": 111,
    r"\b(show|hide|toggle)Popover\(": 114,
    r"\bshowPicker\(": 99,
    r"\.inert\b": 102,
    r"\bnavigation\.(navigate|addEventListener)": 102,
    r"[\"'`]scrollend[\"'`]": 114,
    r"/[dgimsuy]*v[dgimsuy]*\.(test|exec)\(": 112,
    r"\bcrypto\.randomUUID\(": 92,  # there, but never on a page without https
}
HTML = {
    r"\sinert[\s>]": 102,
    r"\spopover(target)?[\s=>]": 114,
    r"<search[\s>]": 118,
    r"<details[^>]*\sname=": 120,
}
SAMPLES = {
    "css": [
        "p:has(a) {}",
        "@layer a {}",
        "main { height: 100dvh }",
        "@media (width <= 480px) {}",
        "p { color: oklch(1 2 3) }",
    ],
    "js": ["structuredClone(a)", "list.findLast(f)", "list.toSorted()", "AbortSignal.timeout(5)", "el.inert = true"],
    "html": ["<div inert>", "<search>", '<details class="card" name="a">'],
}
FORBIDDEN = {"css": CSS, "js": JS, "html": HTML}


def younger(kind: str, text: str) -> list[str]:
    """What `text` uses that came after 95, with the version that brought it."""
    text = re.sub(r"/\*.*?\*/|^\s*//.*$|\{#.*?#\}", "", text, flags=re.DOTALL | re.MULTILINE)
    found = [(pattern, since, re.search(pattern, text)) for pattern, since in FORBIDDEN[kind].items()]
    return [f"{hit[0].strip()} needs {since}" for _, since, hit in found if hit] + (
        nested(text) if kind == "css" else []
    )


def nested(css: str) -> list[str]:
    """Rules inside rules came with 112; only at-rules may hold others."""
    found, holders, head = [], list[bool](), ""
    for sign in css:
        if sign == "{":
            if holders and not holders[-1]:
                found.append(f"{head.strip()} inside a rule needs 112")
            holders.append(head.strip().startswith("@"))
        elif sign == "}":
            holders.pop()
        head = "" if sign in "{};" else head + sign
    return found


def served() -> dict[str, str]:
    """Styles and scripts as they are sent, and every template."""
    sent = {name: file.plain.decode() for name, file in static_files.files().items() if name.endswith((".css", ".js"))}
    return sent | {str(f.relative_to(pages.FOLDER)): f.read_text() for f in pages.FOLDER.rglob("*.html")}


def test_nothing_that_is_served_needs_a_browser_younger_than_95() -> None:
    found = {name: younger(name.rsplit(".", 1)[1], text) for name, text in served().items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(("kind", "sample"), [(kind, sample) for kind, all_ in SAMPLES.items() for sample in all_])
def test_what_came_later_is_noticed(kind: str, sample: str) -> None:
    assert younger(kind, sample)


def test_a_rule_inside_a_rule_is_noticed_and_one_inside_an_at_rule_is_not() -> None:
    assert nested("@media print { p { color: red } } a { color: red }") == []
    assert nested(".card { color: red; &:hover { color: blue } }") == ["&:hover inside a rule needs 112"]
    assert nested(".card { p { color: blue } }") == ["p inside a rule needs 112"]
