"""Why a score is not in the gradebook yet, in a sentence, and what helps: one line for each word of `answers.py`."""

from dataclasses import dataclass

from diklat_lti.errors import Sentence, say


@dataclass(frozen=True)
class Reason:
    sentence: Sentence
    advice: Sentence | None = None
    """None: it goes on by itself, nobody has to do anything."""


REASONS = {
    "stored": Reason(say("Recorded in the gradebook.")),
    "read_back": Reason(say("Recorded in the gradebook.")),
    "nothing": Reason(say("There is no score to send.")),
    "not_enrolled": Reason(
        say("The LMS does not accept a grade for this person in this course."),
        say("Enrol this person as a student in the course, then send again."),
    ),
    "locked": Reason(
        say("The LMS refuses this person's grade again and again; it may be locked there."),
        say("Unlock the grade in the gradebook, then send again."),
    ),
    "no_access": Reason(
        say("The LMS does not let us write into this course's gradebook."),
        say("Ask the LMS's admin to let the tool work in this course, then send again."),
    ),
    "no_item": Reason(
        say("The grade item is not in the LMS any more, or we cannot find it."),
        say("Open the activity once from the course, then send again."),
    ),
    "newer_in_lms": Reason(
        say("The gradebook holds a newer grade that is not from us. We leave it as it is."),
        say("Look in the gradebook which of the two is right."),
    ),
    "inherited": Reason(
        say("The gradebook holds a better grade from before this run. We leave it as it is."),
        say("If the score of this run is to take its place, press “Send again”."),
    ),
    "unread": Reason(
        say("The gradebook holds something as new as ours, and we may not read it."),
        say("Look in the gradebook whether it is right."),
    ),
    "refused": Reason(
        say("The LMS refused the score and did not say why."), say("Ask the LMS's admin, then send again.")
    ),
    "withdrawn": Reason(say("This grade item was withdrawn; nothing is sent to it.")),
    "no_account": Reason(say("This person has no account in the LMS; there is nowhere to send a grade.")),
    "no_gradebook": Reason(
        say("The LMS has not told us where this course's gradebook is."),
        say("Ask the LMS's admin to accept grades from the tool, then open the activity once from the course."),
    ),
    "no_scope": Reason(
        say("The LMS does not permit the tool to send grades."),
        say("Ask the LMS's admin to switch grade sync on for the tool."),
    ),
    "no_token": Reason(
        say("The LMS does not let the tool sign in."),
        say("Ask the LMS's admin whether the tool is active there and whether the LMS can reach it."),
    ),
    "unauthorised": Reason(
        say("The LMS turns our requests away as not signed in."),
        say("Ask the LMS's admin whether its web server passes the Authorization header on."),
    ),
    "forbidden": Reason(
        say("The LMS has an address that the tool may not call."), say("Ask the operator of the tool.")
    ),
    "firewall": Reason(
        say("Something in front of the LMS turns our requests away."), say("Ask the LMS's admin about its firewall.")
    ),
    "login_page": Reason(
        say("The LMS answered with a web page instead of storing the score. We try again."),
        say("If it stays so, ask the LMS's admin about its firewall."),
    ),
    "redirected": Reason(
        say("The LMS sent us to another address. We try again."),
        say("Ask the LMS's admin whether its address changed."),
    ),
    "unreadable": Reason(say("The LMS gave an answer that we do not understand. We try again.")),
    "refused_silently": Reason(say("The LMS did not store the score. We try again.")),
    "perhaps_locked": Reason(say("The LMS could not store this score. We try again.")),
    "busy": Reason(say("The LMS is busy. We try again.")),
    "down": Reason(say("The LMS is out of order or in maintenance. We try again.")),
    "unreachable": Reason(say("The LMS cannot be reached. We try again.")),
    "no_answer": Reason(say("The LMS did not answer in time. We look whether the score arrived, then go on.")),
    "unclear": Reason(say("The LMS's answer was unclear. We look whether the score arrived, then go on.")),
    "our_fault": Reason(
        say("Something went wrong in the tool. We try again."), say("If it stays so, tell the operator of the tool.")
    ),
}
WAITING = Reason(say("Not sent yet. It goes by itself."))


def explain(word: str | None) -> Reason:
    """What `GradeDelivery.answer` means; None: nothing was tried since the decision."""
    return REASONS.get(word or "", WAITING)
