"""The service kit over HTTP: what an API and the effect handlers of one service are given."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from loanstream.eventlog.port import EventLog
from loanstream.runtime.clock import Clock
from loanstream.runtime.http import security
from loanstream.runtime.http.inputs import MAX_KEY
from loanstream.runtime.http.problems import Problem, invalid
from loanstream.runtime.http.reading import NoReadModels, ReadModels, until_reached
from loanstream.runtime.http.security import Authenticator
from loanstream.runtime.http.submitting import Submitter, idempotency_key
from loanstream.runtime.http.waiting import OutcomeWaiter
from loanstream.runtime.kit import BulkItem, Principal
from loanstream.runtime.settings import Settings
from loanstream.runtime.stores import HostStore
from loanstream.vault.port import Vault
from schemas import ids

_SEQUENCE = re.compile(r"[0-9]{1,18}")


class HttpServiceKit:
    """Implements :class:`~loanstream.runtime.kit.ServiceKit`; one a service, sharing waiter and authenticator."""

    def __init__(
        self,
        service: str,
        *,
        log: EventLog,
        store: HostStore,
        clock: Clock,
        vault: Vault,
        waiter: OutcomeWaiter,
        authenticator: Authenticator,
        ports: Mapping[str, Any] | None = None,
        reads: ReadModels | None = None,
        settings: Settings | None = None,
    ) -> None:
        settings = settings or Settings()
        self.service = service
        self.log = log
        self.store = store
        self.clock = clock
        self.vault = vault
        self.ports: Mapping[str, Any] = ports or {}
        self.reads: ReadModels = reads or NoReadModels()
        self.authenticator = authenticator
        self.submitter = Submitter(
            service, log, store, clock, waiter, self.reads, settings.wait_seconds, settings.key_lease_seconds
        )

    def require(self, permission: str) -> Callable[..., Principal]:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        return security.require(self.authenticator, permission)

    def authenticated(self) -> Callable[..., Principal]:
        """A dependency: the caller's principal, whatever it may do; the route itself decides what they see."""
        return security.authenticated(self.authenticator)

    def owns(self, principal: Principal, party_ref: str) -> bool:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        return security.owns(principal, party_ref)

    def new_id(self, request: Request, principal: Principal, operation: str) -> str:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        return ids.derived("id", principal.subject, f"{self.service}.{operation}", idempotency_key(request))

    async def submit(
        self,
        request: Request,
        principal: Principal,
        operation: str,
        target: str,
        command: Any,
        extra: Mapping[str, Any] | None = None,
    ) -> Response:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        _check_target(target)
        return await self.submitter.submit(request, principal, operation, target, command, extra)

    async def submit_many(
        self, request: Request, principal: Principal, operation: str, items: Sequence[BulkItem]
    ) -> Response:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        for item in items:
            _check_target(item.target)
        return await self.submitter.submit_many(request, principal, operation, items)

    async def fetch(self, sql: str, *args: Any) -> list[Mapping[str, Any]]:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        return await self.reads.fetch(sql, *args)

    async def at_least(self, request: Request, subject: str) -> None:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        asked = request.query_params.get("at-least")
        if asked is None:
            return
        if not _SEQUENCE.fullmatch(asked):
            raise invalid("at-least", "must be a sequence: a whole number of 0 or more")
        sequence = int(asked)
        seconds = self.submitter.wait_seconds(request)
        if sequence and not await until_reached(self.reads, subject, sequence, seconds):
            raise Problem(
                504,
                "not-yet-projected",
                f"The read models do not have event {sequence} of {subject} after {seconds:g} s: ask again.",
                {"Retry-After": "1"},
                subject=subject,
                sequence=sequence,
            )

    def problem(self, status: int, code: str, detail: str, **members: Any) -> Exception:
        """See :class:`~loanstream.runtime.kit.ServiceKit`."""
        return Problem(status, code, detail, **members)


def _check_target(target: str) -> None:
    """Ids come from paths and bodies: they become the record's key and stand in logs."""
    if not 0 < len(target) <= MAX_KEY or not target.isprintable():
        raise invalid("id", f"must be 1 to {MAX_KEY} printable characters")
