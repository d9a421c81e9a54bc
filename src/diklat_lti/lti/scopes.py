"""The services that the tool asks a platform for, by their scopes, and what each of them is for in a reader's words."""

from diklat_lti.errors import Sentence, say

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LABELS: dict[str, Sentence] = {
    _AGS + "lineitem": say("make grade columns"),
    _AGS + "lineitem.readonly": say("see grade columns"),
    _AGS + "result.readonly": say("read back the grades that it sent"),
    _AGS + "score": say("send grades"),
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly": say(
        "read the participants of a course"
    ),
}
ASKED = tuple(LABELS)


def label(scope: str) -> Sentence | str:
    """One that is not ours is shown as it is."""
    return LABELS.get(scope, scope)
