"""An effect row and the surroundings of a handler."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from loanstream.eventlog.port import Record
from loanstream.runtime.definitions import EffectHandler, EffectResult, EffectRow, EffectStatus
from loanstream.runtime.reacting import plan, react_to
from loanstream.vault.memory import MemoryVault
from schemas import codec
from schemas.envelope import event_headers
from services.notify.ports.subscribers import Subscriber
from services.notify.service import service
from tests.notify.samples import A_TIME, meta_of

NOW = A_TIME + timedelta(minutes=1)


@dataclass
class SetClock:
    """A clock that stands where it is put."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time


@dataclass
class Kit:
    """What a handler is given."""

    vault: Any
    clock: SetClock = field(default_factory=SetClock)
    ports: Mapping[str, Any] = field(default_factory=dict)


async def vault_with(party: Mapping[str, str]) -> tuple[MemoryVault, str]:
    """A vault that knows one party, and its reference."""
    vault = MemoryVault()
    return vault, await vault.register("110101199001010007", party, by="test")


def rows_of(event: Any, subscribers: Sequence[Subscriber] = (), event_id: str = "event-1") -> list[EffectRow]:
    """The effect rows that the reaction host makes of an event."""
    meta = meta_of(event, event_id)
    record = Record(
        topic="loanstream.servicing.events.v1",
        partition=2,
        offset=0,
        key=meta.subject,
        type=meta.type,
        headers=event_headers(meta, "chain"),
        value=codec.encode(event),
        time=meta.time,
    )
    reacted = react_to(plan(service(subscribers), 6), record, A_TIME)
    assert reacted.failure is None, reacted.failure
    return list(reacted.effects)


async def attempt(handler: EffectHandler, row: EffectRow) -> tuple[EffectRow, EffectResult]:
    """Claim a row as the store does, perform or ask as its status demands, and store what came of it."""
    asked = row.status in (EffectStatus.SENDING, EffectStatus.UNKNOWN)
    row = replace(row, attempts=row.attempts + (not asked))
    result = await (handler.resolve(row) if asked else handler.perform(row))
    unknowns = row.unknowns + (not asked and result.status is EffectStatus.UNKNOWN)
    return replace(row, status=result.status, detail=result.detail, unknowns=unknowns), result


def in_utc(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).astimezone(UTC)
