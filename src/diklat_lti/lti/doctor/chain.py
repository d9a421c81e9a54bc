"""The chain: every link in its order, what it is called, and which links must hold before it can be looked at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from diklat_lti.errors import Sentence, say
from diklat_lti.lti.doctor import of_history, of_network, of_service, of_services, of_trust
from diklat_lti.lti.doctor.look import Look
from diklat_lti.lti.doctor.word import Seen, Word
from diklat_lti.lti.doctor.words_history import EVERYWHERE, OF_HISTORY
from diklat_lti.lti.doctor.words_network import OF_NETWORK
from diklat_lti.lti.doctor.words_service import OF_SERVICE
from diklat_lti.lti.doctor.words_services import OF_SERVICES

WORDS = OF_SERVICE | OF_NETWORK | OF_SERVICES | OF_HISTORY
_LOOKS = of_service.LINKS | of_network.LINKS | of_trust.LINKS | of_services.LINKS | of_history.LINKS


@dataclass(frozen=True)
class Link:
    """One link. `needs`: behind those that do not hold it is not looked at. `own`: of the service, not of an LMS."""

    name: str
    label: Sentence
    needs: tuple[str, ...] = ()
    own: bool = False
    on_wish: bool = False
    """Only looked at when somebody asks for it: it writes into a gradebook."""
    of_people: bool = False
    """Read off what people did in all courses of the LMS: nothing for another centre that has a course there."""

    @property
    def look(self) -> Callable[[Look], Seen]:
        return _LOOKS[self.name]

    @property
    def words(self) -> dict[str, Word]:
        """By reason; what may be found of any link is not among them."""
        return WORDS[self.name]

    def word(self, reason: str) -> Word:
        return self.words.get(reason) or EVERYWHERE[reason]


CHAIN = (
    Link("database", say("Database"), own=True),
    Link("secret", say("Secret key"), ("database",), own=True),
    Link("storage", say("Folder of files"), own=True),
    Link("address", say("Address of the tool"), own=True),
    Link("certificate", say("Certificate of the tool"), ("address",), own=True),
    Link("door", say("Let in"), ("database",)),
    Link("reach", say("The LMS's server"), ("database",)),
    Link("tls", say("Certificate of the LMS"), ("reach",)),
    Link("endpoints", say("Addresses of the LMS"), ("tls",)),
    Link("clock", say("Clocks"), ("endpoints",)),
    Link("keyset", say("Key set of the LMS"), ("endpoints",)),
    Link("client", say("Known to the LMS"), ("secret", "clock")),
    Link("our_keys", say("Our keys"), ("client",)),
    Link("activation", say("Activation"), ("door", "client")),
    Link("scope_score", say("Permission: send grades"), ("our_keys",)),
    Link("scope_result", say("Permission: read grades"), ("our_keys",)),
    Link("scope_lineitem_readonly", say("Permission: see columns"), ("our_keys",)),
    Link("scope_lineitem", say("Permission: make columns"), ("our_keys",)),
    Link("scope_roster", say("Permission: participants"), ("our_keys",)),
    Link("path_info", say("Path to the services"), ("scope_lineitem_readonly", "activation")),
    Link("header", say("Authorization header"), ("path_info",)),
    Link("line_items", say("Columns in the gradebook"), ("header",)),
    Link("new_item", say("Making a column"), ("line_items", "scope_lineitem"), on_wish=True),
    Link("roster", say("Participants"), ("header", "scope_roster")),
    Link("names", say("Names and e-mail"), ("activation",), of_people=True),
    Link("picker", say("Picker"), ("activation",), of_people=True),
    Link("launch", say("Launches"), ("activation",), of_people=True),
    Link("grade", say("Last grade"), ("activation", "scope_score", "header"), of_people=True),
    Link("frame", say("In the frame"), ("activation",), of_people=True),
)
BY_NAME = {link.name: link for link in CHAIN}


def links(own: bool) -> Iterator[Link]:
    return (link for link in CHAIN if link.own is own)
