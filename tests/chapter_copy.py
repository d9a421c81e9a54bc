"""Chapters of the journey after the gradebook: from a grade back to the work, another content, the course that is copied."""

from chapters import RUN, day, step
from clicking import SELECTED, Visitor


def review(hendra: Visitor) -> str:
    """*Grade analysis* of Siti's grade in the grader report; returns whose work the tool shows."""
    hendra.course()
    hendra.click(".tabs a[href*='/grade/report/grader/']")
    hendra.click("tr:has(th:text-is('Siti Rahmawati')) a[href*='/mod/lti/grade.php']")
    return hendra.arrive()


def other_content(hendra: Visitor, name: str) -> str:
    """*Select content* in the settings of the activity: it is still the only one, and leads to another run; its first words."""
    hendra.course()
    there = hendra.page.get_attribute(f".activities a:has-text('{RUN}')", "href")
    hendra.click("a[href*='/course/settings.php']")
    hendra.click("a[href*='select=1']")
    hendra.arrive()
    hendra.fill(name=name, starts_on=day())
    hendra.press(step("preview"))
    hendra.press(step("add"))
    hendra.arrive(at=SELECTED)
    hendra.press_out(SELECTED)
    assert hendra.page.get_attribute(f".activities a:has-text('{name}')", "href") == there
    return hendra.open_activity(name)


def copy_course(hendra: Visitor) -> str:
    """The copy's activity opens nothing until its teacher says what, from the picker; returns what it opens then."""
    hendra.course()
    hendra.click(".tabs a[href*='/backup/copy.php']")
    hendra.click("button[name=action][value=copy]")
    copy = hendra.page.url
    hendra.click(f".activities a:has-text('{RUN}')")
    assert hendra.arrive() != RUN
    hendra.page.goto(copy)
    hendra.click(".tabs a[href*=coursetools]")
    hendra.click("button[name=shown][value='1']")
    hendra.page.goto(copy)
    for link in ("a[href*='chooser.php']", ".cards a", "a[href*='select=1']"):
        hendra.click(link)
    hendra.arrive()
    hendra.press("#main a[href^='/manage/copied/']")
    assert RUN in hendra.text, "Hendra administers the old run, too"
    hendra.press(step("preview"))
    hendra.press(step("edit"))
    hendra.fill(name="Angkatan salinan")
    hendra.press(step("preview"))
    hendra.press(step("make"))
    assert hendra.shown(".notice.good")
    hendra.press(step("cancel"))
    hendra.arrive("main.popup h1")
    hendra.page.goto(copy)
    hendra.click(f".activities a:has-text('{RUN}')")
    return hendra.arrive()
