"""`diklat-lti centre`: the training centres that share this installation."""

from typing import TYPE_CHECKING

import click

from diklat_lti.cli.speaking import InOrder, as_json, opened, show, spoken

if TYPE_CHECKING:
    from diklat_lti.training import centre_courses, centre_staff

identity = click.argument("centre_id", type=int, metavar="ID")
person = click.argument("person_id", type=int, metavar="PERSON")


@click.group(cls=InOrder)
def centre() -> None:
    """The training centres that share this installation.

    Programs and platforms belong to a centre, and one centre sees nothing of another. The first LMS makes one by itself;
    more are needed only where several centres share one installation.

    A centre admin administers the trainings of all its courses, and its LMSs. The first one is named by a one-time code
    (`invite`) or by number (`grant`). Whoever adds a training to a course is an admin of that course without being named.
    """


@centre.command("add")
@click.argument("name")
@spoken
def centre_add(name: str) -> None:
    """Makes a new centre, and prints its number.

    \b
    Example:
      diklat-lti centre add "BBPPKS Bandung"
    """
    from diklat_lti.models import Centre

    with opened() as (_chosen, db, now), db.write() as session:
        made = Centre(name=name, created_at=now)
        session.add(made)
        session.flush()
        click.echo(f"Centre {made.id} is made.")


@centre.command("list")
@as_json
@spoken
def centre_list(as_json: bool) -> None:
    """Centres with their numbers.

    \b
    Example:
      diklat-lti centre list
    """
    from sqlalchemy import select

    from diklat_lti.models import Centre

    with opened() as (_chosen, db, _now), db.read() as session:
        rows = [{"id": id_, "name": name} for id_, name in session.execute(select(Centre.id, Centre.name))]
        show(rows, as_json, lambda row: f"{row['id']}  {row['name']}")


@centre.command("invite")
@identity
@spoken
def centre_invite(centre_id: int) -> None:
    """Prints a one-time code that makes whoever enters it an admin of the centre.

    They open the tool from a course as a teacher, press "I have a code", and confirm. It is good for seven days and once;
    after five wrong tries it is worth nothing. Give it to that one person, by another way than the address of the course.

    \b
    Example:
      diklat-lti centre invite 1
    """
    from diklat_lti.training import centre_codes

    with opened() as (chosen, db, now):
        with db.write() as session:
            code = centre_codes.make(session, chosen.secret_keys, centre_id, now)
        click.echo(code)


@centre.command("staff")
@identity
@as_json
@spoken
def staff_of_centre(centre_id: int, as_json: bool) -> None:
    """Who works in a centre, with their numbers and roles.

    That is whoever opened the tool as a teacher in one of its courses, or holds a role there.

    \b
    Example:
      diklat-lti centre staff 1
    """
    from diklat_lti.training import centre_staff

    with opened() as (_chosen, db, now), db.read() as session:
        show(centre_staff.people(session, centre_id, now), as_json, _staff_line)


def _staff_line(row: "centre_staff.StaffLine") -> str:
    return f"{row.id}  {row.name or '–'}  {row.email or '–'}  {', '.join(row.roles) or 'no role'}"


@centre.command("grant")
@identity
@person
@spoken
def centre_grant(centre_id: int, person_id: int) -> None:
    """Makes a person an admin of all courses of a centre.

    Their number stands in `centre staff`, once they have opened the tool as a teacher. From the first centre admin on,
    only centre admins and authors install programs from the picker.

    \b
    Example:
      diklat-lti centre grant 1 17
    """
    from diklat_lti.training import centre_roles

    with opened() as (_chosen, db, now), db.write() as session:
        centre_roles.name_admin(session, centre_id, person_id, now)


@centre.command("revoke")
@identity
@person
@spoken
def centre_revoke(centre_id: int, person_id: int) -> None:
    """Takes that back; roles in single courses stay.

    \b
    Example:
      diklat-lti centre revoke 1 17
    """
    from diklat_lti.training import centre_roles

    with opened() as (_chosen, db, now), db.write() as session:
        centre_roles.dismiss_admin(session, centre_id, person_id, now)


@centre.command("courses")
@identity
@as_json
@spoken
def courses_of_centre(centre_id: int, as_json: bool) -> None:
    """The courses of a centre with their numbers and runs.

    \b
    Example:
      diklat-lti centre courses 1
    """
    from diklat_lti.training import centre_courses

    with opened() as (_chosen, db, _now), db.read() as session:
        show(centre_courses.every(session, centre_id), as_json, _course_line)


def _course_line(row: "centre_courses.CourseLine") -> str:
    return f"{row.id}  {row.title or row.label or '–'}  runs: {', '.join(run.name for run in row.runs) or 'none'}"


@centre.command("assign")
@click.argument("course_id", type=int, metavar="COURSE")
@click.argument("centre_id", type=int, metavar="CENTRE")
@spoken
def centre_assign(course_id: int, centre_id: int) -> None:
    """Gives a course to another centre.

    Its runs, learners and the roles that are bound to it go along; its runs keep their programs. From then on the centre
    that had it sees nothing of it. The number of the course stands in `centre courses`.

    \b
    Example:
      diklat-lti centre assign 12 2
    """
    from diklat_lti.training import centre_courses

    with opened() as (_chosen, db, now), db.write() as session:
        centre_courses.assign(session, course_id, centre_id, None, now)
