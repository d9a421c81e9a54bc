"""/demo/faults: what is broken at the turn of a switch, by page and by PUT; and as which Moodle the demo behaves."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from diklat_lti.demo.lms import people, visits
from diklat_lti.demo.lms.configuration import RELEASES
from diklat_lti.demo.lms.faults import FAULTS, Fault, read
from diklat_lti.demo.lms.forms import Body, Form, number
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.settings import Lms
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit

router = APIRouter(prefix="/demo")
JSON = "application/json"
WORDS = {
    "down": "The LMS does not answer at all",
    "slow_2": "Answers come 2 seconds late",
    "slow_20": "Answers come 20 seconds late",
    "cut_before": "The connection breaks before anything is stored",
    "cut_after": "The connection breaks after everything is stored",
    "401": "401: the token is not accepted",
    "403": "403: not permitted",
    "404": "404: not found",
    "409": "409: an earlier score",
    "429": "429: too many requests, try again in 30 seconds",
    "500": "500 with an empty list, as for a locked grade",
    "503_html": "503 as a web page",
    "200_empty_list": "200 with an empty list: nothing was stored",
    "200_login_page": "200 with a login page",
    "keys_rotated": "The LMS has a new key",
    "clock_90_s_ahead": "The clock of the LMS is 90 seconds fast",
    "clock_90_s_behind": "The clock of the LMS is 90 seconds slow",
    "clock_1_h_ahead": "The clock of the LMS is one hour fast",
    "clock_1_h_behind": "The clock of the LMS is one hour slow",
    "no_authorization_header": "The web server drops the Authorization header",
    "no_path_info": "The web server knows no slash arguments (PATH_INFO)",
    "private_tool_url": "The LMS refuses to fetch from the tool, as from a private address",
    "keys_unreadable": "At the address of its keys the LMS shows a login page",
    "unknown_client": "The LMS does not know the tool any more",
    "no_scope_score": "The tool may not send grades",
    "no_scope_result": "The tool may not read grades",
    "no_scope_lineitem_readonly": "The tool may not see columns",
    "no_scope_lineitem": "The tool may not make columns",
    "no_scope_roster": "The tool may not read the participants",
    "columns_forbidden": "The tool is kept out of the gradebook",
    "no_new_columns": "Columns are listed, but none can be made",
    "no_deleting": "Columns are listed, but none can be deleted",
    "roster_off": "The participants are not found",
    "maintenance": "Maintenance mode",
    "php_down": "PHP is down",
    "database_down": "The database is down",
}


@router.get("/faults")
def faults(request: Request, lms: ThisLms, visit: ThisVisit) -> Response:
    if request.headers.get("accept", "").startswith(JSON):
        return _told(lms)
    with lms.store.write() as db:
        visits.keep(db, visit)
        learners = people.everybody(db)
    names = {one.id: one.name for one in learners}
    page = show(
        lms, visit, "faults.html", words=WORDS, on=lms.faults.on, people=names, releases=RELEASES, release=lms.release
    )
    visits.set_cookie(page, visit)
    return page


@router.put("/faults")
def replace(lms: ThisLms, body: Body) -> Response:
    """The whole list anew: `[{"fault": "429", "one_in": 3}, {"fault": "slow_2", "learner": 5}]`; `[]` heals all.
    Another site's page cannot send this: a browser asks us first, and we do not allow it."""
    try:
        wanted = read(json.loads(body))
    except ValueError:
        wanted = None
    if wanted is None:
        known = {"error": "a list of {fault, one_in or learner}", "faults": list(FAULTS), "on": _list(lms)}
        return Response(json.dumps(known), 400, media_type=JSON)
    lms.faults.put(wanted)
    return _told(lms)


@router.post("/faults")
def switch(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """One more, one less, or another release."""
    visit.check(form)
    on = list(lms.faults.on)
    if form.get("action") == "add":
        on.append(_chosen(form))
    elif form.get("action") == "remove":
        on = [fault for place, fault in enumerate(on) if str(place) != form.get("place")]
    elif form.get("moodle") in RELEASES:
        lms.faults.moodle = form["moodle"]
    lms.faults.put(on)
    return go("/demo/faults")


def _chosen(form: dict[str, str]) -> Fault:
    if form.get("fault") not in FAULTS:
        raise Refused("notfound")
    if form.get("whom") == "learner":
        return Fault(form["fault"], learner=number(form.get("learner")))
    return Fault(form["fault"], max(number(form.get("one_in")), 1) if form.get("whom") == "one_in" else 1)


def _list(lms: Lms) -> list[dict[str, Any]]:
    return [fault.told() for fault in lms.faults.on]


def _told(lms: Lms) -> Response:
    return Response(json.dumps(_list(lms)), media_type=JSON)
