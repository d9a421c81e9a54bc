"""Course reuse, an activity's settings, and groups: what a teacher does to a course while a training runs."""

from fastapi import APIRouter, Response
from sqlalchemy import select, update

from diklat_lti.demo.lms import completion, course_life, courses, groups, people
from diklat_lti.demo.lms.course_pages import edited
from diklat_lti.demo.lms.courses import Activity
from diklat_lti.demo.lms.forms import Form, number
from diklat_lti.demo.lms.pages import go, show
from diklat_lti.demo.lms.store import Connection
from diklat_lti.demo.lms.tables import course, enrolment, link
from diklat_lti.demo.lms.trouble import Refused
from diklat_lti.demo.lms.visits import ThisLms, ThisVisit, Visit

router = APIRouter()


@router.get("/backup/copy.php")
def reuse(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    with lms.store.read() as db:
        here, place = edited(db, visit, id)
        others = db.execute(select(course.c.id, course.c.fullname).where(course.c.id != id)).all()
    return show(lms, visit, "reuse.html", course=here, place=place, others=others)


@router.post("/backup/copy.php")
def reused(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    """Copy, restore or import; the new course opens."""
    visit.check(form)
    with lms.store.write() as db:
        here, _ = edited(db, visit, number(form.get("id")))
        target = here.id
        if form.get("action") == "copy":
            names = form.get("fullname", "").strip(), form.get("shortname", "").strip()
            target = course_life.copy(db, here, names[0] or here.fullname, names[1] or here.shortname)
        elif form.get("action") == "restore":
            target = course_life.restore(db, here, "users" in form)
        elif form.get("action") == "import":
            source, _ = edited(db, visit, number(form.get("source")))
            course_life.bring_in(db, source.id, here.id)
    return go(f"/course/view.php?id={target}")


@router.get("/course/settings.php")
def settings(lms: ThisLms, visit: ThisVisit, id: int, select: int = 0) -> Response:
    """The activity's content, and its conditions: who may see it, and when it is complete. With `select` the tool's
    picker is open."""
    with lms.store.read() as db:
        found = _activity(db, visit, courses.of_module(db, id))
        here, place = edited(db, visit, found.course_id)
        known, mark = groups.of_course(db, here.id), completion.pass_mark(db, found)
    return show(
        lms, visit, "settings.html", course=here, place=place, activity=found, groups=known, mark=mark,
        selecting=bool(select),
    )  # fmt: skip


@router.post("/course/settings.php")
def set_up(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    visit.check(form)
    rule, mark = completion.asked(form)
    with lms.store.write() as db:
        found = _activity(db, visit, courses.activity(db, number(form.get("activity"))))
        mine = {group.id for group in groups.of_course(db, found.course_id)}
        group_id = number(form.get("group"))
        restricted = update(link).where(link.c.id == found.id)
        db.execute(restricted.values(group_id=group_id if group_id in mine else None))
        completion.require(db, found, rule, mark)
    return go(f"/course/view.php?id={found.course_id}")


@router.get("/group/index.php")
def teams(lms: ThisLms, visit: ThisVisit, id: int) -> Response:
    with lms.store.read() as db:
        here, place = edited(db, visit, id)
        known = groups.of_course(db, id)
        learners = people.members(db, id, enrolment.c.role == "student")
    return show(lms, visit, "groups.html", course=here, place=place, groups=known, learners=learners)


@router.post("/group/index.php")
def team_up(lms: ThisLms, visit: ThisVisit, form: Form) -> Response:
    visit.check(form)
    course_id, group_id, person_id = (number(form.get(name)) for name in ("course", "group", "person"))
    with lms.store.write() as db:
        edited(db, visit, course_id)
        if name := form.get("name", "").strip():
            groups.make(db, course_id, name[:100])
        elif group_id in {group.id for group in groups.of_course(db, course_id)}:
            if people.find(db, person_id) is None:
                raise Refused("notfound")
            groups.put_in(db, group_id, person_id)
    return go(f"/group/index.php?id={course_id}")


def _activity(db: Connection, visit: Visit, found: Activity | None) -> Activity:
    if found is None:
        raise Refused("notfound")
    edited(db, visit, found.course_id)
    return found
