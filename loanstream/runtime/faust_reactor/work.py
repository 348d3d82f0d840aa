"""What a run of records of one partition comes to: commands, effects and dead letters. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from loanstream.eventlog.port import NewRecord
from loanstream.runtime.definitions import EffectRow
from loanstream.runtime.faust_reactor.received import Received
from loanstream.runtime.reacting import Failure, Plan, React, Reacted, react_to
from loanstream.runtime.stores import ConsumerDeadLetter

EXHAUSTED = "exhausted"
"""Reason of a dead letter whose record could not be handled though everything else could."""

_BEHIND = Failure("parked", "waits behind an earlier dead letter of its key")

Parked = frozenset[tuple[str, str]]
"""Topics and keys with an open dead letter."""


@dataclass(slots=True)
class Work:
    """What is about to be written."""

    commands: list[NewRecord] = field(default_factory=list)
    effects: list[EffectRow] = field(default_factory=list)
    letters: list[tuple[Received, ConsumerDeadLetter]] = field(default_factory=list)
    parked: set[tuple[str, str]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


def work_of(
    plan: Plan,
    consumer: str,
    run: Sequence[Received],
    parked: Parked,
    now: datetime,
    failure: Failure | None = None,
    react: React = react_to,
) -> Work:
    """React to each record; with ``failure``, all of them become dead letters for that reason."""
    work = Work(parked=set(parked))
    for each in run:
        reacted = Reacted(failure=failure) if failure else _reacted(plan, each, now, react)
        if reacted.skipped:
            work.counts[reacted.skipped] += 1
        elif (each.record.topic, each.record.key) in work.parked and not reacted.idle:
            _park(work, consumer, each, _BEHIND, now)
        elif reacted.failure is not None:
            _park(work, consumer, each, reacted.failure, now)
        else:
            work.commands.extend(reacted.commands)
            work.effects.extend(reacted.effects)
            work.counts["reacted"] += 1
    return work


def _reacted(plan: Plan, each: Received, now: datetime, react: React) -> Reacted:
    if each.unreadable:
        return Reacted(failure=Failure("poison", f"not a record of ours: {each.unreadable}"))
    return react(plan, each.record, now)


def _park(work: Work, consumer: str, each: Received, failure: Failure, now: datetime) -> None:
    work.counts[failure.reason] += 1
    work.parked.add((each.record.topic, each.record.key))
    letter = ConsumerDeadLetter(consumer, each.record, failure.reason, failure.error, 1, "open", now)
    work.letters.append((each, letter))
