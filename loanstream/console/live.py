"""Live events of several services in one stream: a browser opens six connections to a host, and every tab needs its own."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import structlog

from loanstream.console.api import Api, ApiProblem, Json, SignedOut

MOST_AT_ONCE = 25
"""Events shown at once; in a flood the newest are shown and the others counted."""

_PACE_SECONDS = 0.25
_HEARTBEAT_SECONDS = 15.0
_REFUSED = (400, 403, 422)
"""Asking again gets the same answer: the browser is told why, and stays away."""
_RETRY = b"retry: 2000\n\n"
_HEARTBEAT = b": still here\n\n"

_log = structlog.get_logger("loanstream.console")

Render = Callable[[Sequence[Json], int], str]
"""Events, newest first, and how many were left out, to HTML."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are asked for; empty members ask for all."""

    services: Sequence[str]
    types: Sequence[str] = ()
    loan_id: str = ""

    @property
    def parameters(self) -> dict[str, Sequence[str]]:
        """The query of a service's stream."""
        return {"type": self.types, **({"loan_id": (self.loan_id,)} if self.loan_id else {})}


class Feed:
    """One browser's stream, fed by one of each service."""

    def __init__(self, api: Api, wanted: Wanted, render: Render) -> None:
        self._api = api
        self._wanted = wanted
        self._render = render
        self._fresh: deque[str] = deque(maxlen=MOST_AT_ONCE)
        self._left_out = 0
        self._something = asyncio.Event()

    async def messages(self) -> AsyncIterator[bytes]:
        """Server-sent events: ``ready`` when whatever happens from now on will come, then ``rows`` of the page.

        Ends when a service ends its stream or has none to give: the browser comes back by itself. A service that refuses what is
        asked for, such as an unknown type of event, gives one ``refused`` with its reason, after which coming back is no use.
        """
        async with AsyncExitStack() as stack:
            yield _RETRY
            try:
                readers = [await self._reader(service, stack) for service in self._wanted.services]
            except (ApiProblem, SignedOut, httpx.HTTPError) as error:
                if isinstance(error, ApiProblem) and error.status in _REFUSED:
                    yield _message("refused", error.detail)
                    return
                _log.warning("no live events", error=repr(error))
                return
            yield _message("ready", "")
            while not any(reader.done() for reader in readers):
                yield await self._next()

    async def _reader(self, service: str, stack: AsyncExitStack) -> "asyncio.Task[None]":
        """A task that reads a service's stream; both end with the stack."""
        answer = await self._api.stream(f"/api/{service}/events/stream", self._wanted.parameters)
        stack.push_async_callback(answer.aclose)
        reader = asyncio.create_task(self._read(answer))
        stack.push_async_callback(_ended, reader)
        return reader

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(_HEARTBEAT_SECONDS):
                await self._something.wait()
        except TimeoutError:
            return _HEARTBEAT
        await asyncio.sleep(_PACE_SECONDS)
        events = [json.loads(data) for data in reversed(self._fresh)]
        left_out = self._left_out
        self._fresh.clear()
        self._left_out = 0
        self._something.clear()
        return _message("rows", self._render(events, left_out)) if events else _HEARTBEAT

    async def _read(self, answer: httpx.Response) -> None:
        try:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    self._left_out += len(self._fresh) == MOST_AT_ONCE
                    self._fresh.append(line.removeprefix("data: "))
                    self._something.set()
        except httpx.HTTPError as error:
            _log.info("a live stream broke off", error=repr(error))
        finally:
            self._something.set()


async def _ended(reader: "asyncio.Task[None]") -> None:
    reader.cancel()
    await asyncio.wait((reader,))


def _message(name: str, text: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n".encode("utf-8", "replace")
