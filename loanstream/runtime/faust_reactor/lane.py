"""One partition of one topic in a reactor: its records in order, one run at a time, none done before everything is written."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.clock import Clock
from loanstream.runtime.consuming import GATHER_SECONDS
from loanstream.runtime.faust_reactor.guard import Patience, guarded
from loanstream.runtime.faust_reactor.received import Received
from loanstream.runtime.faust_reactor.sending import Sending
from loanstream.runtime.faust_reactor.work import EXHAUSTED, Parked, Work, work_of
from loanstream.runtime.reacting import Failure, Plan, React, react_to
from loanstream.runtime.stores import HostStore

_log = structlog.get_logger(__name__)

FULL = 1000
"""Records that wait in a lane before no more are fetched for it."""


class MovedBack(Exception):
    """The store has lost positions (a crash, a restore): the records since must be handled again, from the stored position on."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every lane of a reactor works with."""

    name: str
    plan: Plan
    store: HostStore
    hurried: HostStore
    """The same store, which waits for a lock but a moment."""
    sending: Sending
    clock: Clock
    patience: Patience
    batch: int
    counts: Counter[str]
    """Records by what became of them."""
    react: React = react_to


@dataclass(slots=True)
class Lane:
    """Takes records with :meth:`put`; whoever makes it runs :meth:`work` as a task."""

    desk: Desk
    place: TopicPartition
    position: int
    """The next offset to handle, as the store has it."""
    parked: Parked
    on_full: Callable[[], None] = lambda: None
    on_room: Callable[[], None] = lambda: None
    """Called when fetching may go on again."""
    trouble: str = ""
    """Why it waits for the store or the broker."""
    moved_back: bool = False
    """Whether it waits to be begun anew from the stored position."""
    busy: bool = False
    """Whether a run is under way."""
    _waiting: deque[Received] = field(default_factory=deque)
    _run: Sequence[Received] = ()
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _full: bool = False
    _given_up: bool = False
    """Whether the budget of a record of this run was used up."""

    def put(self, each: Received) -> None:
        """Take one record; never blocks, so that a lane in trouble holds up no other."""
        self._waiting.append(each)
        self._woken.set()
        if len(self._waiting) >= FULL:
            self._full = True
            self.on_full()

    def let_go(self) -> None:
        """Tell Faust that nothing here is waited for: the records come again, from the stored position on, to whoever owns them."""
        for each in (*self._run, *self._waiting):
            if each.event is not None and not each.event.message.acked:
                each.event.ack()
        self._waiting.clear()

    async def work(self, stopping: asyncio.Event) -> None:
        """Handle what comes, until ``stopping`` is set."""
        while not stopping.is_set() and not self.moved_back:
            await self._woken.wait()
            if len(self._waiting) < self.desk.batch:
                # a transaction for each record of a burst would cost more than the wait
                await asyncio.sleep(GATHER_SECONDS)
            run = self._run = self._next_run()
            if run:
                self.busy = True
                await self._handle(run)
                self.busy = False

    def _next_run(self) -> list[Received]:
        run = [self._waiting.popleft() for _ in range(min(self.desk.batch, len(self._waiting)))]
        if not self._waiting:
            self._woken.clear()
        if self._full and len(self._waiting) <= FULL // 2:
            self._full = False
            self.on_room()
        return run

    async def _handle(self, run: Sequence[Received]) -> None:
        """All at once if nothing goes wrong, else each alone, so that a record in trouble keeps back nothing but itself."""
        self._given_up = False
        if not await self._handled_together(run):
            for each in run:
                await self._handle_alone(each)
        if self.moved_back:
            return
        for each in run:
            if each.event is not None:
                each.event.ack()

    async def _handled_together(self, run: Sequence[Received]) -> bool:
        if len(run) == 1 or self.trouble:
            return False
        try:
            async with asyncio.timeout(self.desk.patience.attempt):
                await self._attempt(run)
        except Exception:
            return False
        return True

    async def _handle_alone(self, each: Received) -> None:
        """Not done before both the topic and the store have the dead letter; one that they do not take blames no record."""
        while (failure := await self._guarded(partial(self._attempt, [each]))) is not None:
            unwritten = await self._guarded(partial(self._attempt, [each], failure))
            if unwritten is None:
                self._given_up |= failure.reason == EXHAUSTED
                return
            self._tell(f"dead letter not written: {unwritten.error}")
            await asyncio.sleep(self.desk.patience.outage_pause)

    async def _guarded(self, attempt: Callable[[], Awaitable[None]]) -> Failure | None:
        patience = self.desk.patience
        if self._given_up:
            patience = replace(patience, budget=patience.hurried)
        failure = await guarded(attempt, self._stored, self._tell, patience)
        if failure is None and self.trouble and not self.moved_back:
            _log.info("goes on", host=self.desk.name, topic=self.place.topic, partition=self.place.partition)
            self.trouble = ""
        return failure

    async def _attempt(self, run: Sequence[Received], failure: Failure | None = None) -> None:
        """Commands first, then in one transaction effects, dead letters and the position."""
        run = [each for each in run if each.record.offset >= self.position]
        if not run or self.moved_back:
            return
        desk = self.desk
        if self.parked:
            # an operator may have replayed them, from another process
            self.parked = frozenset(await desk.store.parked_keys(desk.name))
        work = work_of(desk.plan, desk.name, run, self.parked, desk.clock.now(), failure, desk.react)
        await desk.sending.commands(work.commands)
        await desk.sending.letters(work.letters)
        after = run[-1].record.offset + 1
        letters = [letter for _, letter in work.letters]
        # together, a lock that is held blames nobody yet: each is tried alone then
        store = desk.hurried if self._given_up or len(run) > 1 else desk.store
        moved = await store.advance(desk.name, {self.place: self.position}, {self.place: after}, work.effects, letters)
        if moved:
            self._moved(work, after)
        else:
            await self._look_again(run)

    def _moved(self, work: Work, after: int) -> None:
        self.position = after
        self.parked = frozenset(work.parked)
        self.desk.counts.update(work.counts)
        for each, letter in work.letters:
            if letter.reason != "parked":
                _log.error(
                    "dead letter",
                    host=self.desk.name,
                    reason=letter.reason,
                    error=letter.error,
                    topic=each.record.topic,
                    partition=each.record.partition,
                    offset=each.record.offset,
                )

    async def _look_again(self, run: Sequence[Received]) -> None:
        """Somebody else moved the position: another member, or an attempt of ours whose answer was lost."""
        stored = await self._stored()
        if stored < self.position:
            self._tell(f"the store went back from {self.position} to {stored}")
            self.moved_back = True
            return
        self.position = stored
        self.parked = frozenset(await self.desk.store.parked_keys(self.desk.name))
        await self._attempt(run)

    async def _stored(self) -> int:
        positions = await self.desk.store.positions(self.desk.name)
        return positions.get(self.place, 0)

    def _tell(self, trouble: str) -> None:
        if not self.trouble:
            _log.warning(
                "waits", host=self.desk.name, topic=self.place.topic, partition=self.place.partition, error=trouble
            )
        self.trouble = trouble
