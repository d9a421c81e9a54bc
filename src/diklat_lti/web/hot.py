"""The hot path: login, launch and first page are answered before the framework's own layers, which cost as much."""

from collections.abc import Sequence

from fastapi.middleware import Middleware
from fastapi.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

GZIP = Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
"""For pages; a redirect has nothing to compress."""


class Hot:
    """Plain ASGI. Errors of these routes are answered by `headers.Guard`, around it."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        self.router = Router(routes, redirect_slashes=False, default=app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.router if scope["type"] == "http" else self.app)(scope, receive, send)
