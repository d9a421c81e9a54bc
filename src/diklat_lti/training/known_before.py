"""One look at everything that may be known of a launch already: its person, course, link, enrolment and browser's session."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, literal, select

from diklat_lti.models.cohort import Cohort, Placement
from diklat_lti.models.grade import GradeDelivery
from diklat_lti.models.people import BrowserSession, Course, Member, Person
from diklat_lti.models.progress import Enrolment
from diklat_lti.training import placements, verdict
from diklat_lti.training.arrival import Arrival, ArrivedBrowser


def look(connection: Connection, arrival: Arrival, browser: ArrivedBrowser, real_now: datetime) -> Any:
    """One row with everything that may be known already."""
    who = {
        "platform": arrival.platform_id,
        "sub": arrival.sub,
        "context": arrival.course.context_id if arrival.course else None,
        "deployment": arrival.deployment_row,
        "link": arrival.link.resource_link_id if arrival.link else None,
        "session": browser.session,
        "real_now": real_now,
    }
    return connection.execute(_LOOK, who).one()


def _look_statement() -> Select[*tuple[Any, ...]]:
    """Outer joins, so that a row always comes."""
    p, c, l, m, e, b = Person, Course, Placement, Member, Enrolment, BrowserSession  # noqa: E741
    one = select(literal(1).label("one")).subquery()
    link = and_(
        l.deployment_id == bindparam("deployment"), l.course_id == c.id, l.resource_link_id == bindparam("link")
    )
    alive = and_(b.ended_at.is_(None), b.expires_at > bindparam("real_now"))
    d = GradeDelivery
    turned_away = exists().where(d.enrolment_id == e.id, d.outcome == "stopped", d.answer == verdict.NOT_ENROLLED)
    return (
        select(
            p.id.label("person_id"), p.name, p.given_name, p.family_name, p.email,
            c.id.label("course_id"), c.title, c.label.label("label"), c.lineitems_url, c.memberships_url,
            l.id.label("placement_id"), l.cohort_id, l.module_key, l.picked_uuid, Cohort.rules_seq,
            m.course_id.label("member"), m.instructor_at, m.learner_at, m.marked,
            e.id.label("enrolment_id"), e.grace_end_at.label("enrolment_ends"), turned_away.label("turned_away"),
            placements.ITEM_URL.label("item_url"), b.id.label("session_id"), b.expires_at.label("session_ends"),
        )
        .select_from(one)
        .outerjoin(p, and_(p.platform_id == bindparam("platform"), p.sub == bindparam("sub")))
        .outerjoin(c, and_(c.platform_id == bindparam("platform"), c.context_id == bindparam("context")))
        .outerjoin(l, link)
        .outerjoin(Cohort, Cohort.id == l.cohort_id)
        .outerjoin(m, and_(m.course_id == c.id, m.person_id == p.id))
        .outerjoin(e, and_(e.cohort_id == l.cohort_id, e.person_id == p.id))
        .outerjoin(placements.ITEM, placements.ITEM.placement_id == l.id)
        .outerjoin(b, and_(b.name_hash == bindparam("session"), b.person_id == p.id, alive))
    )  # fmt: skip


_LOOK = _look_statement()
