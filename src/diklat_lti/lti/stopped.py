"""What an LMS means when it answers a sign-in with an `error` (OpenID Connect's words), said to the one who waits for a page."""

from diklat_lti.errors import Kind, Problem, Sentence, say
from diklat_lti.lti.claims import TELL_ADMIN

SIGN_IN_AGAIN = frozenset({"login_required", "interaction_required", "account_selection_required", "consent_required"})
LATER = frozenset({"server_error", "temporarily_unavailable"})


def problem(error: str) -> Problem:
    """One reason for the doctor, whatever the LMS wrote; its own text is not shown."""
    sentence, advice = _words(error)
    return Problem(Kind.UNTRUSTED, "platform_error", sentence, advice)


def _words(error: str) -> tuple[Sentence, Sentence]:
    if error in SIGN_IN_AGAIN:
        return (
            say("Your sign-in at the LMS has ended."),
            say("Sign in to your LMS again, then open the activity from your course."),
        )
    if error == "access_denied":
        return (
            say("Your LMS does not let this account open the activity."),
            say(
                "Look whether you are signed in there with your own account. If you are, tell the admin of your course."
            ),
        )
    if error in LATER:
        return (
            say("Your LMS cannot sign you in right now."),
            say("Open the activity again from your course in a few minutes."),
        )
    return say("Your LMS stopped the sign-in."), TELL_ADMIN
