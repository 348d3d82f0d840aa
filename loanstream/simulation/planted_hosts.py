"""Hosts and handlers with one rule broken, for :class:`~loanstream.simulation.planting.Planted`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from msgspec import structs

from loanstream.eventlog.port import NewRecord
from loanstream.runtime.decider.deciding import Answer, Deciding
from loanstream.runtime.decider.host import DeciderHost
from loanstream.runtime.definitions import Decider, EffectHandler, EffectResult, EffectRow, Send, Service
from loanstream.simulation.faults import Crash
from loanstream.simulation.planting import Planted
from schemas.envelope import CommandMeta
from schemas.money import minor
from schemas.servicing.events import PaymentReceived
from schemas.topics import Role, topic

_DIES_BETWEEN = 0.1

StepPredecessor = Callable[[Any], Awaitable[None]]


def planted_decider(planted: Planted, random: Random, step_predecessor: StepPredecessor) -> type[DeciderHost]:
    """The decider host, or one with the planted fault."""
    match planted:
        case Planted.DEDUPE_OFF:
            return _ForgetfulHost
        case Planted.EVENT_WITHOUT_OUTCOME:
            return type("_TwoCommitsHost", (_TwoCommitsHost,), {"random": random})
        case Planted.POSITION_BEFORE_FENCE:
            return type("_LateFenceHost", (_LateFenceHost,), {"step_predecessor": staticmethod(step_predecessor)})
        case _:
            return DeciderHost


def planted_service(planted: Planted, service: Service) -> Service:
    """The service, or one whose loans are folded wrongly."""
    if planted is not Planted.BOOKS_WRONG or service.name != "servicing":
        return service
    return replace(service, deciders=tuple(_miscounting(decider) for decider in service.deciders))


def _miscounting(decider: Decider) -> Decider:
    def evolve(state: Any, event: Any) -> Any:
        after = decider.evolve(state, event)
        if isinstance(event, PaymentReceived) and after is not None:
            return structs.replace(after, repaid=after.repaid + minor(event.allocation.principal))
        return after

    return replace(decider, evolve=evolve) if decider.aggregate == "loan" else decider


def planted_handlers(planted: Planted, handlers: Mapping[str, EffectHandler]) -> Mapping[str, EffectHandler]:
    """The effect handlers, or ones that do again what they should ask about."""
    if planted is not Planted.EFFECT_SENT_TWICE:
        return handlers
    return {kind: _ImpatientHandler(handler) for kind, handler in handlers.items()}


class _ForgetfulDeciding(Deciding):
    def repeated(self, meta: CommandMeta, time: datetime) -> Answer | None:
        return None


class _ForgetfulHost(DeciderHost):
    deciding = _ForgetfulDeciding


class _TwoCommitsHost(DeciderHost):
    """Events first, then the outcomes in a commit of their own; now and then it dies in between."""

    random: Random

    async def commit(self, records: Sequence[NewRecord]) -> Mapping[Any, int]:
        assert self.writer is not None
        outcomes = topic(self.service.name, Role.OUTCOMES)
        events = [r for r in records if r.topic != outcomes]
        written = dict(await self.writer.commit(events)) if events else {}
        if events and self.random.random() < _DIES_BETWEEN:
            raise Crash
        written.update(await self.writer.commit([r for r in records if r.topic == outcomes]))
        return written


class _LateFenceHost(DeciderHost):
    """Reads everything first, and fences only then: the predecessor commits in between."""

    step_predecessor: StepPredecessor

    async def open(self) -> None:
        fold = self.fold = self.fold or await self._from_snapshot()
        await self._recover(fold)
        self.next_command = await self._input_position(fold)
        await type(self).step_predecessor(self)
        self.writer = await self.log.writer(self.service.name, self.partition)
        self._begin(fold)


class _ImpatientHandler:
    """Performs again whatever it does not know the outcome of, under a key of its own."""

    def __init__(self, handler: EffectHandler) -> None:
        self.handler = handler

    async def perform(self, row: EffectRow) -> EffectResult:
        await self.handler.perform(row)
        return await self.handler.perform(row)

    async def resolve(self, row: EffectRow) -> EffectResult:
        return await self.handler.perform(row)

    def report(self, row: EffectRow, result: EffectResult) -> Send | None:
        return self.handler.report(row, result)

    def recorded(self, event: Any) -> str | None:
        return self.handler.recorded(event)
