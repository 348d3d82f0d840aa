"""Every error of a request as a problem: validation, unknown routes, a database that is away."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from loanstream.eventlog.port import LogError
from loanstream.runtime.http.problems import INVALID_INPUT, Problem, invalid_fields, problem_response
from loanstream.vault.port import SubjectErased, UnknownSubject

_CODES = {401: "unauthenticated", 403: "forbidden", 404: "no-such-route", 405: "method-not-allowed", 413: "too-large"}
_DETAILS = {
    404: "There is nothing at {path}; the routes are at /api/openapi.json.",
    405: "{path} does not take {method}.",
}
_MOST_ERRORS = 50
_OUTER = ("body", "query", "path", "header", "cookie")

_log = structlog.get_logger("loanstream.http")

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]


def install(app: FastAPI) -> None:
    """Register the handlers on ``app``."""
    handlers: dict[type[Exception], Handler] = {
        Problem: _problem,
        RequestValidationError: _invalid,
        HTTPException: _http,
        asyncpg.DataError: _bad_argument,
        asyncpg.exceptions._base.DataError: _bad_argument,  # found by the driver, before the server sees it
        asyncpg.PostgresConnectionError: _unavailable,
        asyncpg.CannotConnectNowError: _unavailable,
        asyncpg.InternalClientError: _unavailable,
        ConnectionError: _unavailable,
        LogError: _unavailable,
        UnknownSubject: _unknown_subject,
        SubjectErased: _erased,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def field_name(location: Sequence[Any]) -> str:
    """A field as callers write it: ``("body", "items", 2, "amount")`` is ``items[2].amount``."""
    parts = location[1:] if location and location[0] in _OUTER else location
    name = ""
    for part in parts:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return name or str(location[0] if location else "body")


async def _problem(_request: Request, error: Problem) -> Response:
    return error.response()


async def _invalid(_request: Request, error: RequestValidationError) -> Response:
    found = [
        (field_name(entry["loc"]), str(entry["msg"]).removeprefix("Value error, "))
        for entry in list(error.errors())[:_MOST_ERRORS]
    ]
    return invalid_fields(found).response()


async def _http(request: Request, error: HTTPException) -> Response:
    """What the framework refuses: unknown route, wrong method, unreadable form."""
    known = _DETAILS.get(error.status_code)
    detail = known.format(path=request.url.path, method=request.method) if known else str(error.detail)
    return problem_response(
        error.status_code,
        _CODES.get(error.status_code, INVALID_INPUT if error.status_code < 500 else "internal-error"),
        detail,
        error.headers,
    )


async def _bad_argument(request: Request, error: asyncpg.DataError) -> Response:
    """A value that the database cannot take came from the request: the caller's error, but a check is missing here."""
    _log.warning("input reached the database unchecked", path=request.url.path, error=str(error))
    return problem_response(
        400, INVALID_INPUT, "A value of the request is out of range or malformed. Nothing was written."
    )


async def _unavailable(request: Request, error: Exception) -> Response:
    _log.error("a part of the system cannot be reached", path=request.url.path, error=repr(error))
    return problem_response(
        503,
        "unavailable",
        "A part of the system cannot be reached now: send the same request with the same Idempotency-Key again.",
        {"Retry-After": "2"},
    )


async def _unknown_subject(_request: Request, _error: UnknownSubject) -> Response:
    return problem_response(404, "unknown-subject", "There is no such person or firm.")


async def _erased(_request: Request, _error: SubjectErased) -> Response:
    return problem_response(410, "subject-erased", "The personal data of this person or firm was erased.")
