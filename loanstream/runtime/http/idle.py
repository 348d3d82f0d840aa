"""``GET /api/platform/idle``: whether anything is still under way in this process, waiting for the answer if asked to."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from loanstream.runtime.http.inputs import ShortText
from loanstream.runtime.http.parameters import refuse_unknown
from loanstream.runtime.http.security import Authenticator, require

UnderWay = Callable[[Collection[str]], Awaitable[Mapping[str, int]]]
"""What is still to do in these services (all when there are none), by host; empty when nothing is.

See :mod:`loanstream.runtime.idleness`.
"""

_LONGEST_WAIT = 60.0
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.02


def idle_routes(authenticator: Authenticator, under_way: UnderWay, services: Sequence[str]) -> APIRouter:
    """The route, to be mounted under ``/api/platform``; ``services`` are those that this process runs."""
    routes = APIRouter(tags=["platform"])
    reader = Depends(require(authenticator, "platform:read-lag"))

    @routes.get("/idle", dependencies=[reader])
    async def idle(
        wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 0.0,
        service: Annotated[list[ShortText] | None, Query(max_length=20)] = None,
    ) -> dict[str, Any]:
        """Whether every command is decided, every event reacted to and projected, every effect performed.

        ``wait`` waits so many seconds for that, ``service`` asks about some services only; ``waiting`` names what is left to
        do, by host.
        """
        refuse_unknown("service", service or (), services, "service of this process")
        deadline = time.monotonic() + wait
        pause = _FIRST_PAUSE
        while (left := await under_way(service or ())) and time.monotonic() + pause < deadline:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return {"idle": not left, "waiting": dict(left)}

    return routes
