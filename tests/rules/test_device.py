"""A browser's label for people."""

import pytest

from diklat_lti.web import device

ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (ANDROID + "Chrome/95.0 Mobile Safari/537.36", "Chrome, Android"),
        (ANDROID + "SamsungBrowser/18.0 Chrome/99.0 Mobile Safari/537.36", "Samsung Internet, Android"),
        (ANDROID + "Version/4.0 Chrome/95.0 Mobile Safari/537.36 MoodleMobile 4.3", "Moodle App, Android"),
        ("Mozilla/5.0 (Linux; Android 8; SM; wv) Chrome/95.0", "WebView, Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/17.0 Safari/605.1.15", "Safari, Mac"),
        ("curl/8", None),
        (None, None),
    ],
)
def test_a_browser_is_named_by_family_and_system(user_agent: str | None, expected: str | None) -> None:
    assert device.label(user_agent) == expected
