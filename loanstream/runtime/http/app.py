"""The HTTP application of one process: the services' routes, signing in, health, metrics, the console's pages."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version
from typing import Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp

from loanstream.runtime.definitions import Service
from loanstream.runtime.http import errors, openapi, signing_in
from loanstream.runtime.http.common import common_routes
from loanstream.runtime.http.guard import Guard
from loanstream.runtime.http.idle import UnderWay, idle_routes
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.kit import HttpServiceKit
from loanstream.runtime.http.parameters import known_parameters
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import Authenticator, public, require_or_token
from loanstream.runtime.http.signing_in import Passwords
from loanstream.runtime.settings import Settings
from loanstream.runtime.telemetry import METRICS_CONTENT_TYPE, metrics_text
from loanstream.runtime.tracing import Tracer
from schemas import codec, documents, registry

Readiness = Callable[[], Awaitable[Sequence[str]]]
"""Sentences about what is not ready yet; none when everything is."""

_GRACE_SECONDS = 3
_DESCRIPTION = "Commands in, queries out. Errors are RFC 9457 problems; changes need an Idempotency-Key."


class OpenRoute(Exception):
    """A route says neither which permission it needs nor that it is public."""


def build_app(
    services: Sequence[tuple[Service, HttpServiceKit]],
    settings: Settings,
    authenticator: Authenticator,
    *,
    issuer: LocalIssuer | Passwords | None = None,
    ready: Readiness | None = None,
    dead: Callable[[], Collection[str]] | None = None,
    under_way: UnderWay | None = None,
    metrics: Callable[[], bytes] = metrics_text,
    tracer: Tracer | None = None,
    console: APIRouter | None = None,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[Any]] | None = None,
) -> FastAPI:
    """The application. Each service's routes stand under ``/api/<name>``, with the ones that every service has.

    ``app.state.stopping`` is an event: set it when the process stops, and live streams end.

    ``issuer`` adds signing in with a password, here or at a process that signs; ``ready`` is asked by ``/health/ready``,
    ``dead`` by ``/health/live``: what only a new process brings back; ``under_way`` says what the process has
    still to do, for ``/api/platform/idle``; ``metrics`` is the text of ``/metrics``; ``tracer`` makes a span for
    each request; ``console`` is mounted at ``/``. Raises :class:`OpenRoute` when a route under
    ``/api`` asks for nothing and does not say :func:`~loanstream.runtime.http.security.public`: default deny.
    """
    stopping = asyncio.Event()
    app = FastAPI(
        title="Loanstream",
        version=version("loanstream"),
        description=_DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[Middleware(Guard, max_body_bytes=settings.max_body_bytes, stopping=stopping, tracer=tracer)],
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.stopping = stopping
    errors.install(app)
    openapi.install(app)
    closed = [Depends(known_parameters)]
    for service, kit in services:
        app.include_router(service.api(kit), prefix=f"/api/{service.name}", dependencies=closed)
        app.include_router(
            common_routes(kit, service), prefix=f"/api/{service.name}", tags=[service.name], dependencies=closed
        )
    secure = not settings.is_loopback
    app.include_router(
        signing_in.router(authenticator, issuer, secure_cookie=secure), prefix="/api/auth", dependencies=closed
    )
    if under_way is not None:
        names = [service.name for service, _ in services]
        app.include_router(idle_routes(authenticator, under_way, names), prefix="/api/platform", dependencies=closed)
    app.include_router(_contract())
    app.include_router(health_routes(ready, dead), prefix="/health")
    app.include_router(metrics_routes(authenticator, settings, metrics))
    if console is not None:
        app.include_router(console)
    refuse_open_routes(app)
    return app


def refuse_open_routes(app: FastAPI) -> None:
    """Default deny. Raises :class:`OpenRoute` naming every route of the API, and every changing one, that asks for nothing.

    Pages of the console may be read by everybody: they hold no data, what they show comes from the API.
    """
    open_routes = [
        f"{method} {path}"
        for method, path, asked in openapi.routes_of(app)
        if asked is None and path != app.openapi_url and (path.startswith("/api") or method not in ("GET", "HEAD"))
    ]
    if open_routes:
        raise OpenRoute(f"routes without a permission: {', '.join(open_routes)}; add Depends(kit.require(...))")


def server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    """The server of an application: no banner, a limit of requests at once, streams ended at shutdown.

    ``await server.serve()`` runs it; ``server.should_exit = True`` stops it.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            server_header=False,
            access_log=False,
            log_config=None,
            limit_concurrency=settings.max_connections,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            timeout_keep_alive=30,
        )
    )


def _contract() -> APIRouter:
    """What ``ce_dataschema`` of an event leads to, and the catalogue of all events."""
    routes = APIRouter(tags=["contract"])

    @routes.get("/contract", dependencies=[Depends(public)], include_in_schema=False)
    async def catalogue() -> Response:
        """The event catalogue, for people. It brings its own content policy, in which frames must be refused by the header."""
        page, policy = documents.catalogue()
        headers = {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'", "Cache-Control": "no-cache"}
        return HTMLResponse(page, headers=headers)

    @routes.get("/schemas/{ce_type}.json", dependencies=[Depends(public)])
    async def schema(ce_type: str) -> Response:
        """The closed JSON Schema of an event or command type, e.g. ``loanstream.servicing.Overdue.v1``."""
        committed = documents.json_schema(ce_type)
        if committed is not None:
            return Response(committed, media_type="application/schema+json")
        try:
            message = registry.by_type(ce_type)
        except registry.UnknownType:
            raise Problem(404, "no-such-type", f"The contract of this release has no type {ce_type}.") from None
        return JSONResponse(codec.json_schema(message.cls), media_type="application/schema+json")

    return routes


def health_routes(ready: Readiness | None, dead: Callable[[], Collection[str]] | None) -> APIRouter:
    """``/live`` and ``/ready``, open to everybody."""
    routes = APIRouter(tags=["health"], dependencies=[Depends(public)])

    @routes.get("/live")
    async def live() -> Response:
        """The process answers, and nothing of it ended by itself; 503 otherwise. Lag and trouble elsewhere do not count."""
        ended = sorted(dead()) if dead is not None else []
        if ended:
            return JSONResponse({"status": "dead", "ended": ended}, 503)
        return JSONResponse({"status": "alive"})

    @routes.get("/ready")
    async def is_ready() -> Response:
        """Everything that this process runs is ready; 503 with what is not."""
        missing = list(await ready()) if ready is not None else []
        if missing:
            return JSONResponse({"status": "not-ready", "waiting_for": missing}, 503)
        return JSONResponse({"status": "ready"})

    return routes


def metrics_routes(authenticator: Authenticator, settings: Settings, text: Callable[[], bytes]) -> APIRouter:
    """``/metrics``: on loopback open to a scraper, elsewhere with the scraper's token or the permission to read lag."""
    asked = require_or_token(authenticator, "platform:read-lag", settings.metrics_token)
    permission = public if settings.is_loopback else asked
    routes = APIRouter(tags=["health"])

    @routes.get("/metrics", dependencies=[Depends(permission)])
    async def metrics() -> Response:
        """Prometheus metrics of this process."""
        return Response(text(), media_type=METRICS_CONTENT_TYPE)

    return routes
