"""Regions by their Kemendagri codes: the kecamatan that ship with the program, and which ones a learner may choose."""

import csv
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diklat_lti.database import WriteSession
from diklat_lti.models.centre import Region

SHIPPED = Path(__file__).parent / "region_files"
SOURCE = "Kode dan data wilayah administrasi pemerintahan, Kementerian Dalam Negeri"
ABOVE = {"18": "Lampung", "18.03": "Lampung Utara"}
"""The province and the kabupaten that the shipped kecamatan lie in."""
KECAMATAN_LENGTH = len("18.03.01")


def load_shipped(session: WriteSession) -> int:
    """Adds the regions that ship with the program, or renames them; returns how many there are. Run by every `migrate`."""
    shipped = dict(ABOVE)
    for file in sorted(SHIPPED.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            shipped |= {row["code"]: row["name"] for row in csv.DictReader(lines)}
    known = {region.code: region for region in session.scalars(select(Region).where(Region.code.in_(shipped)))}
    for code, name in shipped.items():
        if code in known:
            known[code].name = name
        else:
            session.add(Region(code=code, name=name, source=SOURCE))
    return len(shipped)


def kecamatan(session: Session) -> dict[str, str]:
    """Code → name of every kecamatan, by name: what "Kecamatan tugas Anda?" offers."""
    r = Region
    found = session.execute(
        select(r.code, r.name).where(func.length(r.code) == KECAMATAN_LENGTH).order_by(r.name, r.code)
    )
    return {row.code: row.name for row in found}
