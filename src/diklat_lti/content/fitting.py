"""Fits a YAML document to a shape, and says in whole sentences where it does not fit."""

import difflib
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from diklat_lti.content.mistakes import Report
from diklat_lti.content.shapes import AnswerShape, QuestionShape, Shape
from diklat_lti.content.yaml_text import Document
from diklat_lti.errors import Sentence, say

S = TypeVar("S", bound=Shape)

FIELD = "field"
SENTENCES = {
    "missing": (say("“%(field)s” is missing."), say("Add it here.")),
    "string_type": (say("“%(field)s” is empty or not a text."), say("Write its text behind the colon.")),
    "string_too_short": (say("“%(field)s” is empty."), say("Write its text behind the colon.")),
    "string_too_long": (say("“%(field)s” is too long."), say("Use at most %(max_length)s characters.")),
    "string_pattern_mismatch": (
        say("“%(field)s” has characters that are not allowed."),
        say("Use small letters, digits and single hyphens between them."),
    ),
    "int_parsing": (say("“%(field)s” is not a whole number."), say("Write digits only, such as 15.")),
    "int_type": (say("“%(field)s” is not a whole number."), say("Write digits only, such as 15.")),
    "decimal_parsing": (say("“%(field)s” is not a number."), say("Write digits, with a point for decimals: 12.5.")),
    "decimal_type": (say("“%(field)s” is not a number."), say("Write digits, with a point for decimals: 12.5.")),
    "decimal_max_places": (say("“%(field)s” has too many decimals."), say("Use at most two.")),
    "bool_parsing": (say("“%(field)s” is neither true nor false."), say("Write true or false.")),
    "bool_type": (say("“%(field)s” is neither true nor false."), say("Write true or false.")),
    "literal_error": (say("“%(field)s” has a value that is unknown."), say("Write one of: %(expected)s.")),
    "greater_than": (say("“%(field)s” is too small."), say("It must be more than %(gt)s.")),
    "greater_than_equal": (say("“%(field)s” is too small."), say("It must be at least %(ge)s.")),
    "less_than_equal": (say("“%(field)s” is too large."), say("It must be at most %(le)s.")),
    "list_type": (say("“%(field)s” is not a list."), say("Write each entry on its own line behind a hyphen.")),
    "too_short": (say("“%(field)s” has no entry."), say("Add at least one.")),
    "too_long": (say("“%(field)s” has too many entries."), say("Keep at most %(max_length)s.")),
    "dict_type": (say("“%(field)s” has no names in it."), say("Write “name: value” lines below it.")),
    "model_type": (say("“%(field)s” has no names in it."), say("Write “name: value” lines below it.")),
}
OTHER = (say("“%(field)s” is not right."), say("Compare it with the sample program."))


def fit(shape: type[S], document: Document, report: Report) -> S | None:
    try:
        return shape.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors():
            what, mend = _sentences(shape, detail)
            report(document.line(detail["loc"]), what, mend)
        return None


def _sentences(shape: type[Shape], detail: ErrorDetails) -> tuple[Sentence, Sentence]:
    names = [part for part in detail["loc"] if isinstance(part, str)]
    field = names[-1] if names else shape.__doc__ or ""
    if detail["type"] == "extra_forbidden":
        return say("“%(field)s” is unknown here.", field=field), _nearest(shape, detail["loc"])
    what, mend = SENTENCES.get(detail["type"], OTHER)
    values = {**detail.get("ctx", {}), FIELD: field}
    return say(what.text, **values), say(mend.text, **values)


def _nearest(shape: type[Shape], loc: tuple[str | int, ...]) -> Sentence:
    shapes = (QuestionShape, AnswerShape) if len(loc) > 1 else (shape,)
    names = [name for known in shapes for name in known.model_fields]
    near = difflib.get_close_matches(str(loc[-1]), names, 1)
    return say("Did you mean “%(near)s”?", near=near[0]) if near else say("Remove it, or look for a typing error.")
