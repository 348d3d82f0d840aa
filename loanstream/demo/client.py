"""The demo's way to the system: the public HTTP API and nothing else.

Every command carries an Idempotency-Key made from seed, row and step, so it may be sent again whenever its answer was lost.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import msgspec

T = TypeVar("T")

Clients = Callable[[], httpx.AsyncClient]
"""Makes the client, with the address of the system as its base URL."""

Tokens = Callable[[str], str]
"""A fresh bearer token for one of the demo's users."""

AT_ONCE = 32
"""Requests under way at the same time: the system decides together what comes together."""

LOST_SECONDS = 150.0
"""How long a request is tried again before the demo gives up: a killed system frees the keys of its requests after a minute."""

DECISION_SECONDS = 120.0
"""How long a command that was answered 202 is followed."""

TELL_SECONDS = 3.0
"""After how long without the system its user is told."""

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
PASSING = frozenset({429, 502, 503, 504})
"""Answers that say: not now, the same request again later."""

_IN_FLIGHT = "request-in-flight"
"""Code of a 409 for a request that another connection is still waiting for."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def say_nothing(_text: str) -> None:
    """Tell nobody."""


class DemoError(Exception):
    """The demo cannot go on; the text says what happened, where, and what to do."""


class SystemUnreachable(DemoError):
    """The system did not answer for :data:`LOST_SECONDS`."""


class Rejected(DemoError):
    """The system answered a request with a problem that the demo does not expect."""

    def __init__(self, request: str, status: int, code: str, detail: str) -> None:
        said = detail.rstrip(".") or "no detail"
        super().__init__(
            f"{request} was answered {status} {code or 'without a code'}: {said}. The demo stops here and goes on from here when"
            " it is called again with the same seed."
        )
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: the body of a 2xx, or the code of a problem that the caller expects."""

    status: int
    body: Mapping[str, Any]
    content: bytes = b""

    @property
    def refused(self) -> bool:
        """Whether the system said no."""
        return self.status >= 400

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body.get("code", ""))


def client_for(address: str) -> httpx.AsyncClient:
    """A client of the system at ``address`` that keeps its connections open."""
    limits = httpx.Limits(max_connections=2 * AT_ONCE, max_keepalive_connections=2 * AT_ONCE)
    timeout = httpx.Timeout(120.0, connect=5.0)
    return httpx.AsyncClient(base_url=address, limits=limits, timeout=timeout, trust_env=False)


