"""How a command reaches the API: the system that runs on the data folder, or the folder itself, opened for the moment."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from loanstream.cli.installation import open_installation, open_issuer
from loanstream.cli.process import make_app, running
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.settings import Settings

_TIMEOUT = 60.0


class RequestFailed(Exception):
    """The API answered with a problem; the text is its own."""


@dataclass(frozen=True, slots=True)
class Api:
    """Queries and commands of one user."""

    http: httpx.AsyncClient
    is_running: bool
    """Whether a system runs, or the folder was only opened: then nothing new happens while we look."""

    async def get(self, path: str, **params: Any) -> Any:
        """JSON of a GET. Raises :class:`RequestFailed`."""
        given = {
            name.replace("_", "-") if name == "at_least" else name: v for name, v in params.items() if v is not None
        }
        return _answer(await self.http.get(path, params=given))

    async def text(self, path: str, **params: Any) -> str:
        """Text of a GET, such as a file of CSV. Raises :class:`RequestFailed`."""
        answer = await self.http.get(path, params={name: value for name, value in params.items() if value is not None})
        return answer.text if answer.is_success else str(_answer(answer))

    async def post(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        """JSON of a POST with an Idempotency-Key. Raises :class:`RequestFailed`."""
        return _answer(await self.http.post(path, json=dict(body), headers={"Idempotency-Key": key}))


@asynccontextmanager
async def connected(settings: Settings, user: str = "auditor") -> AsyncIterator[Api]:
    """The API as ``user`` of the local issuer.

    Where the key is elsewhere, only the command itself takes its tokens: it opens the installation even if a system runs.
    """
    issuer = open_issuer(settings) if settings.signs_here else LocalIssuer.in_memory()
    async with AsyncExitStack() as stack:
        there = running(settings.data_dir) if settings.signs_here else None
        if there is not None:
            client = httpx.AsyncClient(base_url=there.url, trust_env=False, timeout=_TIMEOUT)
        else:
            installation = await stack.enter_async_context(open_installation(settings, own_issuer=issuer))
            transport = httpx.ASGITransport(make_app(installation, None))
            client = httpx.AsyncClient(base_url="http://127.0.0.1", transport=transport, timeout=_TIMEOUT)
        http = await stack.enter_async_context(client)
        http.headers["Authorization"] = f"Bearer {issuer.issue(user)}"
        yield Api(http, there is not None)


def _answer(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json()
    try:
        problem = response.json()
        text = f"{problem.get('code', response.status_code)}: {problem.get('detail') or problem.get('title')}"
    except ValueError:
        text = f"HTTP {response.status_code}"
    raise RequestFailed(text)
