"""Faults that a hand can switch on: which there are, which requests they meet, and whose turn it is."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

SERVICES, TOKEN, KEYS = "/mod/lti/services.php", "/mod/lti/token.php", "/mod/lti/certs.php"
REGISTRATION, LAUNCH, PICKED = (
    "/mod/lti/openid-registration.php",
    "/mod/lti/auth.php",
    "/mod/lti/contentitem_return.php",
)
COLUMNS = tuple(f"{SERVICES}/{digit}" for digit in range(1, 10))
"""Below them a course's number begins the path; the roster's path begins with a word."""
ROSTER = f"{SERVICES}/CourseSection"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ASKED = (SERVICES, TOKEN, KEYS, REGISTRATION)
"""What a tool's server calls."""
WHOLE = ("/",)
SAFE = ("/demo", "/static", "/login", "/switch.php")
"""What no fault ever meets: here it is switched off again."""

FAULTS: dict[str, tuple[str, ...]] = {
    "down": WHOLE,
    "slow_2": (*ASKED, LAUNCH),
    "slow_20": (*ASKED, LAUNCH),
    "cut_before": ASKED,
    "cut_after": ASKED,
    "401": (SERVICES,),
    "403": (SERVICES,),
    "404": (SERVICES,),
    "409": (SERVICES,),
    "429": ASKED,
    "500": (SERVICES,),
    "503_html": ASKED,
    "200_empty_list": (SERVICES,),
    "200_login_page": ASKED,
    "keys_rotated": (LAUNCH,),
    "clock_90_s_ahead": (LAUNCH, TOKEN),
    "clock_90_s_behind": (LAUNCH, TOKEN),
    "clock_1_h_ahead": (LAUNCH, TOKEN),
    "clock_1_h_behind": (LAUNCH, TOKEN),
    "no_authorization_header": (SERVICES, REGISTRATION),
    "no_path_info": (SERVICES,),
    "private_tool_url": (TOKEN, PICKED),
    "keys_unreadable": (KEYS,),
    "unknown_client": (TOKEN,),
    "no_scope_score": (TOKEN,),
    "no_scope_result": (TOKEN,),
    "no_scope_lineitem_readonly": (TOKEN,),
    "no_scope_lineitem": (TOKEN,),
    "no_scope_roster": (TOKEN,),
    "columns_forbidden": COLUMNS,
    "no_new_columns": COLUMNS,
    "no_deleting": COLUMNS,
    "roster_off": (ROSTER,),
    "maintenance": WHOLE,
    "php_down": WHOLE,
    "database_down": WHOLE,
}
"""Each fault, and the addresses that it meets."""
ONE_METHOD = {"no_new_columns": "POST", "no_deleting": "DELETE"}
"""Faults that meet one kind of request alone."""
PERMISSIONS = {
    "no_scope_score": AGS + "score",
    "no_scope_result": AGS + "result.readonly",
    "no_scope_lineitem_readonly": AGS + "lineitem.readonly",
    "no_scope_lineitem": AGS + "lineitem",
    "no_scope_roster": "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
}
"""Faults that take one permission out of what the token endpoint grants."""

clock_error: ContextVar[int] = ContextVar("clock_error", default=0)
keys_rotated: ContextVar[bool] = ContextVar("keys_rotated", default=False)
tool_is_private: ContextVar[bool] = ContextVar("tool_is_private", default=False)
not_granted: ContextVar[frozenset[str]] = ContextVar("not_granted", default=frozenset())


@dataclass
class Fault:
    """One that is on: for all requests, for one in `one_in`, or for those that concern one `learner`."""

    name: str
    one_in: int = 1
    learner: int | None = None
    met: int = 0

    def told(self) -> dict[str, Any]:
        whom = {"learner": self.learner} if self.learner else {"one_in": self.one_in}
        return {"fault": self.name, **whom}


@dataclass
class Faults:
    """Kept in memory: a new start is a healthy one. `moodle` is the release that a hand has chosen."""

    on: list[Fault] = field(default_factory=list)
    moodle: str = ""
    _lock: Lock = field(default_factory=Lock)

    def put(self, wanted: list[Fault]) -> None:
        with self._lock:
            self.on = wanted

    def rotation(self) -> bool | None:
        """True where all launches are signed with the new key, None where only some are."""
        turned = [fault for fault in self.on if fault.name == "keys_rotated"]
        if not turned:
            return False
        return True if any(fault.one_in == 1 and fault.learner is None for fault in turned) else None

    def met_by(self, method: str, path: str, learner: int) -> list[str]:
        """The faults whose turn it is. `learner` is 0 where a request concerns nobody."""
        if path.startswith(SAFE):
            return []
        with self._lock:
            return [fault.name for fault in self.on if _is_met(fault, method, path, learner)]


def _is_met(fault: Fault, method: str, path: str, learner: int) -> bool:
    if not path.startswith(FAULTS[fault.name]) or ONE_METHOD.get(fault.name, method) != method:
        return False
    if fault.learner is not None:
        return fault.learner == learner
    fault.met += 1
    return fault.met % fault.one_in == 0


def read(said: Any) -> list[Fault] | None:
    """A list as `PUT /demo/faults` takes it; None where it is not one."""
    if not isinstance(said, list):
        return None
    found = [_fault(one) for one in said]
    return None if None in found else [one for one in found if one]


def _fault(said: Any) -> Fault | None:
    if not isinstance(said, dict) or said.get("fault") not in FAULTS or set(said) - {"fault", "one_in", "learner"}:
        return None
    one_in, learner = said.get("one_in", 1), said.get("learner")
    if not isinstance(one_in, int) or one_in < 1 or not (learner is None or isinstance(learner, int)):
        return None
    return Fault(said["fault"], one_in, learner)
