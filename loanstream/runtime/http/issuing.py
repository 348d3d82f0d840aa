"""The local issuer as a process of its own: the only one that holds the signing key and knows passwords.

Every other process verifies tokens with its key set, found as that of any OIDC issuer, and passes on the passwords that it is
given.
"""

import asyncio

import httpx
import structlog
from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware import Middleware

from loanstream.runtime.http import errors
from loanstream.runtime.http.app import health_routes, metrics_routes, refuse_open_routes
from loanstream.runtime.http.guard import Guard
from loanstream.runtime.http.issuer import AUDIENCE, LocalIssuer
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import Authenticator, public
from loanstream.runtime.http.signing_in import Credentials, Signed, SignIn, add_token_route
from loanstream.runtime.http.tokens import RemoteKeys, TokenVerifier
from loanstream.runtime.settings import Settings
from loanstream.runtime.telemetry import metrics_text

_KEY_SET = "/.well-known/jwks.json"
_TOKEN = "/api/auth/token"  # noqa: S105 - a path
_SECONDS = 10.0

_log = structlog.get_logger("loanstream.issuer")


def issuer_app(issuer: LocalIssuer, settings: Settings, authenticator: Authenticator) -> FastAPI:
    """What the process answers: who it is, its public key, and a token for a user and password."""
    stopping = asyncio.Event()
    app = FastAPI(
        title="Loanstream issuer",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Guard, max_body_bytes=settings.max_body_bytes, stopping=stopping)],
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.stopping = stopping
    errors.install(app)
    app.include_router(_discovery(issuer))
    tokens = APIRouter()
    add_token_route(tokens, SignIn(issuer))
    app.include_router(tokens, prefix=_TOKEN.rpartition("/")[0])
    app.include_router(health_routes(None, None), prefix="/health")
    app.include_router(metrics_routes(authenticator, settings, metrics_text))
    refuse_open_routes(app)
    return app


def _discovery(issuer: LocalIssuer) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(public)])

    @routes.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, str]:
        """What verifiers ask of an OIDC issuer; nobody is sent here to sign in."""
        return {"issuer": issuer.name, "jwks_uri": f"{issuer.name}{_KEY_SET}"}

    @routes.get(_KEY_SET)
    async def key_set() -> dict[str, object]:
        """The public key."""
        return issuer.key_set()

    return routes


class IssuerApart:
    """The issuer at an address, for a process without its key."""

    def __init__(self, address: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """``transport`` is another way to it, for tests."""
        self._address = address
        self._transport = transport

    def verifier(self) -> TokenVerifier:
        """Verifies what it signs."""
        return TokenVerifier(RemoteKeys(self._address, transport=self._transport), self._address, AUDIENCE)

    async def signed(self, credentials: Credentials) -> Signed:
        """See :class:`~loanstream.runtime.http.signing_in.Passwords`."""
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=_SECONDS, trust_env=False) as client:
                answer = await client.post(self._address + _TOKEN, json=credentials.model_dump())
            said = answer.json()
            if answer.is_success:
                return Signed(str(said["access_token"]), int(said["expires_in"]))
            refused = _refusal(answer, str(said["detail"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            _log.warning("the issuer does not sign", issuer=self._address, error=repr(error))
            detail = f"The issuer at {self._address} cannot be reached now; try again soon."
            raise Problem(503, "issuer-unavailable", detail, {"Retry-After": "10"}) from None
        raise refused


def _refusal(answer: httpx.Response, detail: str) -> Problem:
    """What it says of the credentials, for whoever sent them. Raises ``ValueError`` for an answer about something else."""
    if answer.status_code == 401:
        return Problem(401, "wrong-credentials", detail)
    if answer.status_code == 429:
        return Problem(429, "too-many-attempts", detail, {"Retry-After": answer.headers["Retry-After"]})
    raise ValueError(f"answered {answer.status_code}")
