"""The doctor's forms, each as its admin Rina sends it; `foreign` names an LMS or a run of Candra's centre."""

from sqlalchemy import update

from diklat_lti.models import Registration
from estate import estate
from forms import Good, form
from house import House
from world import NOW


def one_registration(house: House) -> None:
    """The wings' grade columns bring registrations of LMSs that are not there; the doctor looks at the newest in use."""
    with house.door.db.write() as session:
        others = Registration.issuer != house.door.platform.issuer
        session.execute(update(Registration).where(others).values(disabled_at=NOW))


@form("/manage/{cohort}/doctor")
def look_of_cohort(house: House, language: str) -> Good:
    one_registration(house)
    own, other = (f"/manage/{wing.cohort.id}/doctor" for wing in (house.siti, house.candra))
    rina = house.browser(house.siti.admin, house.siti, language)
    rina.get(own)
    return Good(own, {**rina.form(own), "write": "1"}, rina, other)


@form("/centre/doctor/{platform}")
def look_of_centre(house: House, language: str) -> Good:
    """Of the LMS on which both centres have courses; the other one is Candra's alone."""
    one_registration(house)
    here, there = estate(house, house.siti), estate(house, house.candra)
    rina = here.boss(language)
    own = f"/centre/doctor/{here.wing.course.platform_id}"
    rina.get(own)
    return Good(own, rina.form(own), rina, f"/centre/doctor/{there.platform.id}")
