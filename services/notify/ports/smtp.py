"""Mail through an SMTP server, over one reused connection.

A reply of the server decides: 2xx sent, 4xx try again, 5xx failed. A connection that breaks before DATA did nothing; one that
breaks from DATA on leaves the outcome unknown, and SMTP has no way to ask.
"""

import asyncio
import socket
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from loanstream.runtime.definitions import EffectResult, EffectStatus
from services.notify.ports.mail import Mail

TIMEOUT = 8.0
"""Seconds for each answer of the server, and for the letter before to be done."""
_PORTS = {"smtp": 587, "smtps": 465}
_TRANSIENT = range(400, 500)


class BadMailServer(ValueError):
    """The address of the mail server cannot be used; the text says why and shows no password."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to sign in."""

    host: str
    port: int
    tls: bool
    """TLS from the first byte (``smtps``); else STARTTLS where the server offers it, and always before a password."""
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Host and port only."""
        return f"Server({self.host}:{self.port})"


def server_of(url: str) -> Server:
    """The server of ``smtp(s)://user:password@host:port``. Raises :class:`BadMailServer`."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadMailServer("the mail server's address must look like smtp://user:password@host:587 or smtps://…:465")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise BadMailServer("the port of the mail server's address must be a number from 1 to 65535") from None
    if bool(parts.username) != bool(parts.password):
        raise BadMailServer("the mail server's address must have both user and password, or neither")
    return Server(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class SmtpMail:
    """The mail port over SMTP; one letter at a time."""

    def __init__(self, server: Server, sender: str, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._sender = sender
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, mail: Mail) -> EffectResult:
        """See :class:`~services.notify.ports.mail.MailPort`. The idempotency key is the Message-ID."""
        content = encoded(mail, self._sender)
        try:
            async with asyncio.timeout(self._timeout):
                await self._lock.acquire()
        except TimeoutError:
            return _result(EffectStatus.RETRY, "mail server busy with other letters")
        try:
            return await self._handed_over(mail, content)
        except BaseException:
            self._drop()
            raise
        finally:
            self._lock.release()

    async def _handed_over(self, mail: Mail, content: bytes) -> EffectResult:
        try:
            client = await self._connected()
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            return _result(EffectStatus.RETRY, f"mail server not available: {_named(error)}")
        try:
            await client.mail(self._sender)
            await client.rcpt(mail.to)
        except aiosmtplib.SMTPResponseException as error:
            return _replied(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            return _result(EffectStatus.RETRY, f"connection lost before the letter: {_named(error)}")
        try:
            await client.data(content)
        except aiosmtplib.SMTPResponseException as error:
            return _replied(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._drop()
            return _result(EffectStatus.UNKNOWN, f"connection lost after the letter: {_named(error)}")
        return _result(EffectStatus.SUCCEEDED, "")

    async def ask(self, mail_id: str) -> EffectResult:
        """SMTP has no question for it: the letter is sent again, and recorded as uncertain."""
        return _result(EffectStatus.RETRY, "a mail server cannot be asked whether it took a letter")

    async def close(self) -> None:
        """Leave the server."""
        client, self._client = self._client, None
        if client is None or not client.is_connected:
            return
        try:
            await client.quit()
        except (aiosmtplib.SMTPException, OSError):
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        """The open connection, asked by RSET whether it still lives, or a new one."""
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.rset()
            except (aiosmtplib.SMTPException, OSError):
                self._drop()
            else:
                return self._client
        client = self._new_client()
        await client.connect()
        self._client = client
        return client

    def _new_client(self) -> aiosmtplib.SMTP:
        server = self._server
        must_encrypt = bool(server.user) and not _is_loopback(server.host)
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            local_hostname=socket.gethostname(),
            use_tls=server.tls,
            start_tls=False if server.tls else (True if must_encrypt else None),
            timeout=self._timeout,
        )

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def encoded(mail: Mail, sender: str) -> bytes:
    """The letter as it travels: plain text, UTF-8 in base64, marked as sent by a machine (RFC 3834)."""
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.time)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message["X-Loanstream-Category"] = mail.category
    message.set_content(mail.body, cte="base64")
    return message.as_bytes()


def _replied(error: aiosmtplib.SMTPResponseException) -> EffectResult:
    status = EffectStatus.RETRY if error.code in _TRANSIENT else EffectStatus.FAILED
    return _result(status, f"the mail server answered {error.code}")


def _result(status: EffectStatus, reason: str) -> EffectResult:
    return EffectResult(status, {"reason": reason} if reason else {})


def _named(error: Exception) -> str:
    """The kind of an error: its text may hold an address."""
    return type(error).__name__


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
