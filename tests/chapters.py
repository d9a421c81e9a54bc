"""The chapters of the journey in a browser, each as its person lives it: only clicks and typing, from the LMS on."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clicking import SELECTED, Visitor
from diklat_lti.demo import learning

RUN = "Angkatan contoh"
KECAMATAN = "Abung Kunang"


def day(ahead: int = 0) -> str:
    return str((datetime.now(ZoneInfo("Asia/Jakarta")) + timedelta(days=ahead)).date())


def register(ayu: Visitor, invite: str) -> None:
    """The administrator opens the invite by mistake, then pastes it where it belongs; the tool is Pending, then active."""
    ayu.page.goto(invite)
    ayu.click("#main a[href='/lti/config']")
    ayu.log_in("Ayu Wulandari")
    ayu.click("header a[href='/mod/lti/toolconfigure.php']")
    ayu.page.fill("#url", invite)
    ayu.click("form.add button")
    ayu.arrive()
    ayu.press("#main form button")
    if ayu.scripts:
        ayu.press_out("[data-lti-close]")
    else:
        ayu.click("a[data-back]")
    ayu.click("button[value=activate]")
    assert ayu.page.get_attribute(".tool-card", "data-state") == "active"


def pick(hendra: Visitor) -> None:
    """The teacher shows the tool in the chooser, opens the picker in an empty centre, and adds what it becomes."""
    hendra.log_in("Hendra Saputra").course()
    hendra.click(".tabs a[href*=coursetools]")
    hendra.click("button[name=shown][value='1']")
    hendra.course()
    hendra.click("button[name=editing][value='1']")
    open_picker(hendra)
    hendra.press(step("sample"))
    hendra.fill(name=RUN, starts_on=day(-60))
    hendra.press(step("preview"))
    assert hendra.tool.input_value("[name=name]") == RUN
    assert hendra.tool.get_attribute("[name=starts_on]", "aria-invalid") == "true"
    hendra.fill(starts_on=day(1))
    hendra.press(step("preview"))
    hendra.press(step("edit"))
    hendra.fill(starts_on=day())
    hendra.press(step("preview"))
    hendra.press(step("add"))
    hendra.arrive(at=SELECTED)
    hendra.press_out(SELECTED)
    assert RUN in hendra.page.inner_text(".activities")


def open_picker(hendra: Visitor) -> str:
    """From the course in edit mode to the tool's first page."""
    hendra.course()
    hendra.click("a[href*='chooser.php']")
    hendra.click(".cards a")
    hendra.click("a[href*='select=1']")
    return hendra.arrive()


def step(name: str) -> str:
    return f"#main button[name=step][value={name}]"


def welcome(siti: Visitor) -> None:
    """Which kecamatan, in two taps."""
    siti.press("#main a[href$='/welcome']")
    siti.press(f".taps button:has-text('{KECAMATAN}')")


def learn(siti: Visitor, lessons: int, fail_first: bool = False) -> None:
    """So many lessons, each begun at the home's one button."""
    for _ in range(lessons):
        siti.press("#main .status .actions a.button")
        if siti.shown("#main a[href$='/quiz']"):
            siti.press("#main a[href$='/quiz']")
            if fail_first:
                sit(siti, right=False)
                siti.press("#main .actions a[href$='/quiz']")
            sit(siti, right=True)
        else:
            siti.press("#main form[data-work] button")
        if siti.shown(".top nav a"):
            siti.press(".top nav a")


def sit(siti: Visitor, right: bool) -> None:
    """One attempt, from Begin to the result, over the page that says what is unanswered."""
    answers = learning.right_answers()
    siti.press("#main form[data-work] button")
    for question in siti.tool.query_selector_all("[data-question]"):
        good = answers[str(question.get_attribute("data-question"))]
        options = question.query_selector_all("input[name^=q-]")
        chosen = [option for option in options if (option.get_attribute("value") in good) is right]
        for option in chosen if right else chosen[:1]:
            option.check()
        if siti.scripts:
            question.wait_for_selector("[data-mark]:not([hidden])")
    siti.press("button[name=action][value=review]")
    siti.press("button[name=action][value=submit]")
    assert siti.shown(".head .badge.good") is right


def report(visitor: Visitor, person: str) -> str:
    """What the LMS's own gradebook shows the teacher for `person`."""
    visitor.course()
    visitor.click(".tabs a[href*='report/grader']")
    found = visitor.page.query_selector(f"tr:has(th:text-is('{person}')) td data")
    return str(found.get_attribute("value")) if found else ""


def answer_request(hendra: Visitor, name: str, answer: str) -> None:
    """The admin opens the overview and says who `name` is here."""
    hendra.open_activity(RUN)
    assert name in hendra.text
    hendra.press(f"#main button[name=answer][value={answer}]")


def read_guide(siti: Visitor) -> None:
    """The guide of the page's reader opens beside it, and the others are one press away."""
    with siti.page.context.expect_page() as opened:
        siti.tool.click("footer a[href^='/help/']")
    guide = Visitor(opened.value, siti.lms, siti.scripts, framed=False)
    guide.press(".top nav a")
    guide.page.close()


def leave(siti: Visitor) -> None:
    """Signs out; the address that is still in the browser leads back to the course."""
    address = siti.tool.url
    siti.press("form[action='/logout'] button")
    siti.tool.goto(address)


def look_at_the_chain(hendra: Visitor) -> None:
    """The doctor looks at every link, and finds none of them broken."""
    hendra.press("#main a[href$='/doctor']")
    hendra.press("#main form.card button")
    red = hendra.tool.locator(".links .red").count()
    assert red == 0, hendra.text
    hendra.press("a.back-to")


def decide(hendra: Visitor) -> None:
    """From a learner's page: one attempt more, then two days more, for which the name and both ends are shown first."""
    hendra.press("#main a[href$='/decide']")
    hendra.tool.fill("#reason-attempts", "HP rusak")
    hendra.press(step("attempts"))
    assert hendra.shown(".notice.good")
    hendra.press("#main a[href$='/decide']")
    hendra.press("#main a[href*='/extend?of=']")
    hendra.fill(last_day=day(20), reason="Jaringan padam")
    hendra.press(step("preview"))
    assert "Siti Rahmawati" in hendra.text
    hendra.press(step("give"))
    assert hendra.shown(".notice.good")
    hendra.press(".top nav a")
