"""Signing in: tokens for programs, a cookie session for the console."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import structlog
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import SESSION_COOKIE, Authenticator, authenticated, bearer_token, public
from loanstream.runtime.kit import Principal
from loanstream.runtime.telemetry import SIGN_INS

_FREE_ATTEMPTS = 5
_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 300.0
_REMEMBERED = 10_000
_HASHES_AT_ONCE = 2
"""Each takes 16 MB and tens of milliseconds: more at once would starve everything else."""

_log = structlog.get_logger("loanstream.signing-in")


class Credentials(BaseModel):
    """Name and password of a user of the local issuer."""

    model_config = ConfigDict(extra="forbid")

    user: Annotated[str, Field(min_length=1, max_length=100, examples=["credit-officer"])]
    password: Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class Signed:
    """A token for somebody who signed in."""

    token: str
    seconds: int
    """Its life."""


class Passwords(Protocol):
    """Who checks passwords."""

    async def signed(self, credentials: Credentials) -> Signed:
        """A token. Raises :class:`Problem` 401 ``wrong-credentials``, 429 ``too-many-attempts``, 503 ``issuer-unavailable``."""
        ...


class Brake:
    """Slows guessing down: after five wrong passwords in a row a user's next attempts must wait, twice as long each time."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures: dict[str, tuple[int, float]] = {}

    def check(self, user: str) -> None:
        """Raises :class:`Problem` 429 while the user has to wait."""
        failures, since = self._failures.get(user, (0, 0.0))
        if failures < _FREE_ATTEMPTS:
            return
        pause = min(_FIRST_PAUSE * 2 ** min(failures - _FREE_ATTEMPTS, 20), _LONGEST_PAUSE)
        left = since + pause - self._monotonic()
        if left > 0:
            seconds = int(left) + 1
            raise Problem(
                429, "too-many-attempts", f"Too many wrong passwords: wait {seconds} s.", {"Retry-After": str(seconds)}
            )

    def failed(self, user: str) -> None:
        """A wrong password."""
        if len(self._failures) >= _REMEMBERED:
            self._failures.clear()
        failures, _ = self._failures.get(user, (0, 0.0))
        self._failures[user] = (failures + 1, self._monotonic())

    def passed(self, user: str) -> None:
        """A right password: the count starts again."""
        self._failures.pop(user, None)


class SignIn:
    """Checks passwords with the local issuer, a few at a time, braked per user."""

    def __init__(self, issuer: LocalIssuer, brake: Brake | None = None) -> None:
        self._issuer = issuer
        self._brake = brake or Brake()
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)

    async def signed(self, credentials: Credentials) -> Signed:
        """See :class:`Passwords`."""
        self._brake.check(credentials.user)
        async with self._hashing:
            token = await self._issuer.sign_in(credentials.user, credentials.password)
        if token is None:
            self._brake.failed(credentials.user)
            SIGN_INS.labels("refused").inc()
            _log.warning("sign-in refused", user=credentials.user)
            raise Problem(401, "wrong-credentials", "The user or the password is wrong.")
        self._brake.passed(credentials.user)
        SIGN_INS.labels("accepted").inc()
        return Signed(token, int(self._issuer.life.total_seconds()))


def router(authenticator: Authenticator, issuer: LocalIssuer | Passwords | None, *, secure_cookie: bool) -> APIRouter:
    """Routes under ``/api/auth``; without a local issuer there are no passwords, only tokens of the identity provider."""
    routes = APIRouter(tags=["auth"])
    if issuer is not None:
        passwords = SignIn(issuer) if isinstance(issuer, LocalIssuer) else issuer
        add_token_route(routes, passwords)
        _add_password_session(routes, passwords, secure_cookie)

    @routes.put("/session", dependencies=[Depends(public)], status_code=204)
    async def session_from_token(request: Request) -> Response:
        """Start a console session with the bearer token of this request."""
        token = bearer_token(request)
        await authenticator.principal_of(token)
        return _with_cookie(token, None, secure_cookie)

    @routes.delete("/session", dependencies=[Depends(public)], status_code=204)
    async def sign_out() -> Response:
        """End the console session of this browser."""
        response = Response(status_code=204)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict", secure=secure_cookie)
        return response

    @routes.get("/me")
    async def me(principal: Annotated[Principal, Depends(authenticated(authenticator))]) -> dict[str, Any]:
        """Who calls, and what they may do."""
        return {
            "subject": principal.subject,
            "roles": sorted(principal.roles),
            "permissions": sorted(principal.permissions),
            "party": principal.party,
        }

    return routes


def add_token_route(routes: APIRouter, passwords: Passwords) -> None:
    """``POST /token``, for programs."""

    @routes.post("/token", dependencies=[Depends(public)])
    async def token(credentials: Credentials) -> dict[str, Any]:
        """A bearer token for a user and password."""
        signed = await passwords.signed(credentials)
        return {"access_token": signed.token, "token_type": "Bearer", "expires_in": signed.seconds}


def _add_password_session(routes: APIRouter, passwords: Passwords, secure_cookie: bool) -> None:
    @routes.post("/session", dependencies=[Depends(public)], status_code=204)
    async def session(credentials: Credentials) -> Response:
        """Start a console session: a cookie that scripts cannot read and other sites cannot send."""
        signed = await passwords.signed(credentials)
        return _with_cookie(signed.token, signed.seconds, secure_cookie)


def _with_cookie(token: str, seconds: int | None, secure: bool) -> Response:
    response = Response(status_code=204)
    response.set_cookie(
        SESSION_COOKIE, token, max_age=seconds, path="/", httponly=True, samesite="strict", secure=secure
    )
    return response
