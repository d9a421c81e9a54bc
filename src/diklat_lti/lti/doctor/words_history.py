"""What the doctor says of what has come and gone: names, picker, launches, grades, frames; and of what was not looked at."""

from diklat_lti.errors import say
from diklat_lti.lti.doctor.word import Word, Words

PRIVACY = say(
    "In Moodle: Site administration > Plugins > Activity modules > External tool > Manage tools > the gear on the tool's "
    "card > Privacy > Share launcher's name with tool, Share launcher's email with tool > Always."
)

OF_HISTORY: Words = {
    "names": {
        "both": Word("green", say("Names and e-mail addresses arrive.")),
        "no_email": Word("amber", say("Names arrive, e-mail addresses do not. The tool works without them."), PRIVACY),
        "no_names": Word("amber", say("No names arrive. The tool works, but its lists show no names."), PRIVACY),
        "nobody": Word("grey", say("Nobody has come in the last 30 days.")),
    },
    "picker": {
        "offered": Word("green", say("Somebody has opened the picker from a course.")),
        "never": Word(
            "red",
            say("Nobody has opened the picker yet: the tool is perhaps not shown in the activity chooser."),
            say(
                "In Moodle: the course > More > LTI External tools > Show in activity chooser. Then Add an activity or "
                "resource > Diklat > Select content."
            ),
        ),
    },
    "launch": {
        "well": Word("green", say("The last launch was let in; refused in the last 7 days: %(refused)s.")),
        "only_refusals": Word(
            "red",
            say("Since the last good launch %(refused)s were refused, most for the same reason."),
            say("docs/security.md says of each reason what it means and what helps."),
        ),
        "some_refused": Word(
            "amber",
            say("In the last 7 days %(refused)s launches were refused, most for the same reason."),
            say("docs/security.md says of each reason what it means and what helps."),
        ),
    },
    "grade": {
        "arrived": Word("green", say("The last grade stands in the gradebook.")),
        "no_worker": Word(
            "red",
            say("Grades wait, and nothing sends them."),
            say("Start diklat-lti worker on the tool's server, or restart it."),
        ),
        "stuck": Word(
            "red",
            say("The last grade did not get into the gradebook."),
            say("Mend what docs/grades.md says of this answer, then run: diklat-lti grades retry"),
        ),
        "some_wait": Word(
            "amber",
            say("Grades that are not in the gradebook yet: %(waiting)s."),
            say("Open the run's overview; beside each learner stands what helps."),
        ),
        "none_yet": Word("grey", say("No grade has been due yet.")),
    },
    "frame": {
        "inside": Word(
            "green", say("Of %(total)s launches in the last 30 days %(framed)s opened inside the course page.")
        ),
        "many_tabs": Word(
            "amber",
            say("Of %(total)s launches in the last 30 days %(tabs)s had to open a tab of their own."),
            say(
                "Many browsers there keep no cookies in frames. In Moodle: the gear on the tool's card > Default launch "
                "container > New window."
            ),
        ),
        "none_yet": Word("grey", say("Nobody has come in the last 30 days.")),
    },
}

EVERYWHERE: dict[str, Word] = {
    "no_answer": Word(
        "red",
        say("The LMS did not answer in time."),
        say("Look again in some minutes; if it stays so, ask the LMS's administrators."),
    ),
    "no_time": Word("grey", say("The time of this look was over before its turn came."), say("Look again.")),
    "our_fault": Word(
        "grey", say("Something went wrong in the tool while it looked."), say("Tell the operator of the tool.")
    ),
}
"""What may be found of any link."""
