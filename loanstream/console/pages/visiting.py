"""Who looks at a page: the dependency that every page but the sign-in one has."""

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

import httpx
from fastapi import Request

from loanstream.console.api import Api
from loanstream.console.in_process import InProcess
from loanstream.console.rendering import Visit
from loanstream.console.words import Words, asked_language
from loanstream.runtime.settings import Settings

Visitor = Callable[[Request], Awaitable[Visit]]


def visitor(settings: Settings, client: httpx.AsyncClient | None) -> Visitor:
    """A dependency that answers the visit of a signed-in person, and raises ``SignedOut`` for anybody else.

    Without a ``client`` the API is the application that the console stands in, called in the same process.
    """
    zone = ZoneInfo(settings.zone)
    own: list[httpx.AsyncClient] = [] if client is None else [client]

    async def visit(request: Request) -> Visit:
        if not own:
            own.append(httpx.AsyncClient(transport=InProcess(request.app), base_url="http://loanstream"))
        api = Api(own[0], request)
        person = await api.me()
        # a page about an error keeps the menu and the way to sign out
        request.state.person = person
        return Visit(request, Words(asked_language(request)), zone, api, person)

    return visit
