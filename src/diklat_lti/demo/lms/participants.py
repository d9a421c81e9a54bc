"""Participants: who is in the course, suspend and unenrol."""

from fastapi import APIRouter, Response
from sqlalchemy import delete, update

from diklat_lti.demo.lms import courses, gradebook, people
from diklat_lti.demo.lms.course_pages import edited
from diklat_lti.demo.lms.forms import Form, number
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.tables import enrolment
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit

router = APIRouter(prefix="/user")


@router.get("/index.php")
def participants(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    with lms.store.read() as db:
        course, place = courses.enter(db, visit.someone(), id)
        found = people.members(db, id)
    listed = found if place.teaches else [one for one in found if not one.suspended]
    return show(lms, visit, "participants.html", course=course, place=place, members=listed)


@router.post("/index.php")
def decide(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    visit.check(form)
    course_id, person_id = number(form.get("course")), number(form.get("person"))
    mine = (enrolment.c.course_id == course_id) & (enrolment.c.person_id == person_id)
    with lms.store.write() as db:
        edited(db, visit, course_id)
        if form.get("action") == "unenrol":
            db.execute(delete(enrolment).where(mine))
            gradebook.forget(db, person_id, course_id)
        else:
            db.execute(update(enrolment).where(mine).values(suspended=form.get("action") == "suspend"))
    return go(f"/user/index.php?id={course_id}")
