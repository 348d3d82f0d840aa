"""What must hold after every history. Expected values come from the clients' own record, never from the topics alone."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from loanstream.eventlog.port import EventLog, Record, TopicPartition
from loanstream.runtime.auditing import Finding, verify
from loanstream.runtime.definitions import EffectRow, EffectStatus
from loanstream.runtime.messages import is_identity, read_event
from loanstream.simulation.books import Books, check_books
from loanstream.simulation.demands import lacks
from loanstream.simulation.intents import Intent
from schemas import envelope
from schemas.outcomes import Outcome, Status, decode_outcome
from schemas.topics import CONTEXTS, Role, topic

_DECIDED = frozenset({Status.EXECUTED, Status.REFUSED, Status.FAILED, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a history left behind."""

    log: EventLog
    sent: Mapping[str, Intent]
    effects: tuple[EffectRow, ...]
    performed: Mapping[str, int]
    """How often a provider really did something, by idempotency key: the provider's own books."""
    stopped: Mapping[str, str]
    """Hosts that refused to go on."""
    busy: tuple[str, ...]
    """Hosts that still had work when the history should have come to rest."""
    states: Mapping[str, Any]
    """What the servicing hosts hold at the end, by aggregate id."""
    parked: tuple[str, ...]
    """Events that a router could not handle: nobody but the clients sends nonsense, so there must be none."""
    captured: bool
    """Whether a transfer of the clients' own went all the way."""


async def check(evidence: Evidence) -> list[str]:
    """Every rule that the history broke, as sentences; empty when all hold."""
    log = evidence.log
    outcomes = [decode_outcome(r.value) async for r in _all(log, Role.OUTCOMES)]
    events = [read_event(r)[0] async for r in _all(log, Role.EVENTS)]
    commands = [r async for r in _all(log, Role.COMMANDS)]
    findings = [f"still busy at the end: {host}" for host in evidence.busy]
    findings += [f"{host} stopped: {why}" for host, why in evidence.stopped.items()]
    findings += [f"audit: {f.code} {f.topic}/{f.partition}@{f.offset} {f.detail}" for f in await _audit(log)]
    findings += _each_decided_once(outcomes, commands, evidence.sent)
    findings += _nothing_lost(outcomes, commands)
    findings += _effects_once(evidence)
    findings += [f"a router parked {what}" for what in evidence.parked]
    findings += check_books(Books(tuple(events), evidence.states, _executed(outcomes, evidence.sent)))
    return findings + lacks(commands, events, evidence.captured)


async def _audit(log: EventLog) -> list[Finding]:
    return (await verify(log, CONTEXTS)).findings


def _each_decided_once(
    outcomes: Iterable[Outcome], commands: Iterable[Record], sent: Mapping[str, Intent]
) -> list[str]:
    """Every command that anybody sent has exactly one decision; every further answer is a repeat of it.

    That nothing is executed again without events either, says the audit.
    """
    decisions: Counter[str] = Counter()
    answers: dict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        answers[outcome.command_id].add(outcome.status)
        if outcome.status == Status.EXECUTED and outcome.event_count:
            decisions[outcome.command_id] += 1
    findings = [f"command {i} led to events {n} times" for i, n in decisions.items() if n > 1]
    for command_id in sent:
        if not answers[command_id] & _DECIDED:
            findings.append(f"the client's command {command_id} ({sent[command_id].command}) was never decided")
    for record in commands:
        command_id = record.headers.get(envelope.ID, "")
        if command_id and not answers.get(command_id):
            findings.append(f"command {command_id} in {record.topic} was never answered")
    return findings


def _nothing_lost(outcomes: Iterable[Outcome], commands: Iterable[Record]) -> list[str]:
    """As many answers as command records: each record was read once."""
    records, answers = sum(1 for _ in commands), sum(1 for _ in outcomes)
    return [] if records == answers else [f"{records} command records, {answers} outcomes"]


def _effects_once(evidence: Evidence) -> list[str]:
    """No effect twice without a recorded unknown, none left open."""
    rows = {str(row.payload.get("message_id", row.id)): row for row in evidence.effects}
    findings = []
    for key, times in evidence.performed.items():
        row = rows.get(key)
        if row is None:
            findings.append(f"a provider did something for {key}, of which nothing is recorded")
        elif times > 1 + row.unknowns:
            findings.append(f"effect {row.kind} {row.id} was performed {times} times with {row.unknowns} unknowns")
    final = (EffectStatus.SUCCEEDED, EffectStatus.FAILED)
    findings += [
        f"effect {row.kind} {row.id} is still {row.status}" for row in rows.values() if row.status not in final
    ]
    return findings


def _executed(outcomes: Iterable[Outcome], sent: Mapping[str, Intent]) -> dict[str, Intent]:
    ids = (o.command_id for o in outcomes if o.status == Status.EXECUTED and o.event_count)
    return {i: sent[i] for i in ids if i in sent}


async def _all(log: EventLog, role: Role) -> AsyncIterator[Record]:
    for context in CONTEXTS:
        name = topic(context, role)
        for partition in range(await log.partitions(name)):
            where = TopicPartition(name, partition)
            for record in await log.read({where: 0}, 1_000_000):
                if not is_identity(record):
                    yield record
