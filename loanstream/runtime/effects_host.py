"""The sender of effects: takes due rows, performs them, and reports what came of it as a command.

An effect whose outcome is unknown is resolved by asking the provider, never by sending again; where the provider says that it
did nothing, it may be performed again, and ``unknowns`` of the row keeps the record of a possible double.

A recipient whose provider is slow holds up nobody but itself, until there are ``slow`` of them.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from loanstream.eventlog.port import EventLog, NewRecord, TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.consuming import LONGEST_STEP_SECONDS
from loanstream.runtime.definitions import EffectHandler, EffectResult, EffectRow, EffectStatus, Send, Service
from loanstream.runtime.effects_restore import guard_empty_effects
from loanstream.runtime.messages import command_record
from loanstream.runtime.reacting import plain
from loanstream.runtime.stores import ASKED, FINISHED, HostStore
from loanstream.runtime.tracing import SpanKind, Tracer
from schemas import ids, registry
from schemas.envelope import CommandMeta
from schemas.topics import Role, topic

_log = structlog.get_logger(__name__)

_LOOK = 0.05
"""Seconds after which a sender looks for what came up since, though no row under way has ended."""
_CLOSING = 2.0
"""Seconds that providers have to answer when the sender closes; less than the supervisor's ``last_step``."""


@dataclass(frozen=True, slots=True)
class SendingRules:
    """How effects are sent."""

    parallel: int = 16
    """Recipients served at once; 1 makes no task. One that takes longer than ``quick`` no longer counts."""
    quick: float = 0.5
    """Seconds after which a row under way makes room for another."""
    slow: int = 256
    """Rows under way at most, however slow: only as many that hang hold up the others, until their ``timeout``."""
    timeout: float = 30.0
    """Seconds that a port may take before the outcome counts as unknown."""
    lease: timedelta = timedelta(minutes=5)
    """How long a claimed row is nobody else's; longer than ``timeout``."""
    attempts: int = 8
    """After so many the effect has failed for good."""
    first_retry: timedelta = timedelta(seconds=2)
    """Wait after the first attempt; doubles with each, with a jitter of up to a quarter."""
    longest_wait: timedelta = timedelta(hours=1)


