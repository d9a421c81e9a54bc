"""What the doctor says of an LMS's services: permissions, headers, gradebook columns, participants."""

from diklat_lti.errors import Sentence, say
from diklat_lti.lti.doctor.word import Word, Words

GRADE_SYNC = say(
    "In Moodle: Site administration > Plugins > Activity modules > External tool > Manage tools > the gear on the tool's "
    "card > Services > IMS LTI Assignment and Grade Services > Use this service for grade sync and column management."
)
MEMBERS = say(
    "In Moodle: Site administration > Plugins > Activity modules > External tool > Manage tools > the gear on the tool's "
    "card > Services > IMS LTI Names and Role Provisioning > Use this service to retrieve members' information as per "
    "privacy settings."
)
IN_THIS_COURSE = say(
    "In Moodle: the course > More > LTI External tools > Show in activity chooser; and the activity must still be in the "
    "course."
)


def permission(granted: Sentence, refused: Sentence, advice: Sentence) -> dict[str, Word]:
    return {"granted": Word("green", granted), "refused": Word("red", refused, advice)}


OF_SERVICES: Words = {
    "scope_score": permission(
        say("We may send grades."), say("The LMS does not permit the tool to send grades."), GRADE_SYNC
    ),
    "scope_result": permission(
        say("We may read back the grades that we sent."),
        say("The LMS does not permit the tool to read back its grades."),
        GRADE_SYNC,
    ),
    "scope_lineitem_readonly": permission(
        say("We may see our columns in the gradebook."),
        say("The LMS does not permit the tool to see its columns in the gradebook."),
        GRADE_SYNC,
    ),
    "scope_lineitem": permission(
        say("We may make columns in the gradebook."),
        say("The LMS does not permit the tool to make columns in the gradebook."),
        GRADE_SYNC,
    ),
    "scope_roster": permission(
        say("We may read the participants."), say("The LMS does not permit the tool to read the participants."), MEMBERS
    ),
    "path_info": {
        "arrives": Word("green", say("What we ask the LMS's services reaches them.")),
        "lost": Word(
            "red",
            say("The LMS's web server cuts off what stands behind services.php (PATH_INFO, slash arguments)."),
            say("On the LMS's web server: AcceptPathInfo On (Apache) or fastcgi_split_path_info (nginx)."),
        ),
        "firewall": Word(
            "red",
            say("Something in front of the LMS's services turns us away (answer %(status)s)."),
            say("Ask the LMS's administrators to let the tool through their firewall to /mod/lti/."),
        ),
        "not_a_service": Word(
            "red",
            say("A web page answers in place of the LMS's services (answer %(status)s)."),
            say("Ask the LMS's administrators to let the tool through their firewall to /mod/lti/."),
        ),
        "out_of_order": Word(
            "red",
            say("The LMS's services are out of order (answer %(status)s)."),
            say("Look again in some minutes; if it stays so, ask the LMS's administrators."),
        ),
        "no_course": Word(
            "grey",
            say("No launch has told us yet where a course's gradebook is."),
            say("Open the activity once from its course."),
        ),
    },
    "header": {
        "arrives": Word("green", say("The Authorization header reaches the LMS.")),
        "stripped": Word(
            "red",
            say("The LMS's web server drops the Authorization header: every request counts as not signed in."),
            say(
                'On the LMS\'s web server: CGIPassAuth On, or SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1 (Apache); '
                "fastcgi_param HTTP_AUTHORIZATION $http_authorization (nginx)."
            ),
        ),
    },
    "line_items": {
        "listed": Word("green", say("Our columns in the gradebook are listed.")),
        "forbidden": Word("red", say("The LMS keeps the tool out of the course's gradebook."), IN_THIS_COURSE),
        "gone": Word("red", say("The LMS does not find the course's gradebook any more."), IN_THIS_COURSE),
        "refused": Word(
            "red",
            say("The LMS does not list the columns of the gradebook (answer %(status)s)."),
            say("Ask the LMS's administrators; the support bundle has all that we know."),
        ),
    },
    "new_item": {
        "made": Word("green", say("A column was made in the gradebook and deleted again.")),
        "refused": Word("red", say("The LMS does not let us make a column (answer %(status)s)."), GRADE_SYNC),
        "left_behind": Word(
            "red",
            say("A column was made for a trial, but could not be deleted (answer %(status)s)."),
            say("In Moodle: the course > Grades > Gradebook setup > delete “Diklat: percobaan”."),
        ),
    },
    "roster": {
        "read": Word("green", say("The participants of a course can be read.")),
        "refused": Word("red", say("The LMS does not list the participants (answer %(status)s)."), MEMBERS),
        "unreadable": Word(
            "red",
            say("The LMS's list of participants cannot be read."),
            say("Ask the LMS's administrators; the support bundle has all that we know."),
        ),
        "no_course": Word(
            "grey",
            say("No launch has told us yet where a course's participants are listed."),
            say("Open the activity once from its course."),
        ),
    },
}
