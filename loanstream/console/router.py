"""The console's routes, put together."""

import httpx
from fastapi import APIRouter

from loanstream.console.assets import asset_routes
from loanstream.console.pages import applications, due_list, elsewhere, loans, operations, portfolio, signing_in, stream
from loanstream.console.pages.visiting import visitor
from loanstream.console.rendering import PageRoute
from loanstream.console.sign_in_links import SignInLinks
from loanstream.runtime.settings import Settings


def console(settings: Settings, client: httpx.AsyncClient | None = None, links: SignInLinks | None = None) -> APIRouter:
    """The pages for people, to be mounted at ``/`` beside the API.

    ``client`` reaches the API; without one the console calls the application that it is mounted in, in the same process.
    ``links`` are the one-time sign-in links that it takes; they work on loopback only.
    """
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)
    signing_in.add_routes(routes, settings, links)
    visit = visitor(settings, client)
    for subject in (portfolio, loans, due_list, applications, stream, operations):
        subject.add_routes(routes, visit)
    routes.include_router(asset_routes())
    elsewhere.add_routes(routes, visit)
    return routes