class EffectsHost:
    """Sends the effects of one service with ``handlers`` by kind."""

    longest_step = LONGEST_STEP_SECONDS

    def __init__(
        self,
        service: Service,
        handlers: Mapping[str, EffectHandler],
        log: EventLog,
        store: HostStore,
        clock: Clock,
        *,
        rules: SendingRules | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.service = service
        self.name = f"{service.name}.effects"
        self.rules = rules or SendingRules()
        self._handlers = handlers
        self._log = log
        self._store = store
        self._clock = clock
        self._tracer = tracer
        self._partitions = 0
        self._running: dict[asyncio.Task[None], float] = {}
        """Rows under way, in the order of their claims, and since when."""

    async def open(self) -> None:
        """Make sure that effects were not lost, so that nothing is done twice: see ``guard_empty_effects``.

        After an error the rows under way go on: to cut them off would only make more outcomes that nobody knows.
        """
        # an outage fails many rows, one after the other: those that it failed since are no cause to start anew once more
        self._ended()
        self._partitions = await self._log.partitions(topic(self.service.name, Role.COMMANDS))
        if self._handlers:
            await guard_empty_effects(self.service, self._handlers, self._log, self._store, self._clock)

    async def step(self) -> bool:
        """Begin what is due, one row per recipient, and as many as there is room for; wait until one ends, but not for long.

        ``False`` when nothing is due or under way. Raises the first error of the rows that ended, of the store or the log; such
        a row stays claimed, and what became of the others is stored.
        """
        if not self._partitions:
            await self.open()
        if not self._handlers:
            return False
        now = self._clock.now()
        free = self._free()
        rows = await self._store.claim_effects(self.service.name, now, now + self.rules.lease, free) if free else []
        if self.rules.parallel == 1:
            for row in rows:
                await self._serve(row)
            return bool(rows)
        began = asyncio.get_running_loop().time()
        for row in rows:
            self._running[asyncio.create_task(self._serve(row), name=f"{self.name} {row.id}")] = began
        if not self._running:
            return False
        await asyncio.wait(self._running, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
        errors = self._ended()
        if errors:
            raise errors[0]
        return True

    async def close(self) -> None:
        """Let the rows under way end, for a short time; then cut them off.

        A claimed row that was not finished is asked about when its lease ran out.
        """
        try:
            if self._running:
                await asyncio.wait(self._running, timeout=_CLOSING)
        finally:
            for task in self._running:
                task.cancel()
            if self._running:
                await asyncio.wait(self._running)
            self._ended()
            # only now: what ends meanwhile is still reported
            self._partitions = 0

    def waiting_on(self) -> Mapping[TopicPartition, int]:
        """No place in the log: due rows are found by looking again."""
        return {}

    def _free(self) -> int:
        """How many rows may be begun now."""
        if self.rules.parallel == 1 or not self._running:
            return self.rules.parallel
        since = asyncio.get_running_loop().time() - self.rules.quick
        counted = sum(began > since for began in self._running.values())
        return max(0, min(self.rules.parallel - counted, self.rules.slow - len(self._running)))

    async def _serve(self, row: EffectRow) -> None:
        """One row from claim to finish; every line about it says which one, and in whose course."""
        with structlog.contextvars.bound_contextvars(
            host=self.name, service=self.service.name, correlation=row.correlation, effect=row.id, kind=row.kind
        ):
            try:
                await (self._served(row) if self._tracer is None else self._traced(self._tracer, row))
            except BaseException as error:
                # told here because of several rows that fail together only one error is raised, and none at the close
                _log.warning("effect not finished", error=type(error).__name__)
                raise

    def _ended(self) -> list[BaseException]:
        """Let go of the rows that are no longer under way; the errors of those that failed, the earliest claimed first."""
        ended = [task for task in self._running if task.done()]
        for task in ended:
            del self._running[task]
        errors = [asyncio.CancelledError() if task.cancelled() else task.exception() for task in ended]
        return [error for error in errors if error is not None]

    async def _traced(self, tracer: Tracer, row: EffectRow) -> None:
        """In a span, which the report continues."""
        with tracer.span(
            f"{'ask about' if row.status in ASKED else 'send'} {row.kind}",
            SpanKind.CLIENT,
            {
                "loanstream.service": row.service,
                "loanstream.effect": row.id,
                "loanstream.attempts": row.attempts,
                "loanstream.correlation": row.correlation,
            },
            parent=row.trace,
        ) as span:
            result = await self._served(replace(row, trace=span.traceparent))
            span.set({"loanstream.status": result.status.value})
            if result.status is not EffectStatus.SUCCEEDED:
                span.failed(result.status.value)

    async def _served(self, row: EffectRow) -> EffectResult:
        handler = self._handlers.get(row.kind)
        if handler is None:
            _log.error("no handler")
            return await self._finish(row, _without_handler(row))
        asking = row.status in ASKED
        result = await self._tried(row, handler.resolve if asking else handler.perform)
        patient = result.not_before is not None
        if result.status is EffectStatus.RETRY and row.attempts >= self.rules.attempts and not patient:
            result = EffectResult(EffectStatus.FAILED, {**result.detail, "gave-up-after": row.attempts})
        if result.status in FINISHED:
            result = await self._reported(row, handler, result)
        return await self._finish(row, result)

    async def _tried(self, row: EffectRow, port: Callable[[EffectRow], Any]) -> EffectResult:
        """What the port answers; an exception or too long a wait leaves the outcome unknown."""
        try:
            async with asyncio.timeout(self.rules.timeout):
                result: EffectResult = await port(row)
        except Exception as error:
            # only the kind of error: its text may hold an address
            _log.warning("effect unknown", error=type(error).__name__)
            return EffectResult(EffectStatus.UNKNOWN, {"error": type(error).__name__})
        if result.status not in _ANSWERS:
            return EffectResult(EffectStatus.UNKNOWN, {"error": f"the handler answered {result.status}"})
        return result

    async def _reported(self, row: EffectRow, handler: EffectHandler, result: EffectResult) -> EffectResult:
        """Send the command that records a final result, before the row is finished: at least once, under one id."""
        try:
            send = handler.report(row, result)
            record = None if send is None else self._report_record(row, result.status, send)
        except Exception as error:
            _log.error("effect cannot be reported", exc_info=error)
            return EffectResult(EffectStatus.UNKNOWN, {"error": f"report: {type(error).__name__}"})
        if record is not None:
            await self._log.send([record])
        return result

    def _report_record(self, row: EffectRow, status: EffectStatus, send: Send) -> NewRecord:
        # performed again after an outcome that nobody knew: a report of its own, or that of the sender before, when it comes to
        # itself, would make this one a repeat
        again = ("again",) if row.unknowns and row.attempts > 1 else ()
        meta = CommandMeta(
            id=ids.derived("effect-report", row.id, status.value, *again),
            type=registry.by_class(type(send.command)).ce_type,
            target=send.target,
            time=self._clock.now(),
            actor=f"service:{self.service.name}",
            correlation=row.correlation,
            causation=row.source_event,
            hops=row.hops + 1,
            business_date=row.business_date,
            trace=row.trace,
        )
        return command_record(meta, send.command, self._partitions)

    async def _finish(self, row: EffectRow, result: EffectResult) -> EffectResult:
        now = self._clock.now()
        due = now if result.status in FINISHED else result.not_before or now + self._wait(row, result.status, now)
        if not await self._store.finish_effect(row, result.status, due, plain(result.detail)):
            _log.warning("lease lost")
        return result

    def _wait(self, row: EffectRow, status: EffectStatus, now: datetime) -> timedelta:
        """Until the next attempt, or until we ask again: then the longer the older the effect is."""
        rules = self.rules
        if status is EffectStatus.UNKNOWN:
            wait = max(rules.first_retry, (now - row.created_at) / 2)
        else:
            wait = rules.first_retry * 2 ** min(row.attempts - 1, 30) if row.attempts else rules.longest_wait
        return min(wait * (1 + _jitter(row) / 4), rules.longest_wait)


_ANSWERS = FINISHED | {EffectStatus.UNKNOWN, EffectStatus.RETRY}


def _without_handler(row: EffectRow) -> EffectResult:
    """Wait for a release that knows the kind: an attempted one stays unknown, so that it is never sent again unasked."""
    status = EffectStatus.UNKNOWN if row.status in ASKED else EffectStatus.RETRY
    return EffectResult(status, {"error": f"this release has no handler for effects of kind {row.kind}"})


def _jitter(row: EffectRow) -> float:
    """From 0 to 1, the same for the same row and attempt, so that a simulation repeats itself."""
    return int(ids.derived("jitter", row.id, row.attempts)[:8], 16) / 0xFFFFFFFF
