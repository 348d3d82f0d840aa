"""The console's way to the services: the public HTTP API, in the name of the person who looks at the page."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.requests import Request

from loanstream.runtime.http.security import SESSION_COOKIE

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_STREAM_TIMEOUT = httpx.Timeout(10.0, read=None)
_HIDDEN = (403, 404)

Json = Mapping[str, Any]


class SignedOut(Exception):
    """The request carries no valid session."""


class ApiProblem(Exception):
    """The API answered with a problem that the page cannot go on without."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks at the page, and what they may do."""

    subject: str
    roles: tuple[str, ...]
    permissions: frozenset[str]

    @property
    def name(self) -> str:
        """The subject without its prefix."""
        return self.subject.removeprefix("user:")

    def may(self, permission: str) -> bool:
        """Whether the API will let them; it decides, this only keeps pages from offering what it refuses."""
        return permission in self.permissions


class Api:
    """Queries with the session of one request."""

    def __init__(self, client: httpx.AsyncClient, request: Request) -> None:
        self._client = client
        self._headers = _credentials(request)

    async def me(self) -> Person:
        """Who calls. Raises :class:`SignedOut`."""
        if not self._headers:
            raise SignedOut
        found = await self.get("/api/auth/me")
        return Person(found["subject"], tuple(found["roles"]), frozenset(found["permissions"]))

    async def get(self, path: str, **parameters: Any) -> Json:
        """The body of a query. Raises :class:`SignedOut`, :class:`ApiProblem` and, when nobody answers, ``httpx.HTTPError``."""
        asked = {name: value for name, value in parameters.items() if value not in (None, "")}
        answer = await self._client.get(path, params=asked, headers=self._headers, timeout=_TIMEOUT)
        _check(answer)
        body: Json = answer.json()
        return body

    async def find(self, path: str, **parameters: Any) -> Json | None:
        """As :meth:`get`, but ``None`` for what is not there or not for this person."""
        try:
            return await self.get(path, **parameters)
        except ApiProblem as problem:
            if problem.status in _HIDDEN:
                return None
            raise

    async def stream(self, path: str, parameters: Mapping[str, Sequence[str]]) -> httpx.Response:
        """An open stream, for the caller to read and close. Raises as :meth:`get`."""
        request = self._client.build_request(
            "GET", path, params=parameters, headers=self._headers, timeout=_STREAM_TIMEOUT
        )
        answer = await self._client.send(request, stream=True)
        if answer.is_error:
            await answer.aread()
            await answer.aclose()
            _check(answer)
        return answer


async def nothing() -> None:
    """In place of a query that is not for this person."""


async def together(**queries: Awaitable[Any]) -> dict[str, Any]:
    """The answers of several queries at once, by name; the first error ends all."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(_awaited(query)) for name, query in queries.items()}
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return {name: task.result() for name, task in tasks.items()}


async def _awaited(query: Awaitable[Any]) -> Any:
    return await query


def _credentials(request: Request) -> dict[str, str]:
    """The session as the request brought it: a program's token, else the browser's cookie."""
    if token := request.headers.get("authorization"):
        return {"Authorization": token}
    if session := request.cookies.get(SESSION_COOKIE):
        return {"Cookie": f"{SESSION_COOKIE}={session}"}
    return {}


def _check(answer: httpx.Response) -> None:
    if answer.status_code == 401:
        raise SignedOut
    if answer.is_success:
        return
    try:
        body = answer.json()
    except ValueError:
        body = {}
    known = body if isinstance(body, dict) else {}
    raise ApiProblem(answer.status_code, str(known.get("code", "")), str(known.get("detail", answer.reason_phrase)))
