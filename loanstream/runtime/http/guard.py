"""What stands around every request: limits, strict JSON, security headers, correlation, metrics, and no traceback outside.

One pure ASGI middleware, so that it costs microseconds.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loanstream.runtime.http.problems import INVALID_INPUT, Problem, invalid, invalid_fields
from loanstream.runtime.http.submitting import BODY_SCOPE, TRACE_SCOPE
from loanstream.runtime.telemetry import HTTP_REQUESTS, HTTP_SECONDS, correlated
from loanstream.runtime.tracing import SpanKind, Tracer
from schemas.envelope import TRACE

REQUEST_ID = "x-request-id"

_PAGE_POLICY = (
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    b" form-action 'self'; frame-ancestors 'none'"
)
_DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'"

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_API = "/api/"
"""Where every body is JSON, whatever its header says."""
_REQUEST_ID = re.compile(r"[\w.-]{1,64}")
_BYTE = re.compile(r"\(byte (\d+)\)")
_MOST_ERRORS = 20
_SLOW_SECONDS = 1.0

_log = structlog.get_logger("loanstream.http")


class Guard:
    """Wraps the application. A request that it refuses reaches no route; an error that no route handles becomes a 500.

    ``stopping`` is set when the process stops: it ends live streams, and new commands are answered 503 ``stopping``.
    """

    def __init__(
        self, app: ASGIApp, max_body_bytes: int, stopping: asyncio.Event | None = None, tracer: Tracer | None = None
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._max_body_bytes = max_body_bytes
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._tracer is None:
            await self._answered(scope, receive, send)
            return
        headers = Headers(scope=scope)
        method = {"http.request.method": scope["method"]}
        parent = headers.get(TRACE, "")
        with self._tracer.span(scope["method"], SpanKind.SERVER, method, parent=parent) as span:
            scope[TRACE_SCOPE] = span.traceparent
            status, route = await self._answered(scope, receive, send), _route(scope)
            span.name(f"{scope['method']} {route}")
            span.set({"http.route": route, "http.response.status_code": status})
            if status >= 500:
                span.failed(str(status))

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> int:
        """The status that was answered."""
        request_id = _request_id(Headers(scope=scope))
        answering = _Answering(send, scope, request_id)
        with correlated(request=request_id):
            try:
                await self._app(scope, await self._checked(scope, receive), answering)
            except Problem as problem:
                await problem.response()(scope, receive, answering)
            except Exception as error:
                await self._failed(error, scope, receive, answering)
            if self._stopping is not None and self._stopping.is_set():
                await answering.complete()
            answering.finish()
        structlog.contextvars.unbind_contextvars("correlation")
        return answering.status

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        """The body, read whole within the limit and checked; raises :class:`Problem`."""
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise invalid("path" if "\x00" in scope["path"] else "query", "holds a NUL character")
        if scope["method"] in _BODILESS:
            return receive if self._stopping is None else _until(self._stopping, receive)
        if self._stopping is not None and self._stopping.is_set():
            raise Problem(503, "stopping", "This process is being stopped: send it again.", {"Retry-After": "1"})
        headers = Headers(scope=scope)
        body = await _read(receive, self._max_body_bytes, headers.get("content-length", ""))
        content_type = headers.get("content-type", "")
        if body and (_is_json(content_type) or scope["path"].startswith(_API)):
            check_json(body)
            if not _is_json(content_type):
                raise _not_json(content_type)
        scope[BODY_SCOPE] = body
        return _replayed(body, receive)

    async def _failed(self, error: Exception, scope: Scope, receive: Receive, answering: "_Answering") -> None:
        error_id = str(uuid4())
        _log.error("request failed", error_id=error_id, method=scope["method"], path=scope["path"], exc_info=error)
        if answering.started:
            raise error
        detail = f"Something failed on our side. Tell an operator the error id {error_id}."
        await Problem(500, "internal-error", detail, error_id=error_id).response()(scope, receive, answering)


class _Answering:
    """Sends an answer with our headers, and counts and logs it at its end."""

    def __init__(self, send: Send, scope: Scope, request_id: str) -> None:
        self._send = send
        self._scope = scope
        self._request_id = request_id
        self._begun = time.perf_counter()
        self._status = 0
        self._ended = False

    @property
    def status(self) -> int:
        """The status answered; 0 before."""
        return self._status

    @property
    def started(self) -> bool:
        """Whether a part of the answer is already out."""
        return self._status > 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._add_headers(message)
        self._ended = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def complete(self) -> None:
        """End a live stream in order, so that its reader sees an end and no broken connection."""
        if self.started and not self._ended:
            await self({"type": "http.response.body", "body": b"", "more_body": False})

    def finish(self) -> None:
        """Count, and log refusals, failures and what was slow."""
        seconds = time.perf_counter() - self._begun
        method = self._scope["method"]
        route = _route(self._scope)
        HTTP_REQUESTS.labels(method, route, str(self._status)).inc()
        HTTP_SECONDS.labels(method, route).observe(seconds)
        # what goes well is counted, not told: a line a request costs as much as the rest of this middleware
        tell = _log.info if self._status >= 400 or seconds > _SLOW_SECONDS else _log.debug
        tell("request", method=method, route=route, status=self._status, ms=round(seconds * 1000, 2))

    def _add_headers(self, message: MutableMapping[str, Any]) -> None:
        given = dict(message["headers"])
        added = [(REQUEST_ID.encode(), self._request_id.encode()), *_HEADERS]
        if b"content-security-policy" not in given:
            page = given.get(b"content-type", b"").startswith(b"text/html")
            added.append((b"content-security-policy", _PAGE_POLICY if page else _DATA_POLICY))
        if b"cache-control" not in given and self._scope["path"].startswith("/api/"):
            added.append((b"cache-control", b"no-store"))
        message["headers"] = [*message["headers"], *added]


def check_json(body: bytes) -> None:
    """Refuse JSON that is malformed (naming the byte), nested without end, or holds NUL characters (naming the field)."""
    try:
        content = msgspec.json.decode(body)
    except RecursionError:
        raise Problem(400, INVALID_INPUT, "The JSON body is nested too deeply.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        position = _position(body, error)
        where = "" if position is None else f" at byte {position}"
        said = _BYTE.sub("", str(error)).strip().removeprefix("JSON is malformed: ")
        detail = f"The body is not valid JSON{where}: {said}. Nothing was written."
        raise Problem(400, "malformed-json", detail, position=position) from None
    if b"\\u0000" in body:
        errors = [(path or "body", "holds a NUL character") for path in _with_nul(content, "")][:_MOST_ERRORS]
        if errors:
            raise invalid_fields(errors)


def _position(body: bytes, error: Exception) -> int | None:
    """The byte at which ``body`` stops being JSON, its length when more was expected there; ``None`` when nobody says."""
    found = _BYTE.search(str(error))
    if found:
        return int(found[1])
    try:
        text = body.decode()
        json.loads(text)
    except UnicodeDecodeError as bad:
        return bad.start
    except json.JSONDecodeError as bad:
        return len(text[: bad.pos].encode())
    except (ValueError, RecursionError):
        return None
    return None


def _not_json(content_type: str) -> Problem:
    given = f"not {content_type[:100]}" if content_type else "the header is missing"
    detail = f"Send the body with Content-Type: application/json, {given}. Nothing was written."
    errors = [{"field": "Content-Type", "message": f"must be application/json, {given}"}]
    return Problem(415, "unsupported-media-type", detail, errors=errors)


def _with_nul(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and "\x00" in value:
        yield path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            clean = name.replace("\x00", "")
            place = f"{path}.{clean}" if path else clean
            if clean != name:
                yield place
            yield from _with_nul(item, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _with_nul(item, f"{path}[{index}]")


async def _read(receive: Receive, limit: int, announced: str) -> bytes:
    """The whole body. Raises :class:`Problem` 413 as soon as it is longer than ``limit``."""
    if announced.isdigit() and (len(announced) > 15 or int(announced) > limit):
        raise _too_large(limit)
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int) -> Problem:
    # what is left of the body would be taken for the next request
    return Problem(
        413, "too-large", f"The body has more than {limit} bytes; split it.", {"Connection": "close"}, limit=limit
    )


def _until(stopping: asyncio.Event, receive: Receive) -> Receive:
    """The client seems gone once the process stops: a live stream, which would never end by itself, then ends at once."""

    async def receive_or_stop() -> Message:
        receiving = asyncio.ensure_future(receive())
        stopped = asyncio.ensure_future(stopping.wait())
        try:
            await asyncio.wait((receiving, stopped), return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else {"type": "http.disconnect"}
        finally:
            receiving.cancel()
            stopped.cancel()

    return receive_or_stop


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _route(scope: Scope) -> str:
    """The route's pattern with the prefix of its router in front: few values, however many paths are asked for."""
    pattern: str = getattr(scope.get("route"), "path", "")
    if not pattern:
        return "unknown"
    segments = scope["path"].split("/")
    return "/".join(segments[: len(segments) - pattern.count("/")]) + pattern


def _request_id(headers: Headers) -> str:
    given = headers.get(REQUEST_ID, "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid4())
