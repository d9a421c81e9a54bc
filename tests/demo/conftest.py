"""For the demo LMS: a tool that it can register, launch and be asked by; the same for all tests of a file."""

from collections.abc import Iterator

import pytest

from lms_visitor import Tool, tool_running


@pytest.fixture(scope="module")
def tool() -> Iterator[Tool]:
    with tool_running() as running:
        yield running
