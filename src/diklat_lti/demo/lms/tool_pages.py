"""Manage tools: add a tool by its registration URL, see it pending, activate or delete it."""

from fastapi import APIRouter, Response

from diklat_lti.demo.lms import tools
from diklat_lti.demo.lms.forms import Form, number
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit, Visit

router = APIRouter(prefix="/mod/lti")
HERE = "/mod/lti/toolconfigure.php"


def administers(visit: Visit) -> None:
    if not visit.someone().is_admin:
        raise Refused("nopermission")


@router.get("/toolconfigure.php")
def manage(lms: ThisLms, visit: ThisVisit, url: str = "") -> Response:
    """With `url` the tool's registration is open in a frame."""
    administers(visit)
    with lms.store.read() as db:
        known = tools.all_of_site(db)
    return show(lms, visit, "tools.html", tools=known, opened=url.strip(), url=lms.url)


@router.post("/toolconfigure.php")
def decide(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    administers(visit)
    visit.check(form)
    with lms.store.write() as db:
        if form.get("action") == "activate":
            tools.change(db, number(form.get("id")), {"state": "active"})
        elif form.get("action") == "delete":
            tools.remove(db, number(form.get("id")))
    return go(HERE)


@router.get("/typessettings.php")
def edit(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    administers(visit)
    with lms.store.read() as db:
        found = tools.find(db, id)
    if found is None:
        raise Refused("notfound")
    custom = "\n".join(f"{key}={value.strip()}" for key, value in found.custom.items())
    uris = "\n".join(uri.strip() for uri in found.redirect_uris)
    return show(lms, visit, "tool_settings.html", tool=found, custom=custom, uris=uris)


@router.post("/typessettings.php")
def save(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """The admin's own word, until the next update of the registration overwrites it. A browser ends the lines of a
    text field with CR and LF, and Moodle divides at LF alone: what it echoes has the CR at its end."""
    administers(visit)
    visit.check(form)
    lines = [line.partition("=") for line in form.get("custom", "").split("\n") if "=" in line]
    values: dict[str, object] = {
        "name": form.get("name", "").strip() or "-",
        "description": form.get("description", "").strip(),
        "custom": {key.strip(): value for key, _, value in lines},
        "grade_sync": min(number(form.get("grade_sync")), 2),
        "accept_grades": form.get("accept_grades") in ("1", "2"),
        "always_graded": form.get("accept_grades") == "2",
        **{name: name in form for name in ("send_name", "send_email", "memberships")},
    }
    if uris := [line for line in form.get("uris", "").split("\n") if line.strip()]:
        values["redirect_uris"] = uris
    if "icon" in form:
        values["icon"] = form["icon"].strip()
    with lms.store.write() as db:
        tools.change(db, number(form.get("id")), values)
    return go(HERE)
