"""Hypothesis strategies for what a platform could say instead of what it should: any JSON in any place of a message."""

import copy
from typing import Any

import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st

IS_PROOF = hypothesis.settings.default.max_examples >= 1000
often = hypothesis.settings(
    max_examples=500 if IS_PROOF else 40,
    derandomize=not IS_PROOF,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""The same examples at each commit; others, and more, for `make prove`."""
known = st.sampled_from([
    "", "\0", "a\0b", "\ud800", "https://a.test/\udfff", "http://[", "https://a.test/\x7f", "x" * 300, "x" * 3000, "$x",
    "<script>alert(1)</script>", "javascript:alert(1)", "http://127.0.0.1:1/x", "https://a:b@c/", "https://[::1]:99999/",
    "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest", "1.3.0", "\u202eabc", "\u0130" * 20, "٣", "https://*/",
    "https://a.test/\u0661", "https://\u2100.test/", "https://a.test:\u0664/", "https://xn--\ud800/", "\r\nX: y",
])  # fmt: skip
texts = st.one_of(known, known, st.text(st.characters(), max_size=20))
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([0, -1, 10**30, 10**400, 2**63, 1e308, float("nan")]))
simple = st.one_of(texts, st.none(), st.booleans(), numbers)
things = st.recursive(
    simple,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=6,
)


def places(message: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a message, as the keys that lead there."""
    inside = message.items() if isinstance(message, dict) else enumerate(message) if isinstance(message, list) else ()
    return [place for key, value in inside for place in [(*above, key), *places(value, (*above, key))]]


@st.composite
def spoilt(draw: st.DrawFn, message: dict[str, Any], most: int = 3) -> dict[str, Any]:
    """The message with one to `most` of its places replaced, left out, or added to."""
    changed = copy.deepcopy(message)
    for _ in range(draw(st.integers(1, most))):
        *above, last = draw(st.sampled_from(places(changed) or [("x",)]))
        at: Any = changed
        for key in above:
            at = at[key]
        kind = draw(st.integers(0, 9))
        if kind == 0 and isinstance(at, dict):
            at.pop(last, None)
        elif kind == 1 and isinstance(at, dict):
            at[draw(texts)] = draw(things)
        else:
            was_text = not isinstance(at, dict) or isinstance(at.get(last), str)
            at[last] = draw(texts if was_text and kind < 7 else things)
    return changed
