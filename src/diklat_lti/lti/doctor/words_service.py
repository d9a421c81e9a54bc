"""What the doctor says of our own side: settings, database, storage, address, certificate."""

from diklat_lti.errors import say
from diklat_lti.lti.doctor.word import Word, Words

RENEW = say("Renew the certificate, and let the proxy send the whole chain (fullchain.pem).")

OF_SERVICE: Words = {
    "database": {
        "migrated": Word("green", say("The database answers and has the newest revision.")),
        "silent": Word(
            "red",
            say("The database does not answer."),
            say("Check DIKLAT_DATABASE_URL, and that the database's server runs."),
        ),
        "not_migrated": Word(
            "red", say("The database has another revision than this program."), say("Run: diklat-lti migrate")
        ),
    },
    "secret": {
        "whole": Word("green", say("The secret key is there and opens what it closed.")),
        "unusable": Word(
            "red",
            say("DIKLAT_SECRET_KEY is missing or too short."),
            say("Set DIKLAT_SECRET_KEY to 32 random characters or more, then start the service again."),
        ),
        "changed": Word(
            "red",
            say("The signing key in the database was closed with another DIKLAT_SECRET_KEY."),
            say("Put the earlier key behind the new one in DIKLAT_SECRET_KEY, separated by a comma."),
        ),
        "no_signing_key": Word(
            "red", say("The tool has no signing key yet."), say("Run diklat-lti migrate, then start the service again.")
        ),
    },
    "storage": {
        "writable": Word("green", say("The folder of the files can be written.")),
        "not_writable": Word(
            "red",
            say("The folder of the files cannot be written."),
            say(
                "Give the service's user the right to write where DIKLAT_STORAGE_URL leads, and look at the free space."
            ),
        ),
    },
    "address": {
        "public": Word("green", say("The tool has a public address on a port that Moodle calls.")),
        "this_machine": Word("green", say("The tool's address is this machine alone: right for trying it out.")),
        "odd_port": Word(
            "red",
            say("The tool's address has port %(port)s; Moodle fetches from ports 443 and 80 only."),
            say(
                "Put the tool behind port 443 and set DIKLAT_PUBLIC_URL. Or in Moodle: Site administration > General > "
                "Security > HTTP security > cURL allowed ports list."
            ),
        ),
        "no_name": Word(
            "red",
            say("The name in the tool's address is not known to the internet."),
            say("Enter the name of DIKLAT_PUBLIC_URL in the DNS, or correct the setting."),
        ),
        "private": Word(
            "red",
            say("The tool's address lies in a private network; Moodle does not fetch from there."),
            say(
                "Give the tool a public address. Or in Moodle: Site administration > General > Security > HTTP security > "
                "cURL blocked hosts list."
            ),
        ),
        "private_allowed": Word(
            "amber",
            say("The tool's address lies in a private network; this installation allows that, Moodle may not."),
            say("In Moodle: Site administration > General > Security > HTTP security > cURL blocked hosts list."),
        ),
    },
    "certificate": {
        "trusted": Word("green", say("The tool's certificate is trusted and its address answers.")),
        "no_tls": Word("green", say("Plain http on this machine alone: no certificate is needed.")),
        "expired": Word("red", say("The tool's certificate has expired."), RENEW),
        "other_name": Word("red", say("The tool's certificate is for another name."), RENEW),
        "unknown_authority": Word(
            "red", say("The tool's certificate comes without its chain, or from an authority nobody knows."), RENEW
        ),
        "untrusted": Word("red", say("The tool's certificate is not trusted."), RENEW),
        "not_us": Word(
            "red",
            say("At the tool's address something else answers than the tool."),
            say("Look at the proxy: everything at DIKLAT_PUBLIC_URL must lead to diklat-lti serve."),
        ),
        "not_from_here": Word(
            "amber",
            say("The tool's own address does not answer from its own server."),
            say("Open the address in a browser outside; if it opens there, all is well."),
        ),
    },
}
