"""The chapter of a centre's admin: Hendra gets a code, looks at everything, connects a second LMS, names somebody."""

import world
from chapters import RUN
from clicking import Visitor
from diklat_lti.models import Centre
from diklat_lti.training import centre_codes
from estate import lms
from stage import Stage


def lead(stage: Stage, hendra: Visitor) -> None:
    hendra.open_activity(RUN)
    enter_code(stage, hendra, 1)
    assert "LMS contoh" in hendra.text
    connect(hendra)
    name_somebody(hendra)
    hendra.press(".top nav a[href$='/courses']")
    hendra.press("#main a[href^='/manage/']")
    hendra.press(".top nav a[href^='/centre/']")
    with stage.db.write() as session:
        second = world.centre(session, name="BBPPKS kedua").id
    enter_code(stage, hendra, second)
    hendra.press(".top nav a[href='/centre']")
    hendra.press("#main a[href='/centre/1']")


def enter_code(stage: Stage, hendra: Visitor, centre_id: int) -> None:
    """A wrong one first."""
    with stage.db.write() as session:
        assert session.get(Centre, centre_id)
        code = centre_codes.make(session, stage.settings.secret_keys, centre_id, stage.clock.real_now())
    hendra.press("#main a[href='/centre/code']")
    hendra.fill(code="tidak tahu")
    hendra.press("button[value=look]")
    hendra.fill(code=code.lower())
    hendra.press("button[value=look]")
    hendra.press("button[value=confirm]")


def connect(hendra: Visitor) -> None:
    """By an invite, which is revoked again, and by hand: another client of the same LMS. It is switched off and on, and
    might go on with the history of the first."""
    hendra.press("#main a[href$='/invites']")
    hendra.fill(name="LMS Lampung")
    hendra.press("#main form[novalidate] button")
    assert "/lti/register?invite=" in hendra.text
    hendra.press("#main a.button")
    hendra.press("#main form[action$='/revoke'] button")
    hendra.press(".top nav a")
    hendra.press("#main a[href$='/platforms/new']")
    shown = lms(hendra.lms)
    hendra.fill(**shown | {"name": "LMS kedua", "token_url": "x"})
    hendra.press("#main form button")
    assert hendra.tool.get_attribute("[name=token_url]", "aria-invalid") == "true"
    hendra.fill(token_url=shown["token_url"])
    hendra.press("#main form button")
    hendra.press("#main a.button")
    card = "section:has(h2:has-text('LMS kedua'))"
    hendra.tool.click(f"{card} summary")
    hendra.press(f"{card} button[value=disabled] >> nth=-1")
    hendra.tool.click(f"{card} summary")
    hendra.press(f"{card} button[value=enabled]")
    hendra.tool.click(f"{card} summary")
    hendra.press(f"{card} a[href$='/join']")
    hendra.press("button[value=look]")
    hendra.press("#main a.button")


def name_somebody(hendra: Visitor) -> None:
    hendra.press(".top nav a[href$='/people']")
    hendra.fill(q="Budi")
    hendra.press("form[role=search] button")
    hendra.press("#main button[value=author]")
    hendra.press("tr:has-text('Penyusun materi') button, tr:has-text('Author') button")
