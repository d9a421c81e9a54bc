"""What a request brought: its raw body, its form fields. `Form()` of the framework would need a further package."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request


async def body_of(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(body_of)]


def form_of(body: Body) -> dict[str, str]:
    """The last one wins where a name comes twice, as in PHP."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


Form = Annotated[dict[str, str], Depends(form_of)]


def number(text: str | None) -> int:
    """An id from a form or an address; nonsense is 0, which names nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0
