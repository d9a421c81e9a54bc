"""What one sees of a page: whether anything is cut, stands outside, or is too small for a thumb."""

from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from browser import sideways

SMALL = """() => {
  const seen = (el) => el.getClientRects().length && getComputedStyle(el).visibility === "visible";
  const sentence = (el) => getComputedStyle(el).display === "inline"
    && [...el.parentElement.childNodes].some((n) => n !== el && n.nodeType === 3 && n.textContent.trim());
  const low = (el) => (el.closest("label") || el).getBoundingClientRect().height < 43.9;
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((el) => seen(el) && el.type !== "hidden" && !el.closest(".skip") && low(el) && !sentence(el))
    .map((el) => "too small: " + el.outerHTML.slice(0, 160));
}"""
CUT = """() => {
  const width = document.documentElement.clientWidth;
  const apart = ".wide, pre *, .only-read, .skip, svg, thead, [hidden]";
  const found = [];
  for (const el of document.querySelectorAll("body *")) {
    if (el.closest(apart) || !el.getClientRects().length) continue;
    const box = el.getBoundingClientRect();
    const clips = ["hidden", "clip"].includes(getComputedStyle(el).overflowX) && !["PROGRESS", "INPUT"].includes(el.tagName);
    if (box.right > width + 1 || box.left < -1) found.push("outside: " + el.outerHTML.slice(0, 160));
    else if (clips && el.scrollWidth > el.clientWidth + 1) found.push("cut: " + el.outerHTML.slice(0, 160));
  }
  return found.slice(0, 3);
}"""
RUN = """async (rules) => {
  const options = rules ? { runOnly: { type: "rule", values: rules } } : {};
  const found = (await axe.run(document, { resultTypes: ["violations"], ...options })).violations;
  return found.flatMap((fault) => fault.nodes.map((node) => fault.id + ": " + node.html.slice(0, 200)
    + " " + (node.failureSummary || "").slice(0, 200)));
}"""


@cache
def axe() -> str:
    return Axe().axe_script


def faults(page: Page, *rules: str) -> list[str]:
    """What axe finds; its script is put into the page once."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe())
    found: Any = page.evaluate(RUN, list(rules) or None)
    return list(found)


def layout(page: Page) -> list[str]:
    wide = sideways(page)
    return [*([f"scrolls sideways by {wide} px"] if wide else []), *page.evaluate(CUT), *page.evaluate(SMALL)]
