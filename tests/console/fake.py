"""The console on an API that answers from samples: real signing in, real security headers, no services."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response, StreamingResponse

from loanstream.console import SignInLinks, console
from loanstream.runtime.http import errors, signing_in
from loanstream.runtime.http.guard import Guard
from loanstream.runtime.http.issuer import LocalIssuer
from loanstream.runtime.http.problems import Problem
from loanstream.runtime.http.security import SESSION_COOKIE, Authenticator, require
from loanstream.runtime.settings import Settings
from schemas.topics import CONTEXTS
from tests.console import samples

READERS = {
    "origination": "origination:read",
    "servicing": "servicing:read",
    "funding": "funding:read",
    "risk": "risk:read",
}
OPERATING = {
    "lag": ("platform:read-lag", samples.lags),
    "dead-letters": ("platform:read-dead-letters", samples.letters),
    "business-days": ("platform:read-lag", samples.days),
}


class FakeSystem:
    """The application, what it was asked, and how to make it fail."""

    def __init__(
        self, data_dir: Path, settings: Settings | None = None, client: httpx.AsyncClient | None = None
    ) -> None:
        self.settings = settings or Settings(data_dir=data_dir)
        self.issuer = LocalIssuer.open(data_dir)
        self.reset()
        self.links = SignInLinks(self.issuer.issue, lambda: self.now)
        self.open_streams = 0
        authenticator = Authenticator(self.issuer.verifier(), lambda: 0.0)
        self.app = FastAPI(middleware=[Middleware(Guard, max_body_bytes=100_000)])
        errors.install(self.app)
        self.app.include_router(signing_in.router(authenticator, self.issuer, secure_cookie=False), prefix="/api/auth")
        self.app.include_router(self._api(authenticator), prefix="/api")
        self.app.include_router(console(self.settings, client, self.links))

    def reset(self) -> None:
        """Forget what an earlier test did."""
        self.now = 0.0
        self.answers = _answers()
        self.asked: list[str] = []
        self.broken = False
        """Whether every query of a service is answered 503."""
        self.refused = ""
        """Why live streams are refused as asked for wrongly; empty: they are not."""
        self.live: dict[str, list[dict[str, Any]]] = {context: [] for context in CONTEXTS}
        """Events that a service's live stream gives before it falls silent."""

    def client(self, user: str = "", language: str = "en", host: str = "127.0.0.1") -> httpx.AsyncClient:
        """A browser on this machine, signed in as ``user``."""
        transport = httpx.ASGITransport(self.app, client=(host, 50_000))
        cookies = {SESSION_COOKIE: self.issuer.issue(user)} if user else {}
        return httpx.AsyncClient(
            transport=transport, base_url="http://localhost", cookies=cookies, headers={"Accept-Language": language}
        )

    def _api(self, authenticator: Authenticator) -> APIRouter:
        routes = APIRouter()
        for context in CONTEXTS:
            events = Depends(require(authenticator, "platform:read-events"))
            routes.get(f"/{context}/events", dependencies=[events])(self._events(context))
            routes.get(f"/{context}/events/stream", dependencies=[events])(self._stream(context))
            for what, (permission, answer) in OPERATING.items():
                permitted = Depends(require(authenticator, permission if context != "servicing" else "servicing:read"))
                routes.get(f"/{context}/{what}", dependencies=[permitted])(self._fixed(answer(context)))
            if context in READERS:
                reader = Depends(require(authenticator, READERS[context]))
                routes.get(f"/{context}/{{path:path}}", dependencies=[reader])(self._answer)
        return routes

    async def _answer(self, request: Request) -> Response:
        """What the samples have for the path."""
        path = request.url.path
        self.asked.append(f"{path}?{request.url.query}")
        if self.broken:
            raise Problem(503, "unavailable", "A part of the system cannot be reached now.")
        answer = self.answers.get(path)
        if answer is None:
            raise Problem(404, "not-found", "There is nothing of that id.")
        content = answer(request.query_params) if callable(answer) else answer
        return Response(json.dumps(content), media_type="application/json")

    def _fixed(self, answer: Mapping[str, Any]) -> Callable[[], Any]:
        async def fixed() -> Response:
            return JSONResponse(answer)

        return fixed

    def _events(self, context: str) -> Callable[[Request], Any]:
        async def events(request: Request) -> Response:
            self.asked.append(f"{request.url.path}?{request.url.query}")
            asked = request.query_params
            named = [asked[name] for name in ("loan_id", "application_id", "subject") if name in asked]
            known = not named or named[0] in (samples.LOAN, samples.APPLICATION)
            return JSONResponse({"events": samples.EVENTS[context][-int(asked["limit"]) :] if known else []})

        return events

    def _stream(self, context: str) -> Callable[[Request], Any]:
        async def messages() -> AsyncIterator[bytes]:
            self.open_streams += 1
            try:
                yield b"retry: 2000\n\n"
                for event in self.live[context]:
                    yield b"id: 1\nevent: event\ndata: " + json.dumps(event).encode() + b"\n\n"
                await asyncio.Event().wait()
            finally:
                self.open_streams -= 1

        async def stream(request: Request) -> Response:
            self.asked.append(f"{request.url.path}?{request.url.query}")
            if self.broken:
                raise Problem(503, "too-many-streams", "Too many live streams are open: close one.")
            if self.refused:
                raise Problem(400, "invalid-input", self.refused)
            return StreamingResponse(messages(), media_type="text/event-stream")

        return stream


