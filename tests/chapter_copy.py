"""Chapters of the journey after the gradebook: from a grade back to the work behind it, and the course that is copied."""

from chapters import RUN, step
from clicking import Visitor


def review(hendra: Visitor) -> str:
    """*Grade analysis* of Siti's grade in the grader report; returns whose work the tool shows."""
    hendra.course()
    hendra.click(".tabs a[href*='/grade/report/grader/']")
    hendra.click("tr:has(th:text-is('Siti Rahmawati')) a[href*='/mod/lti/grade.php']")
    return hendra.arrive()


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
