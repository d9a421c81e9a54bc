"""Work that waits for somebody else's server: in threads of its own, so that a slow platform holds up no page."""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import to_thread
from fastapi import Request

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def run(request: Request, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """What `work` returns; `app.create_app` says how many may wait at once."""
    return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=request.app.state.outside)
