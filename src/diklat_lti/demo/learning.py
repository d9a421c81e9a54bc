"""A learner's part of the journey: every lesson read, every quiz answered right, as the pages offer it."""

from collections.abc import Iterator

from diklat_lti.content import samples
from diklat_lti.content.folder import check
from diklat_lti.demo.browser import Broken, Browser, Page


def learn(browser: Browser, home: Page) -> Iterator[str]:
    """Goes through the lessons of the start page in their order; yields what each came to."""
    lessons = list(dict.fromkeys(home.url_of(link.href) for link in home.links if "/lessons/" in link.href))
    if not lessons:
        raise Broken(f"{home.url} shows no lesson: {home.text[:300]}")
    answers = right_answers()
    for address in lessons:
        page = browser.get(address)
        title = page.headings[0]
        quiz = next((page.url_of(link.href) for link in page.links if link.href.endswith("/quiz")), None)
        if quiz is None:
            browser.submit(page, page.form("event"))
            yield f"read {title}"
        else:
            yield f"answered {_sit(browser, browser.get(quiz), answers)}"
    done = browser.get(home.url)
    if not any(word in done.text for word in ("4 dari 4", "4 of 4")):
        raise Broken(f"learn: not everything is done: {done.text[:300]}")


def _sit(browser: Browser, page: Page, answers: dict[str, list[str]]) -> str:
    """One attempt, from Begin to the result."""
    questions = browser.submit(page, page.form("attempt"))
    form = questions.form("asked")
    given = {name: answers[name.removeprefix("q-")] for name in form.choices if name.startswith("q-")}
    review = browser.submit(questions, form, given, button="review")
    result = browser.submit(review, review.form("submit"), button="submit")
    return result.headings[0]


def right_answers() -> dict[str, list[str]]:
    """question → the right choices, from the sample's own files: no page tells them."""
    program = check(samples.path("p2k2")).program
    assert program is not None
    quizzes = [body for (_, kind), body in program.contents.items() if kind == "quiz"]
    return {
        question["key"]: [answer["key"] for answer in question["answers"] if answer["correct"]]
        for body in quizzes
        for question in body["questions"]
    }
