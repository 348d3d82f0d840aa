"""Addresses that lead nowhere: a page for a browser, the API's problem for everybody else."""

from fastapi import APIRouter, Depends
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from loanstream.console.api import ApiProblem
from loanstream.console.pages.visiting import Visitor
from loanstream.console.rendering import NO_PAGE, PageRoute, Visit

_NOT_PAGES = ("api", "schemas", "health", "metrics", "static")


class BrowsersRoute(PageRoute):
    """Fits only what a browser asks for to show it as a page, and never what belongs to the API."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, but for the header ``Accept`` and the addresses that are no pages."""
        if scope["type"] != "http" or scope["path"].split("/")[1] in _NOT_PAGES:
            return Match.NONE, {}
        if "text/html" not in Headers(scope=scope).get("accept", ""):
            return Match.NONE, {}
        fits, found = super().matches(scope)
        # another method than GET stays the business of the routes before this one
        return (fits, found) if fits is Match.FULL else (Match.NONE, {})


def add_routes(routes: APIRouter, visitor: Visitor) -> None:
    """The last route: whatever no other has taken."""
    here = Depends(visitor)

    async def elsewhere(_visit: Visit = here) -> Response:
        """There is no such page."""
        raise ApiProblem(404, NO_PAGE, "")

    routes.add_api_route("/{path:path}", elsewhere, methods=["GET"], route_class_override=BrowsersRoute)