def _answers() -> dict[str, Any]:
    loan = f"/api/servicing/loans/{samples.LOAN}"
    return {
        "/api/servicing/portfolio": samples.PORTFOLIO,
        "/api/servicing/books": samples.BOOKS,
        "/api/servicing/due-lists": _due_list,
        "/api/funding/custody": samples.CUSTODY,
        "/api/origination/totals": samples.TOTALS,
        "/api/servicing/loans": _loans,
        loan: samples.LOAN_VIEW,
        f"{loan}/schedule": samples.SCHEDULE,
        f"{loan}/payments": samples.PAYMENTS,
        "/api/origination/applications": _applications,
        f"/api/origination/applications/{samples.APPLICATION}": samples.APPLICATION_VIEW,
        f"/api/origination/applications/{samples.REFERRED}": samples.REFERRED_VIEW,
        f"/api/risk/assessments/{samples.APPLICATION}": samples.ASSESSMENT,
        "/api/origination/contracts": {"contracts": [samples.CONTRACT_VIEW], "next": None},
        "/api/origination/drawdowns": _drawdowns,
        f"/api/funding/fundings/{samples.APPLICATION}": samples.FUNDING,
    }


def _loans(asked: Mapping[str, str]) -> dict[str, Any]:
    fits = asked.get("contract_no", samples.CONTRACT_NO) == samples.CONTRACT_NO
    return {"loans": [samples.SUMMARY] if fits else [], "next": samples.LOAN if "after" not in asked else None}


def _due_list(asked: Mapping[str, str]) -> dict[str, Any]:
    fits = asked["month"] == samples.DUE_LIST["month"]
    return samples.DUE_LIST if fits else {"month": asked["month"], "totals": [], "rows": [], "next": None}


def _applications(asked: Mapping[str, str]) -> dict[str, Any]:
    rows = [samples.APPLICATION_VIEW, samples.REFERRED_VIEW]
    named = [
        row
        for row in rows
        if asked.get("state", row["state"]) == row["state"] and asked.get("loan_id", row["loan_id"]) == row["loan_id"]
    ]
    return {"applications": named, "next": None}


def _drawdowns(asked: Mapping[str, str]) -> dict[str, Any]:
    fits = asked.get("state", "released") == "released"
    return {"drawdowns": [samples.DRAWDOWN_VIEW] if fits else [], "next": None}
