"""The sign-in page, and the one-time link that spares a password on one's own machine."""

from ipaddress import ip_address
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from loanstream.console.rendering import SIGN_IN, html_answer, render, safe_next
from loanstream.console.sign_in_links import SignInLinks
from loanstream.console.words import Words, asked_language
from loanstream.runtime.http.security import SESSION_COOKIE
from loanstream.runtime.roles import roles
from loanstream.runtime.settings import Settings


def add_routes(routes: APIRouter, settings: Settings, links: SignInLinks | None) -> None:
    """The page; open to everybody."""
    usable = links if settings.is_loopback else None

    @routes.get(SIGN_IN)
    async def sign_in(
        request: Request,
        code: Annotated[str, Query(max_length=100)] = "",
        then: Annotated[str, Query(alias="next", max_length=2000)] = "",
    ) -> Response:
        """Asks for user and password, or takes a one-time code."""
        token = usable.redeem(code) if usable is not None and code and _from_this_machine(request) else None
        if token is not None:
            return _signed_in(request, token, settings)
        values = {
            "next": safe_next(then),
            "users": sorted(roles().demo_users) if settings.is_loopback and settings.local_issuer else [],
            "password_file": _password_file(settings),
            "local": settings.local_issuer,
            "code_refused": bool(code),
        }
        return _page(request, "sign_in.html", **values)


def _password_file(settings: Settings) -> str:
    """Where the users' first password stands, for who sits at the machine and was not given one."""
    stands = settings.is_loopback and settings.signs_here and not settings.initial_password
    return str(settings.keys_path / "initial-password") if stands else ""


def _signed_in(request: Request, token: str, settings: Settings) -> Response:
    """A page that goes on to the first one: only a step from a page of ours carries the new cookie along."""
    answer = _page(request, "signed_in.html")
    life = settings.token_minutes * 60
    answer.set_cookie(SESSION_COOKIE, token, max_age=life, path="/", httponly=True, samesite="strict", secure=False)
    return answer


def _page(request: Request, template: str, **values: object) -> Response:
    return html_answer(render(template, request, Words(asked_language(request)), ZoneInfo("UTC"), **values))


def _from_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
