"""Business days on one partition: start, go on in chunks, close. Only aggregates with something due are touched."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from loanstream.eventlog.port import NewRecord
from loanstream.runtime.calendars import next_business_day
from loanstream.runtime.decider.deciding import Answer, Deciding, Draft
from loanstream.runtime.decider.fold import OpenDay
from loanstream.runtime.messages import command_record
from schemas import ids
from schemas.envelope import CommandMeta
from schemas.outcomes import Status
from schemas.platform import (
    AGGREGATE_RELEASED,
    BUSINESS_DAY_CLOSED,
    BUSINESS_DAY_STARTED,
    CONTINUE_BUSINESS_DAY,
    RELEASE_AGGREGATE,
    START_BUSINESS_DAY,
)
from schemas.topics import partition_key

CHUNK = 500
"""Most aggregates that one command of a day touches, so that other commands wait no longer than a chunk."""


class Days:
    """Answers the host's own commands: business days and the release of aggregates."""

    def __init__(self, deciding: Deciding, chunk: int = CHUNK) -> None:
        self.deciding = deciding
        self.fold = deciding.fold
        self.chunk = chunk
        context = deciding.context
        self._answers = {
            START_BUSINESS_DAY[context]: self._start,
            CONTINUE_BUSINESS_DAY[context]: self._continue,
            RELEASE_AGGREGATE[context]: self._release,
        }
        self._queue: list[str] = []
        """Ids still to do in this lap of the open day: a cache of the index of due dates."""
        self._queued_for: tuple[Any, int] | None = None

    def answer(self, meta: CommandMeta, command: Any, time: datetime) -> Answer | None:
        """The answer to a command of the host; ``None`` when it is the domain's."""
        handler = self._answers.get(type(command))
        if handler is None:
            return None
        day, held = replace(self.fold.day), set(self.fold.held)
        try:
            return handler(meta, command, time)
        except Exception:
            # The command fails: the fold must be what the log says, as if it had never been tried.
            self.fold.day, self.fold.held = day, held
            self._queued_for = None
            raise

    def _start(self, meta: CommandMeta, command: Any, time: datetime) -> Answer:
        """Open the next day. While one is open, or when days were missed, the command goes to the back of the queue."""
        day = self.fold.day
        if day.business_date is not None and command.business_date <= day.business_date:
            return Answer(Status.ALREADY_APPLIED)
        if day.open:
            return Answer(Status.EXECUTED, extra=(self._again(meta, command, time),))
        following = self._following(command)
        event = BUSINESS_DAY_STARTED[self.deciding.context](
            business_date=following, partition=self.fold.partition, calendar=command.calendar
        )
        draft = self._partition_draft(event)
        self.fold.day = OpenDay(following, command.calendar, True)
        requeued = (self._again(meta, command, time),) if following < command.business_date else ()
        first = CONTINUE_BUSINESS_DAY[self.deciding.context](business_date=following, cursor="")
        return self._chunk(meta, first, time, (draft,), requeued)

    def _following(self, command: Any) -> Any:
        """The next day to open on the way to the one asked for."""
        before = self.fold.day.business_date
        if before is None:
            return command.business_date
        return min(next_business_day(command.calendar, before), command.business_date)

    def _continue(self, meta: CommandMeta, command: Any, time: datetime) -> Answer:
        if not self.fold.day.open or command.business_date != self.fold.day.business_date:
            return Answer(Status.ALREADY_APPLIED)
        return self._chunk(meta, command, time, (), ())

    def _chunk(
        self, meta: CommandMeta, command: Any, time: datetime, before: tuple[Draft, ...], extra: tuple[NewRecord, ...]
    ) -> Answer:
        """One chunk of the open day, ending with the command for the next one or with ``BusinessDayClosed``."""
        day = command.business_date
        drafts = [self.deciding.day_draft(i, day, time) for i in self._take(command)]
        counts = {
            "aggregates": command.aggregates + len(drafts),
            "events": command.events + sum(len(d.events) for d in drafts if not d.held),
            "held": command.held + sum(d.held for d in drafts),
        }
        follow = self._follow_up(command, drafts, counts)
        if follow is not None:
            return Answer(Status.EXECUTED, drafts=(*before, *drafts), extra=(*extra, self._to_self(meta, follow, time)))
        closed = BUSINESS_DAY_CLOSED[self.deciding.context](business_date=day, partition=self.fold.partition, **counts)
        self.fold.day.open = False
        last = self._partition_draft(closed)
        last.first_index = len(before)
        return Answer(Status.EXECUTED, drafts=(*before, *drafts, last), extra=extra)

    def _take(self, command: Any) -> list[str]:
        """The next ids after the cursor, at most a chunk."""
        lap = (command.business_date, command.lap)
        if self._queued_for != lap:
            due = self.fold.due.until(command.business_date)
            self._queue = sorted((i for i in due if i > command.cursor and i not in self.fold.held), reverse=True)
            self._queued_for = lap
        return list(islice(self._drain(command.business_date), self.chunk))

    def _drain(self, day: Any) -> Iterable[str]:
        """Ids from the queue that are still due: a command in between may have brought one up to the day."""
        while self._queue:
            aggregate_id = self._queue.pop()
            aggregate = self.fold.aggregates[aggregate_id]
            due = aggregate.due
            if due is not None and due <= day and aggregate_id not in self.fold.held:
                yield aggregate_id

    def _follow_up(self, command: Any, drafts: list[Draft], counts: dict[str, int]) -> Any | None:
        """The command that goes on with the day; ``None`` when nothing is left to do."""
        context, day = self.deciding.context, command.business_date
        if self._queue:
            cursor = drafts[-1].aggregate_id if drafts else command.cursor
            return CONTINUE_BUSINESS_DAY[context](business_date=day, cursor=cursor, lap=command.lap, **counts)
        done = {d.aggregate_id for d in drafts}
        left = [i for i in self.fold.due.until(day) if i not in done and i not in self.fold.held]
        if left:
            return CONTINUE_BUSINESS_DAY[context](business_date=day, cursor="", lap=command.lap + 1, **counts)
        return None

    def _release(self, meta: CommandMeta, command: Any, time: datetime) -> Answer:
        """Take an aggregate off hold and bring it up to the day; when it fails again it is held again."""
        if meta.target not in self.fold.held:
            return Answer(Status.ALREADY_APPLIED)
        released = AGGREGATE_RELEASED[self.deciding.context](aggregate_id=meta.target, reason=command.reason)
        day = self.fold.day.business_date
        assert day is not None
        self.fold.held.discard(meta.target)
        caught_up = self.deciding.day_draft(meta.target, day, time)
        caught_up.events.insert(0, self._encoded(released))
        return Answer(Status.EXECUTED, drafts=(caught_up,))

    def _partition_draft(self, *events: Any) -> Draft:
        key = partition_key(self.fold.partition)
        draft = Draft(key, self.fold.aggregate(key), None, None)
        for event in events:
            draft.add_platform(event)
        return draft

    def _encoded(self, event: Any) -> tuple[str, bytes]:
        draft = self._partition_draft(event)
        return draft.events[0]

    def _again(self, meta: CommandMeta, command: Any, time: datetime) -> NewRecord:
        """The same start command at the back of the queue: it ends because the open day's chunks are ahead of it."""
        command_id = ids.derived("day-again", meta.id)
        return self._own(meta, command_id, command, time)

    def _to_self(self, meta: CommandMeta, command: Any, time: datetime) -> NewRecord:
        cursor = f"{command.lap}:{command.cursor}"
        day = command.business_date.isoformat()
        return self._own(meta, ids.day_command_id(self.fold.service, self.fold.partition, day, cursor), command, time)

    def _own(self, meta: CommandMeta, command_id: str, command: Any, time: datetime) -> NewRecord:
        """A command of the host to its own partition; its hops start again at 0, a listed cycle."""
        own = CommandMeta(
            id=command_id,
            type="",
            target=partition_key(self.fold.partition),
            time=time,
            actor=meta.actor,
            correlation=meta.correlation,
            causation=meta.id,
            trace=meta.trace,
        )
        return command_record(own, command, 1)
