"""A training centre by its number, for whoever was told one: the operator at the command line, a platform that is added."""

from sqlalchemy.orm import Session

from diklat_lti.errors import Kind, Problem, say
from diklat_lti.models.centre import Centre


def find(session: Session, centre_id: int) -> Centre:
    centre = session.get(Centre, centre_id)
    if centre is None:
        sentence = say("There is no centre %(id)s.", id=centre_id)
        raise Problem(Kind.NOT_FOUND, "no_such_centre", sentence, say("See: diklat-lti centre list"))
    return centre
