"""Real servers on loopback that misbehave on demand: SMTP and HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

TAKEN = "250 OK"
DROPPED = "drop"
"""Instead of a reply: the server has the letter and breaks the connection."""
SLOW = "slow"


@dataclass
class MailServer:
    """What the server did and what it shall do next: scripted replies are used up, then everything is taken."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    logins: list[tuple[str, str]] = field(default_factory=list)
    on_rcpt: list[str] = field(default_factory=list)
    on_data: list[str] = field(default_factory=list)
    drop_all: Callable[[], None] = lambda: None

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        reply = self.on_rcpt.pop(0) if self.on_rcpt else TAKEN
        if reply == SLOW:
            await asyncio.sleep(1)
        if reply == DROPPED:
            server.transport.abort()
        if reply == TAKEN:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self.on_data.pop(0) if self.on_data else TAKEN
        if reply in (TAKEN, DROPPED):
            assert isinstance(envelope.content, bytes)
            parsed = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(parsed, EmailMessage)
            self.letters.append(parsed)
            self.recipients += envelope.rcpt_tos
        if reply == DROPPED:
            server.transport.abort()
        return reply

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Everybody may sign in whose password is ``right``."""
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right")


@asynccontextmanager
async def mail_server(port: int = 0) -> AsyncIterator[MailServer]:
    """A real SMTP server in this loop."""
    state = MailServer()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        state.connections += 1
        sessions.append(SMTP(state, hostname="test", authenticator=state.authenticate, auth_require_tls=False))
        return sessions[-1]

    def drop_all() -> None:
        for each in sessions:
            if each.transport:
                each.transport.abort()

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", port)
    state.port, state.drop_all = server.sockets[0].getsockname()[1], drop_all
    try:
        yield state
    finally:
        server.close()
        drop_all()


@dataclass
class Posted:
    """One request that a subscriber got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HookServer:
    """A subscriber: what it got, and the answers it shall give; then always 204."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                headers = {}
                while (header := await reader.readline()) != b"\r\n":
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.posted.append(Posted(line.decode().split()[1], headers, body))
                answer = self.answers.pop(0) if self.answers else "204 No Content"
                if answer == DROPPED:
                    break
                if answer == "silence":
                    await asyncio.sleep(5)
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def hook_server() -> AsyncIterator[HookServer]:
    """A real HTTP server in this loop."""
    state = HookServer()
    server = await asyncio.start_server(state.serve, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
