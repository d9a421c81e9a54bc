"""Content formats, the program folder, published versions. A new format is a module and a line in FORMATS."""

from diklat_lti.content import page, quiz
from diklat_lti.content.format import Format

FORMATS: dict[str, Format] = {"page": page, "quiz": quiz}
"""Kind → format, in the order in which a lesson shows them."""
