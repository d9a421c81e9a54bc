"""The steps of the whole journey, each as its person does it: over HTTP, by the links and forms that are served."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from diklat_lti.demo.browser import Broken, Browser, Page

ADMIN, TEACHER, LEARNER = "Ayu Wulandari", "Hendra Saputra", "Siti Rahmawati"


@dataclass
class Journey:
    """Two addresses, and a browser for each person."""

    tool: str
    lms: str
    invite: str
    browsers: dict[str, Browser] = field(default_factory=dict)

    def browser(self, who: str) -> Browser:
        """Logged in to the LMS as `who`."""
        if who not in self.browsers:
            browser = Browser()
            page = browser.get(f"{self.lms}/login/index.php")
            browser.submit(page, page.form("person"), button=who)
            self.browsers[who] = browser
        return self.browsers[who]


def register(journey: Journey) -> str:
    """The site administrator pastes the one-time address under Manage tools; the tool opens in a frame and connects."""
    browser = journey.browser(ADMIN)
    tools = browser.get(f"{journey.lms}/mod/lti/toolconfigure.php")
    opened = browser.submit(tools, tools.form("toolconfigure", "url"), {"url": journey.invite})
    asked = browser.open_frame(opened)
    done = browser.submit(asked, asked.form("/lti/register"), dest="iframe")
    return done.headings[0]


def activate(journey: Journey) -> str:
    """The tool stands as Pending until the administrator presses Activate."""
    browser = journey.browser(ADMIN)
    tools = browser.get(f"{journey.lms}/mod/lti/toolconfigure.php")
    browser.submit(tools, tools.form("activate"), button="activate")
    return "active"


def offer(journey: Journey) -> str:
    """The teacher switches the tool on in the activity chooser of the course."""
    browser = journey.browser(TEACHER)
    tools = browser.get(_course(journey, browser).link("coursetools.php"))
    browser.submit(tools, tools.form("shown"), {}, button="shown")
    return "in the activity chooser"


def add(journey: Journey) -> str:
    """The teacher picks the training with Select content, and saves what comes back."""
    browser = journey.browser(TEACHER)
    course = _course(journey, browser)
    if not any("chooser.php" in link.href for link in course.links):
        course = browser.submit(course, course.form("editing"), button="editing")
    chooser = browser.get(course.link("chooser.php"))
    adding = browser.get(browser.get(chooser.link("typeid=")).link("select=1"))
    picker = browser.press_on(browser.open_frame(adding))
    if any("sample" in b for form in picker.forms for b in form.buttons):
        picker = browser.submit(picker, picker.form("sample"), button="sample", dest="iframe")
    shown = browser.submit(picker, picker.form("starts_on"), _today(picker), button="preview", dest="iframe")
    answer = browser.submit(shown, shown.form("add"), button="add", dest="iframe")
    selected = browser.press_on(answer)
    course = browser.submit(selected, selected.form("selection"))
    return next(link.text for link in course.links if "/mod/lti/view.php" in link.href)


def _today(picker: Page) -> dict[str, str]:
    """The run begins today, so that its learners can work at once; everything else stays as proposed."""
    form = picker.form("starts_on")
    zone = dict(form.fields)["zone"]
    return {"starts_on": datetime.now(ZoneInfo(zone)).date().isoformat(), "name": "Angkatan contoh"}


def _course(journey: Journey, browser: Browser) -> Page:
    return browser.get(browser.get(f"{journey.lms}/my/").link("/course/view.php"))


def launch(journey: Journey, who: str = LEARNER) -> Page:
    """A learner opens the activity; the tool appears in its frame."""
    browser = journey.browser(who)
    course = _course(journey, browser)
    activity = browser.get(course.link("/mod/lti/view.php"))
    return browser.press_on(browser.open_frame(activity))


def grade(journey: Journey, who: str = LEARNER) -> str:
    """The number in the gradebook, read off the teacher's grader report; empty while there is none."""
    browser = journey.browser(TEACHER)
    report = browser.get(_course(journey, browser).link("/grade/report/grader/index.php"))
    row = next((row for row in report.rows if row and row[0] == who), None)
    if row is None:
        raise Broken(f"{report.url} has no row for {who}")
    return "" if row[1].startswith("-") else row[1].split()[0]
