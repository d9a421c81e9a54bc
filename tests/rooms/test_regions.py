"""The regions that ship with the program: loaded once, renamed when they change, only kecamatan are offered."""

from diklat_lti.database import Database
from diklat_lti.models import Region
from diklat_lti.training import regions


def test_loading_twice_gives_the_same_23_kecamatan_below_kabupaten_and_province(db: Database) -> None:
    for _ in range(2):
        with db.write() as session:
            assert regions.load_shipped(session) == 25
    with db.read() as session:
        offered = regions.kecamatan(session)
        assert session.get_one(Region, "18.03").name == "Lampung Utara"
        assert session.get_one(Region, "18").name == "Lampung"
    assert len(offered) == 23
    assert set(offered) == {f"18.03.{n:02}" for n in range(1, 24)}
    assert list(offered.values()) == sorted(offered.values())


def test_a_renamed_region_takes_its_new_name(db: Database) -> None:
    with db.write() as session:
        session.add(Region(code="18.03.02", name="Kota Bumi", source="an older list"))
    with db.write() as session:
        regions.load_shipped(session)
    with db.read() as session:
        assert regions.kecamatan(session)["18.03.02"] == "Kotabumi"
