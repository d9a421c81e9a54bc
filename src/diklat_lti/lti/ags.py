"""Assignment and Grade Services: scores out, results back, line items found and made; exact types, as Moodle wants."""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from diklat_lti.lti import http, tokens
from diklat_lti.lti.tokens import Channel

_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCORE, RESULT = _SCOPE + "score", _SCOPE + "result.readonly"
LINEITEM, LINEITEM_READ = _SCOPE + "lineitem", _SCOPE + "lineitem.readonly"
SCOPES = (LINEITEM, LINEITEM_READ, RESULT, SCORE)
"""Asked for together, so that one token serves a whole delivery; what is granted may be less."""
_TYPE = "application/vnd.ims.lis."
MAXIMUM = 100
PAGES = 50


@dataclass(frozen=True)
class Score:
    """A final score. No other is ever sent: Moodle erases a grade by a post that is not `FullyGraded`."""

    user_id: str
    given: Decimal
    comment: str
    timestamp: datetime


@dataclass(frozen=True)
class LineItem:
    url: str
    resource_link_id: str | None
    resource_id: str | None
    tag: str | None


@dataclass(frozen=True)
class Result:
    """What the gradebook shows for one user. `score` is of 100; None: it shows nothing."""

    user_id: str
    score: Decimal | None
    timestamp: datetime | None


class Refused(Exception):  # noqa: N818 - what the platform said, not what broke
    """A platform that was asked for something answered with something else."""

    def __init__(self, answer: http.Answer) -> None:
        super().__init__(f"answered with {answer.status}")
        self.answer = answer


def post_score(channel: Channel, lineitem_url: str, score: Score) -> http.Answer:
    """The answer, whatever it is: `gradebook/answers.py` says what it means."""
    body = {
        "userId": score.user_id,
        "scoreGiven": _number(score.given),
        "scoreMaximum": MAXIMUM,
        "comment": score.comment,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": score.timestamp.astimezone(UTC).isoformat(timespec="seconds"),
    }
    headers = {"Content-Type": f"{_TYPE}v1.score+json", "Accept": "*/*"}
    url = below(lineitem_url, "scores")
    return tokens.call(channel, SCOPES, (SCORE,), "POST", url, headers, _compact(body))


def line_items(
    channel: Channel,
    container_url: str,
    *,
    resource_link_id: str | None = None,
    resource_id: str | None = None,
    tag: str | None = None,
) -> list[LineItem]:
    """The course's line items that fit; a platform that ignores a filter is filtered here."""
    wanted = {"resource_link_id": resource_link_id, "resource_id": resource_id, "tag": tag}
    filters = {name: value for name, value in wanted.items() if value is not None}
    url = asking(container_url, filters)
    listed = [_line_item(row) for row in _every_page(channel, url, (LINEITEM_READ, LINEITEM), "v2.lineitemcontainer")]
    return [item for item in listed if all(getattr(item, name) == value for name, value in filters.items())]


def create_line_item(channel: Channel, container_url: str, label: str, resource_id: str, tag: str) -> LineItem:
    """Without a link: a second item on a link makes Moodle drop the link's own from its launches."""
    body = {"label": label, "scoreMaximum": MAXIMUM, "resourceId": resource_id, "tag": tag}
    headers = {"Content-Type": f"{_TYPE}v2.lineitem+json", "Accept": f"{_TYPE}v2.lineitem+json"}
    answer = tokens.call(channel, SCOPES, (LINEITEM,), "POST", container_url, headers, _compact(body))
    made = _json(answer) if answer.status in (200, 201) else None
    if not isinstance(made, dict) or not made.get("id"):
        raise Refused(answer)
    return _line_item(made)


def results(channel: Channel, lineitem_url: str, user_id: str | None = None) -> list[Result]:
    """Of one user, or of everybody. Never with `limit`: that crashes Moodle (4.5.6, 5.1.3)."""
    filters = {} if user_id is None else {"user_id": user_id}
    url = asking(below(lineitem_url, "results"), filters)
    listed = [_result(row) for row in _every_page(channel, url, (RESULT,), "v2.resultcontainer")]
    return [result for result in listed if user_id in (None, result.user_id)]


def below(url: str, name: str) -> str:
    """`name` at the end of the path, before the query: Moodle's URLs have one."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def asking(url: str, filters: Mapping[str, str]) -> str:
    """The filters behind what the URL asks already."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(filters))))))


def next_page(answer: http.Answer, url: str) -> str | None:
    """Moodle writes rel=“next” with typographic quotes and `&amp;` (4.5.6, 5.1.3). Never to another site: it would
    get our token."""
    link = answer.headers.get("Link", "").encode("latin-1", "replace").decode("utf-8", "replace")
    found = re.search(r"<([^>]*)>[^,<]*?\brel\s*=[^\w,;<]*next\b", link, re.IGNORECASE)
    if found is None:
        return None
    try:
        following = urljoin(url, html.unescape(found[1]))
        return following if urlsplit(following)[:2] == urlsplit(url)[:2] else None
    except ValueError:  # no address at all
        return None


def _every_page(channel: Channel, url: str, need: tuple[str, ...], kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    following: str | None = url
    while following and following not in seen and len(seen) < PAGES:
        seen.add(following)
        answer = tokens.call(channel, SCOPES, need, "GET", following, {"Accept": f"{_TYPE}{kind}+json"})
        page = _json(answer) if answer.status == 200 else None
        if not isinstance(page, list):
            raise Refused(answer)
        rows += [row for row in page if isinstance(row, dict)]
        following = next_page(answer, following)
    return rows


def _line_item(row: Mapping[str, Any]) -> LineItem:
    told = {name: _text(row.get(name)) for name in ("id", "resourceLinkId", "resourceId", "tag")}
    return LineItem(told["id"] or "", told["resourceLinkId"], told["resourceId"], told["tag"])


def _result(row: Mapping[str, Any]) -> Result:
    return Result(_text(row.get("userId")) or "", _of_hundred(row), _instant(row.get("timestamp")))


def _of_hundred(row: Mapping[str, Any]) -> Decimal | None:
    score, maximum = row.get("resultScore"), row.get("resultMaximum") or MAXIMUM
    if isinstance(score, int | Decimal) and isinstance(maximum, int | Decimal):
        return Decimal(score) * MAXIMUM / Decimal(maximum)
    return None


def _instant(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def _compact(body: Mapping[str, Any]) -> bytes:
    # One line of ASCII: Moodle repeats a refused body in its status line, where a line break makes it a 200.
    return json.dumps(body, separators=(",", ":")).encode()


def _json(answer: http.Answer) -> object:
    try:
        return json.loads(answer.body, parse_float=Decimal)
    except ValueError:
        return None
