"""What a service's API and effect handlers are given: submit commands, ask read models, check permissions.

The same object serves the embedded process and a service of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import Request, Response

from loanstream.eventlog.port import EventLog
from loanstream.runtime.clock import Clock
from loanstream.runtime.stores import HostStore
from loanstream.vault.port import Vault


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: subject of the token, roles, and the permissions they give."""

    subject: str
    roles: frozenset[str]
    permissions: frozenset[str]
    party: str = ""
    """The party they act for, from the token's claim ``party``; ``*`` for any, empty for none."""
    scoped: bool = False
    """Whether their roles show them the things of their own party only (a borrower)."""


@dataclass(frozen=True, slots=True)
class BulkItem:
    """One command of a bulk request: ``reference`` makes its id, so that a repeated line is recognised."""

    reference: str
    target: str
    command: Any


class ServiceKit(Protocol):
    """A service's way to the platform."""

    service: str
    log: EventLog
    store: HostStore
    clock: Clock
    vault: Vault
    ports: Mapping[str, Any]
    """Outside ports by name (``bank``, ``smtp``, ``webhook`` …), made from settings by the composition root."""

    def require(self, permission: str) -> Callable[..., Principal]:
        """A FastAPI dependency: the caller's principal, or 401 ``unauthenticated`` / 403 ``forbidden``."""
        ...

    def owns(self, principal: Principal, party_ref: str) -> bool:
        """Whether the principal may see and act on things of this party: staff may, a borrower only on their own."""
        ...

    def new_id(self, request: Request, principal: Principal, operation: str) -> str:
        """A new aggregate's id, derived from the request's Idempotency-Key: the repeat of a request makes the same id."""
        ...

    async def submit(
        self,
        request: Request,
        principal: Principal,
        operation: str,
        target: str,
        command: Any,
        extra: Mapping[str, Any] | None = None,
    ) -> Response:
        """Send one command and wait for its outcome.

        200 with ``{"command_id", "status", "target", "sequence", "events": [...]}`` and ``extra`` merged in; 202 with a
        ``Location`` of the outcome when the wait (header ``Prefer: wait=<seconds>``, default 5) ran out; 409 problem for a
        refusal with its code, rule, limit and source; 422 for an Idempotency-Key used with another body; 400 without one.
        """
        ...

    async def submit_many(
        self, request: Request, principal: Principal, operation: str, items: Sequence[BulkItem]
    ) -> Response:
        """Send many commands at once and wait for all: 200 with ``{"results": [{"reference", "status", "code"?, …}]}``."""
        ...

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """Rows of the live read models; unqualified table names are this service's."""
        ...

    async def at_least(self, request: Request, subject: str) -> None:
        """Honour ``?at-least=<sequence>``: wait until the projector has that sequence of ``subject``; 504 problem else."""
        ...

    def problem(self, status: int, code: str, detail: str, **members: Any) -> Exception:
        """An exception that becomes an RFC 9457 problem answer with this stable code; raise it."""
        ...
