"""What a platform in trouble says: the answers that a proxy, a broken PHP or a stranger's page give in its place."""

import json
from html import escape

from fastapi import Response
from fastapi.responses import HTMLResponse

UTF_8 = "text/html; charset=utf-8"
RETRY = {"Retry-After": "300"}
CODES = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 502: "Bad Gateway"}
REFUSED = {
    "401": 401, "403": 403, "404": 404, "columns_forbidden": 403, "no_new_columns": 403, "no_deleting": 403,
    "roster_off": 404,
}  # fmt: skip
"""With Moodle's error object."""
EMPTY_LIST = {"200_empty_list": 200, "409": 409, "500": 500}
"""With the body `[]`: all that Moodle says of a score that it refuses."""


def answer(name: str, site: str, path: str) -> Response | None:
    """The answer that stands in for the real one, or None where the fault lets the request go on."""
    if name in EMPTY_LIST:
        return Response("[]", EMPTY_LIST[name], media_type="application/vnd.ims.lis.v1.score+json; charset=utf-8")
    if name in REFUSED:
        status = REFUSED[name]
        said = {"status": status, "reason": CODES[status], "request": {"url": path}}
        return Response(json.dumps(said), status, media_type="application/json; charset=utf-8")
    return {
        "429": nginx(429, {"Retry-After": "30"}),
        "503_html": page(503, "Service Unavailable", RETRY),
        "200_login_page": page(200, f"{site}: Log in to the site", {}),
        "keys_unreadable": page(200, f"{site}: Log in to the site", {}),
        "unknown_client": Response('{\n  "error" : "invalid_client"\n}', 400, media_type=UTF_8),
        "no_path_info": nginx(404, {}),
        "maintenance": page(503, f"{site} under maintenance", RETRY),
        "php_down": nginx(502, {}),
        "database_down": page(500, "Error", {}),
    }.get(name)


def nginx(status: int, headers: dict[str, str]) -> Response:
    """nginx's own page: no charset, lines that end as in HTTP."""
    said = f"{status} {CODES[status]}"
    lines = (
        "<html>", f"<head><title>{said}</title></head>", "<body>", f"<center><h1>{said}</h1></center>",
        "<hr><center>nginx/1.22.1</center>", "</body>", "</html>", "",
    )  # fmt: skip
    made = Response("\r\n".join(lines).encode(), status, headers=headers)
    made.headers["Content-Type"] = "text/html"
    return made


def page(status: int, title: str, headers: dict[str, str]) -> Response:
    """Moodle's early pages: HTML whatever was asked for. It says that it is a demo, as every page does."""
    text = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1><p>This is a demo LMS, not Moodle</p></body></html>\n"
    )
    return HTMLResponse(text, status, headers=headers)
