"""The front page, who you are, the language and the switches."""

from fastapi import APIRouter, Response
from sqlalchemy import select

from diklat_lti.demo.lms import people, visits
from diklat_lti.demo.lms.forms import Form, number
from diklat_lti.demo.lms.language import LANGUAGES
from diklat_lti.demo.lms.pages import go, local, show
from diklat_lti.demo.lms.tables import course, enrolment
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit

router = APIRouter()


@router.get("/")
def front(visit: ThisVisit) -> Response:
    if visit.person is None:
        return go("/login/index.php")
    return go("/my/")


@router.get("/my/")
def my_courses(lms: ThisLms, visit: ThisVisit) -> Response:
    who = visit.someone()
    wanted = select(course.c.id, course.c.fullname, course.c.place).order_by(course.c.id)
    if not who.is_admin:
        wanted = wanted.join(enrolment).where(enrolment.c.person_id == who.id, enrolment.c.suspended.is_(False))
    with lms.store.read() as db:
        return show(lms, visit, "my.html", courses=db.execute(wanted).all())


@router.get("/login/index.php")
def choose(lms: ThisLms, visit: ThisVisit, wants: str = "/") -> Response:
    with lms.store.write() as db:
        visits.keep(db, visit)
        everybody, roles = people.everybody(db), people.roles(db)
        page = show(lms, visit, "login.html", people=everybody, roles=roles, wants=local(wants))
    visits.set_cookie(page, visit)
    return page


@router.post("/login/index.php")
def enter(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    visit.check(form)
    with lms.store.write() as db:
        who = people.find(db, number(form.get("person")))
        if who is None:
            raise Refused("notfound")
        fresh = visits.begin(db, who, visit.language)
    answer = go(local(form.get("wants", "/")))
    visits.set_cookie(answer, fresh)
    return answer


@router.post("/login/logout.php")
def leave(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    visit.check(form)
    with lms.store.write() as db:
        fresh = visits.begin(db, None, visit.language)
    answer = go("/login/index.php")
    visits.set_cookie(answer, fresh)
    return answer


@router.post("/switch.php")
def switch(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """Language, edit mode and phone view are kept with the session, and lead back to where one was."""
    visit.check(form)
    values: dict[str, object] = {name: form[name] == "1" for name in ("editing", "phone") if name in form}
    if form.get("language") in LANGUAGES:
        values["language"] = form["language"]
    if values:
        with lms.store.write() as db:
            visits.change(db, visit, **values)
    return go(local(form.get("back", "/")))