class Api:
    """Requests in the name of the demo's users."""

    def __init__(self, http: httpx.AsyncClient, tokens: Tokens, lost_seconds: float = LOST_SECONDS) -> None:
        self._http = http
        self._tokens = tokens
        self._lost_seconds = lost_seconds
        self._headers: dict[str, str] = {}
        self.tell: Callable[[str], None] = say_nothing
        """Is told when the system does not answer for long, and with no text when it does again."""
        self.commands = 0
        """How many commands were sent so far."""

    async def get(self, user: str, path: str, **parameters: Any) -> Mapping[str, Any]:
        """The body of a query. Raises :class:`Rejected`, :class:`SystemUnreachable`."""
        answer = await self._send(user, "GET", path, parameters=parameters)
        if answer.refused:
            raise _rejected(f"GET {path} as {user}", answer)
        return answer.body

    async def read(self, user: str, path: str) -> bytes:
        """The bytes of a document. Raises :class:`Rejected`, :class:`SystemUnreachable`."""
        answer = await self._send(user, "GET", path)
        if answer.refused:
            raise _rejected(f"GET {path} as {user}", answer)
        return answer.content

    async def command(
        self, user: str, path: str, key: str, body: Mapping[str, Any], expected: Iterable[str] = ()
    ) -> Answer:
        """Send a command and wait until it is decided, however long that takes.

        Refusals with one of the ``expected`` codes are returned. Raises :class:`Rejected` for others,
        :class:`SystemUnreachable`.
        """
        self.commands += 1
        answer = await self._send(user, "POST", path, content=_encoder.encode(body), key=key)
        if answer.status == 202:
            answer = await self._followed(user, path, answer)
        if answer.refused and answer.code not in expected:
            raise _rejected(f"POST {path} as {user}", answer)
        return answer

    async def _send(
        self,
        user: str,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        key: str = "",
    ) -> Answer:
        """One request, again and again while the system cannot be reached or says "not now"."""
        begun = time.monotonic()
        given_up = begun + self._lost_seconds
        pause = _FIRST_PAUSE
        trouble = ""
        told = renewed = False
        while True:
            try:
                answer = await self._once(user, method, path, parameters, content, key)
            except httpx.TransportError as error:
                trouble = repr(error)
            else:
                if answer.status == 401 and not renewed:
                    self._headers.pop(user, None)
                    renewed = True
                    continue
                if answer.status not in PASSING and not (answer.status == 409 and answer.code == _IN_FLIGHT):
                    if told:
                        self.tell("")
                    return answer
                trouble = f"{answer.status} {answer.code}"
            if time.monotonic() + pause > given_up:
                raise SystemUnreachable(
                    f"{method} {path}: no answer in {self._lost_seconds:.0f} s, last {trouble}. See whether the system runs"
                    " (`loanstream doctor`), then call the demo again with the same seed: it goes on where it stopped."
                )
            if time.monotonic() - begun > TELL_SECONDS:
                self.tell(f"waiting for the system at {str(self._http.base_url).rstrip('/')}")
                told = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _once(
        self,
        user: str,
        method: str,
        path: str,
        parameters: Mapping[str, Any] | None,
        content: bytes | None,
        key: str,
    ) -> Answer:
        headers = {"Authorization": self._authorization(user)}
        if content is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        answer = await self._http.request(method, path, params=parameters, content=content, headers=headers)
        return Answer(answer.status_code, _body(answer), answer.content)

    def _authorization(self, user: str) -> str:
        if user not in self._headers:
            self._headers[user] = f"Bearer {self._tokens(user)}"
        return self._headers[user]

    async def _followed(self, user: str, path: str, pending: Answer) -> Answer:
        """The decision of a command that took longer than its request waited."""
        location = str(pending.body.get("outcome", ""))
        given_up = time.monotonic() + DECISION_SECONDS
        pause = _FIRST_PAUSE
        while time.monotonic() < given_up:
            answer = await self._send(user, "GET", location)
            if answer.status == 200 and answer.body.get("status") != "pending":
                return _decided(answer, pending)
            if answer.refused and answer.status != 404:
                raise _rejected(f"GET {location} as {user}", answer)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise DemoError(
            f"POST {path} as {user}: not decided in {DECISION_SECONDS:.0f} s (see {location}). See whether the system works"
            " (`loanstream doctor`), then call the demo again with the same seed."
        )


async def for_each(items: Iterable[T], act: Callable[[T], Awaitable[object]], at_once: int = AT_ONCE) -> None:
    """``act`` on every item, so many at the same time; the first error ends all."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await act(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    """A JSON object; empty for a document, and what was said instead for a problem that is none of the API's."""
    try:
        body = _decoder.decode(answer.content)
    except msgspec.DecodeError:
        return {"detail": answer.text[:200]} if answer.is_error else {}
    return body if isinstance(body, dict) else {}


def _decided(outcome: Answer, pending: Answer) -> Answer:
    """An outcome as if the first request had waited for it; a refusal becomes a problem again."""
    body = {**pending.body, **outcome.body}
    status = 200 if body.get("status") in ("executed", "already-applied") else 409
    return Answer(status, {**body, "detail": body.get("message", "")})


def _rejected(request: str, answer: Answer) -> Rejected:
    return Rejected(request, answer.status, answer.code, str(answer.body.get("detail", "")))
