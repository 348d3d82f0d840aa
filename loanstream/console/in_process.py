"""An httpx transport that calls the application it stands in: no socket, streams handed on as they are sent."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import structlog
from starlette.types import ASGIApp, Message, Scope

_CHUNKS_AHEAD = 16
_LAST_WORDS_SECONDS = 1.0
"""What an application may still do after its answer, e.g. count it."""

_log = structlog.get_logger("loanstream.console")


class InProcess(httpx.AsyncBaseTransport):
    """Requests to an ASGI application in the same event loop; a stream that nobody ends, such as live events, works too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Call the application until its headers are there; the rest comes as the body is read."""
        exchange = _Exchange(self._app, request, await request.aread())
        status, headers = await exchange.start()
        return httpx.Response(status, headers=headers, stream=exchange)


class _Exchange(httpx.AsyncByteStream):
    """One request and its answer, the application running as a task that waits when nobody reads."""

    def __init__(self, app: ASGIApp, request: httpx.Request, body: bytes) -> None:
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (request.url.host, request.url.port),
            "client": ("127.0.0.1", 0),
        }
        self._body: bytes | None = body
        self._sent: asyncio.Queue[Message | None] = asyncio.Queue(_CHUNKS_AHEAD)
        self._gone = asyncio.Event()
        self._task = asyncio.create_task(self._run(app, scope), name=f"console {request.method} {request.url.path}")

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._receive, self._send)
        finally:
            await self._send(None)

    async def _send(self, message: Message | None) -> None:
        if not self._gone.is_set():
            await self._sent.put(message)

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def start(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers. Raises ``httpx.RemoteProtocolError`` when the application ends without them."""
        try:
            message = await self._sent.get()
        except BaseException:
            await self.aclose()
            raise
        if message is None:
            await self.aclose()
            raise httpx.RemoteProtocolError("the application ended without an answer")
        return message["status"], list(message["headers"])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The body, chunk by chunk."""
        while (message := await self._sent.get()) is not None:
            if chunk := message.get("body", b""):
                yield chunk
            if not message.get("more_body", False):
                return

    async def aclose(self) -> None:
        """Tell the application that nobody reads any more, and wait for its end."""
        self._gone.set()
        while not self._sent.empty():
            self._sent.get_nowait()
        _, running = await asyncio.wait((self._task,), timeout=_LAST_WORDS_SECONDS)
        for task in running:
            task.cancel()
            await asyncio.wait((task,))
        if not self._task.cancelled() and (error := self._task.exception()) is not None:
            _log.warning("request failed after its answer", error=repr(error))
