"""What stands in a log line, and what never does."""

import json
import logging

import pytest

from diklat_lti import logs
from diklat_lti.lti import ags, http, tokens


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("diklat", logging.INFO, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


def test_a_line_is_json_with_the_reference_and_the_reason() -> None:
    token = logs.reference.set("ab12cd34")
    line = json.loads(logs.Line(as_json=True).format(record("refused", reason="bad_signature", cookie="secret")))
    logs.reference.reset(token)
    assert (line["message"], line["reference"], line["reason"]) == ("refused", "ab12cd34", "bad_signature")
    assert "cookie" not in line


def test_on_a_terminal_it_is_plain_words() -> None:
    assert logs.Line(as_json=False).format(record("hello %s", "world", status=400)).endswith("hello world - 400")


def test_an_error_is_told_by_places_and_never_by_its_message() -> None:
    """Drivers put a person's data into messages: (name)=(Siti Aminah) already exists."""
    try:
        try:
            int("Siti")
        except ValueError as cause:
            raise RuntimeError("Siti Aminah") from cause
    except RuntimeError as error:
        told = record("failed")
        told.exc_info = (RuntimeError, error, error.__traceback__)
    line = logs.Line(as_json=True).format(told)
    assert "Siti" not in line
    assert "RuntimeError at" in line
    assert "ValueError at" in line
    assert "test_logs.py" in line


def test_set_up_sends_the_servers_lines_through_one_door(capsys: pytest.CaptureFixture[str]) -> None:
    kept = logging.getLogger().handlers[:], logging.getLogger().level
    logs.set_up(as_json=True)
    logging.getLogger("uvicorn.error").info("started %s", "well")
    line = json.loads(capsys.readouterr().err)
    logging.getLogger().handlers[:], logging.getLogger().level = kept
    assert line["message"] == "started well"


def test_what_a_platform_said_does_not_stand_in_the_exception_that_tells_of_it() -> None:
    answer = http.Answer(404, "Not Found", {}, b'{"user":"Siti"}')
    told = [str(ags.Refused(answer)), str(tokens.TokenRefused(answer)), str(http.Unreachable("not_sent", "no route"))]
    assert told == ["answered with 404", "token refused with 404", "no route"]
