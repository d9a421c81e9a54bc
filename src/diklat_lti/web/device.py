"""A browser's label for people, such as "Chrome, Android": a family and a system, no fingerprint."""

FAMILIES = (
    ("MoodleMobile", "Moodle App"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("; wv)", "WebView"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
"""The first mark that is found counts: most browsers claim to be several."""


def family(user_agent: str | None) -> str | None:
    return next((name for mark, name in FAMILIES if mark in (user_agent or "")), None)


def label(user_agent: str | None) -> str | None:
    system = next((name for mark, name in SYSTEMS if mark in (user_agent or "")), None)
    return ", ".join(part for part in (family(user_agent), system) if part) or None
