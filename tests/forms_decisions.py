"""The forms of an admin's decisions, right: more time for some, taken back, and about one learner."""

from datetime import timedelta

from sqlalchemy import true

import trained
from diklat_lti.models import Cohort
from diklat_lti.training import extensions
from diklat_lti.training.extensions import Wish
from forms import Good, _of_rina, form
from house import House, Wing
from world import NOW


@form("/manage/{cohort}/extend")
def extend(house: House, language: str) -> Good:
    own, other = (f"/manage/{wing.cohort.id}/extend" for wing in (house.siti, house.candra))
    fields = {"whom": "everybody", "last_day": "2026-12-20", "reason": "Jaringan padam", "letter_number": "12",
              "step": "give"}  # fmt: skip
    return _of_rina(house, language, own, own, other, **fields)


@form("/manage/{cohort}/extend/{ruling}/revoke")
def revoke(house: House, language: str) -> Good:
    mine = f"/manage/{house.siti.cohort.id}/extend"
    own, other = (f"{mine}/{_given(house, wing)}/revoke" for wing in (house.siti, house.candra))
    return _of_rina(house, language, mine, own, other, reason="Salah orang")


def _given(house: House, wing: Wing) -> int:
    day = (trained.END + timedelta(days=5)).date()
    with house.door.db.write() as session:
        of = session.get_one(Cohort, wing.cohort.id)
        extensions.grant(session, of, true(), Wish(day, "Jaringan padam"), None, lambda: NOW)
        return extensions.given(session, of.id, NOW)[0].ruling_id


@form("/manage/{cohort}/people/{enrolment}/decide")
def decide(house: House, language: str) -> Good:
    mine = f"/manage/{house.siti.cohort.id}"
    own, other = (f"{mine}/people/{wing.enrolment.id}/decide" for wing in (house.siti, house.candra))
    fields = {"step": "attempts", "lesson": "", "number": "1", "once": "a", "reason": "HP rusak"}
    return _of_rina(house, language, own, own, other, **fields)
