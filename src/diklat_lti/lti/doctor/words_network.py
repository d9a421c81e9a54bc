"""What the doctor says of the way to an LMS: name, certificate, answers, clock, keys, its word on who we are."""

from diklat_lti.errors import say
from diklat_lti.lti.doctor.word import Word, Words

WHOLE_CHAIN = say(
    "The LMS's web server must send a valid certificate with its whole chain. One of an institution's own authority: "
    "SSL_CERT_FILE on the tool's server names that authority's file."
)

OF_NETWORK: Words = {
    "door": {
        "open": Word("green", say("The tool lets this LMS in.")),
        "disabled": Word(
            "red", say("This LMS is switched off in the tool."), say("Run: diklat-lti platform enable %(platform)s")
        ),
        "held": Word(
            "red",
            say("The LMS's installation of the tool waits to be admitted."),
            say("Run: diklat-lti platform list, then diklat-lti platform admit %(platform)s DEPLOYMENT"),
        ),
        "one_held": Word(
            "amber",
            say("Beside the admitted one another installation of the tool waits to be admitted."),
            say("Run: diklat-lti platform list, then diklat-lti platform admit %(platform)s DEPLOYMENT"),
        ),
    },
    "reach": {
        "reached": Word("green", say("The LMS's server can be reached.")),
        "no_name": Word(
            "red",
            say("The LMS's name %(host)s is not known here."),
            say("Ask whoever runs the network of the tool's server about its DNS."),
        ),
        "forbidden": Word(
            "red",
            say("The LMS's address %(host)s is not https, or lies in a private network."),
            say("In an institution's own network set DIKLAT_ALLOW_PRIVATE_PLATFORMS=true."),
        ),
        "no_connection": Word(
            "red",
            say("The LMS's server %(host)s does not answer."),
            say("See whether the LMS opens in a browser; if it does, ask its administrators about their firewall."),
        ),
    },
    "tls": {
        "trusted": Word("green", say("The LMS's certificate is trusted.")),
        "this_machine": Word("green", say("Plain http on this machine alone: no certificate is needed.")),
        "plain_http": Word(
            "amber",
            say("The LMS speaks plain http: whoever listens on the way reads the grades."),
            say("Give the LMS a certificate; in Moodle's config.php $CFG->wwwroot begins with https then."),
        ),
        "expired": Word("red", say("The LMS's certificate has expired."), WHOLE_CHAIN),
        "other_name": Word("red", say("The LMS's certificate is for another name."), WHOLE_CHAIN),
        "unknown_authority": Word(
            "red",
            say("The LMS's certificate comes without its chain, or from an authority not known here."),
            WHOLE_CHAIN,
        ),
        "untrusted": Word("red", say("The LMS's certificate is not trusted."), WHOLE_CHAIN),
    },
    "endpoints": {
        "answer": Word("green", say("The LMS's addresses for sign-in, tokens and keys answer.")),
        "out_of_order": Word(
            "red",
            say("The LMS is out of order or in maintenance (answer %(status)s)."),
            say("In Moodle: Site administration > Server > Maintenance mode."),
        ),
    },
    "clock": {
        "right": Word("green", say("The LMS's clock and ours agree.")),
        "slightly": Word(
            "amber",
            say("The LMS's clock and ours are %(seconds)s seconds apart."),
            say("Let both servers set their clocks by NTP."),
        ),
        "ahead": Word(
            "red",
            say("The LMS's clock is %(seconds)s seconds ahead of ours."),
            say("Let both servers set their clocks by NTP; whichever is wrong refuses the other's tokens."),
        ),
        "behind": Word(
            "red",
            say("The LMS's clock is %(seconds)s seconds behind ours."),
            say("Let both servers set their clocks by NTP; whichever is wrong refuses the other's tokens."),
        ),
        "no_date": Word("amber", say("The LMS's answers carry no date, so the clocks could not be compared.")),
    },
    "keyset": {
        "readable": Word("green", say("The LMS's key set can be read.")),
        "no_keys": Word(
            "red",
            say("At the LMS's keyset address there is no key set (answer %(status)s)."),
            say(
                "Open %(url)s in a browser: keys must stand there, no page. In Moodle: Site administration > Plugins > "
                "Activity modules > External tool > Manage tools > View configuration details > Public keyset URL."
            ),
        ),
    },
    "client": {
        "known": Word("green", say("The LMS knows the tool.")),
        "unknown_client": Word(
            "red",
            say("The LMS does not know the tool any more: it was deleted there, or registered anew."),
            say(
                "In Moodle: Site administration > Plugins > Activity modules > External tool > Manage tools. If the tool "
                "is missing, register it again."
            ),
        ),
        "clock": Word(
            "red",
            say("The LMS takes our token request for too early or too late."),
            say("Let both servers set their clocks by NTP."),
        ),
        "not_a_token": Word(
            "red",
            say("At the LMS's token address something else answers (answer %(status)s)."),
            say(
                "In Moodle: Site administration > Plugins > Activity modules > External tool > Manage tools > View "
                "configuration details > Access token URL. Else ask about a firewall in front of the LMS."
            ),
        ),
        "refused": Word(
            "red",
            say("The LMS refuses to give a token."),
            say("Ask the LMS's administrators; the support bundle has all that we know."),
        ),
        "out_of_order": Word(
            "red",
            say("The LMS could not answer a token request (answer %(status)s)."),
            say("Look again in some minutes; if it stays so, ask the LMS's administrators."),
        ),
    },
    "our_keys": {
        "fetched": Word("green", say("The LMS has fetched our keys and believes our signature.")),
        "believed": Word("green", say("The LMS believes our signature, so it has our keys.")),
        "blocked": Word(
            "red",
            say("The LMS forbids itself to fetch our keys: the tool's address is on its list of blocked ones."),
            say(
                "In Moodle: Site administration > General > Security > HTTP security > cURL blocked hosts list, and cURL "
                "allowed ports list."
            ),
        ),
        "never_fetched": Word(
            "red",
            say("The LMS has never fetched our keys, so it cannot believe our signature."),
            say(
                "From the LMS's server open %(url)s. In Moodle: Site administration > Plugins > Activity modules > External "
                "tool > Manage tools > the gear on the tool's card > Public keyset."
            ),
        ),
        "not_believed": Word(
            "red",
            say("The LMS has fetched keys of ours, but does not believe our signature."),
            say(
                "Compare with %(url)s. In Moodle: Site administration > Plugins > Activity modules > External tool > "
                "Manage tools > the gear on the tool's card > Public keyset."
            ),
        ),
    },
    "activation": {
        "active": Word("green", say("Launches come in: the tool is active in the LMS.")),
        "never_launched": Word(
            "grey",
            say("No launch has come from this LMS yet: the tool is perhaps still Pending there."),
            say(
                "In Moodle: Site administration > Plugins > Activity modules > External tool > Manage tools > Activate on "
                "the tool's card. Then open the activity once."
            ),
        ),
    },
}
