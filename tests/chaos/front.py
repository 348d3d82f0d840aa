"""The clients' side: every request goes to one of the processes that can answer it, some go twice, and all answers are kept."""

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from tests.chaos.fleet import Fleet

IDLE = "/api/platform/idle"
_TIMEOUT = httpx.Timeout(7.0, connect=2.0)
"""Longer than any answer takes; a paused process answers late, and another one is asked."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A command as its client knows it."""

    key: str
    command_id: str
    path: str
    status: int
    result: str
    """``executed``, ``already-applied``, ``pending``, or the code of a refusal."""


@dataclass
class Front(httpx.AsyncBaseTransport):
    """A transport that knows the fleet. ``twice`` is the share of commands that are sent to two processes at once."""

    fleet: Fleet
    chance: random.Random
    twice: float = 0.01
    sent: set[str] = field(default_factory=set)
    """Idempotency keys of all commands that were ever sent."""
    answered: list[Answered] = field(default_factory=list)
    doubled: int = 0
    lost: int = 0
    """Requests whose connection broke: their clients sent them again."""
    waited: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds that the demo waited for the system to be idle, by what it waited for last."""
    _inner: httpx.AsyncHTTPTransport = field(default_factory=lambda: httpx.AsyncHTTPTransport(retries=0))

    def client(self) -> httpx.AsyncClient:
        """A client whose requests go this way."""
        return httpx.AsyncClient(base_url="http://loanstream", transport=self, timeout=_TIMEOUT, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to somebody; raises what the connection raises."""
        service = request.url.path.split("/")[2] if request.url.path.count("/") > 1 else ""
        members = self.fleet.serving(service)
        body = await request.aread()
        copies = 1
        if request.method == "POST":
            self.sent.add(request.headers["Idempotency-Key"])
            copies += self.chance.random() < self.twice
        self.doubled += copies - 1
        begun = time.monotonic()
        try:
            ways = [self._to(self.chance.choice(members).port, request, body) for _ in range(copies)]
            answer = _best(await asyncio.gather(*ways, return_exceptions=True), request, self._note)
        except httpx.TransportError:
            self.lost += 1
            if request.url.path == IDLE:
                self.waited["an answer"] += time.monotonic() - begun
            raise
        if request.url.path == IDLE:
            self.waited[_busy(answer)] += time.monotonic() - begun
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _to(self, port: int, request: httpx.Request, body: bytes) -> httpx.Response:
        sent = httpx.Request(
            request.method,
            request.url.copy_with(scheme="http", host="127.0.0.1", port=port),
            headers=[(k, v) for k, v in request.headers.raw if k.lower() != b"host"],
            content=body,
            extensions=request.extensions,
        )
        answer = await self._inner.handle_async_request(sent)
        content = await answer.aread()
        await answer.aclose()
        headers = [(k, v) for k, v in answer.headers.raw if k.lower() not in (b"content-encoding", b"content-length")]
        return httpx.Response(answer.status_code, headers=headers, content=content, request=request)

    def _note(self, request: httpx.Request, answer: httpx.Response) -> None:
        if request.method != "POST" or answer.status_code >= 500:
            return
        try:
            body = json.loads(answer.content)
        except ValueError:
            return
        key = request.headers["Idempotency-Key"]
        # a file of receipts is answered line by line
        for each in body.get("results", [body]) if isinstance(body, dict) else ():
            if each.get("command_id"):
                result = str(each.get("status") if answer.is_success else each.get("code"))
                self.answered.append(Answered(key, each["command_id"], request.url.path, answer.status_code, result))


def _best(
    answers: Sequence[httpx.Response | BaseException],
    request: httpx.Request,
    note: Callable[[httpx.Request, httpx.Response], None],
) -> httpx.Response:
    """Note what was answered; the answer that says most: of two at once, one is told that the other is under way."""
    found = [answer for answer in answers if isinstance(answer, httpx.Response)]
    for answer in found:
        note(request, answer)
    if not found:
        [error, *_] = answers
        assert isinstance(error, BaseException)
        raise error
    return min(found, key=lambda answer: (answer.status_code >= 500, answer.status_code == 409))


def _busy(idle: httpx.Response) -> str:
    """What an answer about idleness says is busy."""
    if idle.is_error:
        return f"a {idle.status_code}"
    return " ".join(sorted(json.loads(idle.content)["waiting"])) or "nothing more"
