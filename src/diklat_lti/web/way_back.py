"""Back to the LMS after something failed: its return address is told what, as LTI has it; the LMS shows it to its reader."""

from urllib.parse import urlencode, urlsplit, urlunsplit

LONGEST = 500
"""Some servers refuse a longer address."""


def failed(address: str, message: str, reference: str) -> str:
    """`lti_errormsg` for people, `lti_errorlog` for those who look after the LMS; all else of the address stays."""
    parts = urlsplit(address)
    told = urlencode({"lti_errormsg": message[:LONGEST], "lti_errorlog": reference})
    return urlunsplit(parts._replace(query=f"{parts.query}&{told}" if parts.query else told))
