"""A parcel service outside: takes each parcel once per idempotency key, fails on demand, and remembers what it was asked."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loanstream.runtime.definitions import EffectResult, EffectRow, EffectStatus, Send
from tests.runtime.support.shipping import RecordShipment, Shipped

Behaviour = Callable[[EffectRow], EffectResult]


def ok(row: EffectRow) -> EffectResult:
    """The parcel is on its way."""
    return EffectResult(EffectStatus.SUCCEEDED, {"tracking": row.id})


def busy(row: EffectRow) -> EffectResult:
    """Certainly not taken, come again."""
    return EffectResult(EffectStatus.RETRY, {"error": "busy"})


def broken(row: EffectRow) -> EffectResult:
    """The line breaks: who knows whether it was taken."""
    raise ConnectionResetError("peer of c-1@example.com is gone")


@dataclass
class Carrier:
    """An effect handler; ``next`` are the behaviours of the coming calls of perform, then it succeeds."""

    next: list[Behaviour] = field(default_factory=list)
    answers: list[EffectStatus] = field(default_factory=list)
    """What resolve answers, first ones first; else whether the parcel was taken."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """(``perform`` or ``resolve``, order) in the order of the calls."""
    taken: dict[str, str] = field(default_factory=dict)
    """Order by idempotency key."""
    hang: bool = False
    report_fails: bool = False
    running: int = 0
    most_at_once: int = 0

    async def perform(self, row: EffectRow) -> EffectResult:
        """Take the parcel."""
        self.calls.append(("perform", row.payload["order"]))
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        await asyncio.sleep(3600 if self.hang else 0)
        self.running -= 1
        behaviour = self.next.pop(0) if self.next else ok
        if behaviour is not busy:
            self.taken[row.id] = row.payload["order"]
        return behaviour(row)

    async def resolve(self, row: EffectRow) -> EffectResult:
        """Say whether it was taken."""
        self.calls.append(("resolve", row.payload["order"]))
        if self.answers:
            return EffectResult(self.answers.pop(0))
        return EffectResult(EffectStatus.SUCCEEDED if row.id in self.taken else EffectStatus.RETRY)

    def report(self, row: EffectRow, result: EffectResult) -> Send | None:
        """The command that records it."""
        if self.report_fails:
            raise RuntimeError("a bug in the report")
        order = row.payload["order"]
        return Send(
            order,
            RecordShipment(effect=row.id, status=result.status.value, attempts=row.attempts, unknowns=row.unknowns),
        )

    def recorded(self, event: Any) -> str | None:
        """Shipped names the row that it records."""
        return event.effect if isinstance(event, Shipped) and event.effect else None
