"""What the demo LMS refuses: a page of Moodle's, or the plain answer that a tool gets."""

PAGES = {
    "sesskey": (403, "Your session has most likely timed out. Please log in again."),
    "invalidrequest": (404, "Invalid request"),
    "notfound": (404, "Can't find data record in database."),
    "nopermission": (403, "Sorry, but you do not currently have permissions to do that."),
    "enrol": (403, "You cannot enrol yourself in this course."),
    "limit": (404, "Exception - Call to a member function out() on null"),
    "maximum": (400, "Maximum grade must be a whole number between 1 and 100."),
    "number": (400, "The grade must be a number."),
    "rescale": (400, "You must choose whether to rescale existing grades or not."),
    "signature": (404, "Invalid signature"),
    "grader": (403, "Sorry, but you do not currently have permissions to do that (View grader report)."),
    "tool": (404, "Incorrect tool configuration"),
}


class Refused(Exception):  # noqa: N818 - what happened to the reader
    """A person is told no: `reason` is a key of PAGES, or `login` for someone who has not said who they are."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Declined(Exception):  # noqa: N818 - what happened to the request
    """A tool is told no on a service: Moodle's status and reason. `body` None means Moodle's error object."""

    def __init__(self, status: int, reason: str, body: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.body = body
