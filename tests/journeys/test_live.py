"""An app started by `live_app` answers over real HTTP, several at once, and is gone after its block."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from fastapi import FastAPI

from live import live_app


def test_an_app_answers_as_long_as_its_block_and_no_longer() -> None:
    app = FastAPI()

    @app.get("/{word}")
    def echo(word: str) -> str:
        return word

    with live_app(app) as origin, ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda n: requests.get(f"{origin}/{n}", timeout=10).json(), range(32))
        assert list(answers) == [str(n) for n in range(32)]
    with pytest.raises(requests.ConnectionError):
        requests.get(origin, timeout=10)


def test_nothing_beyond_this_machine_is_reached() -> None:
    with pytest.raises(AssertionError, match=r"a test wanted to reach .*192\.0\.2\.1"):
        requests.get("http://192.0.2.1/", timeout=10)
