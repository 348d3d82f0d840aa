"""What must hold afterwards, computed from the client's own record and held against the topics."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from email.message import EmailMessage
from typing import Any

from loanstream.eventlog.kafka.cluster_settings import ClusterSettings
from loanstream.eventlog.kafka.log import KafkaLog
from loanstream.eventlog.port import Record, TopicPartition
from loanstream.runtime.messages import is_identity
from schemas import envelope
from schemas.outcomes import Outcome, Status, decode_outcome
from schemas.topics import CONTEXTS, Role, topic
from tests.chaos.front import Answered

MESSAGES = ("NotificationSent", "NotificationFailed", "NotificationSuppressed")
"""What becomes of a message: one of these, once."""


class Topics:
    """Every record of the topics, as a subscriber would read them."""

    def __init__(self) -> None:
        self.commands: dict[tuple[str, int], list[Record]] = defaultdict(list)
        self.outcomes: dict[tuple[str, int], list[Outcome]] = defaultdict(list)
        self.events: list[Record] = []

    @classmethod
    async def read(cls, servers: str) -> "Topics":
        """Read everything that is committed."""
        topics = cls()
        log = KafkaLog(ClusterSettings(servers=servers))
        try:
            for context in CONTEXTS:
                for record in await _everything(log, topic(context, Role.COMMANDS)):
                    topics.commands[context, record.partition].append(record)
                for record in await _everything(log, topic(context, Role.OUTCOMES)):
                    topics.outcomes[context, record.partition].append(decode_outcome(record.value))
                topics.events += await _everything(log, topic(context, Role.EVENTS))
        finally:
            await log.close()
        return topics

    @property
    def command_count(self) -> int:
        """Commands that were sent, by whomever."""
        return sum(map(len, self.commands.values()))


async def _everything(log: KafkaLog, name: str) -> list[Record]:
    positions = {TopicPartition(name, n): 0 for n in range(await log.partitions(name))}
    found: list[Record] = []
    while records := await log.read(positions, 5_000):
        for record in records:
            positions[TopicPartition(record.topic, record.partition)] = record.offset + 1
        found += records
    return [record for record in found if not is_identity(record)]


def every_command_is_decided_once(topics: Topics) -> None:
    """Each record of a commands topic has one outcome that names its position, and no outcome names another."""
    for place, commands in topics.commands.items():
        positions = Counter(outcome.position for outcome in topics.outcomes[place])
        assert positions == Counter(record.offset for record in commands), (
            f"{place}: decided more or less than once: "
            f"{dict(positions - Counter(r.offset for r in commands))} too often, "
            f"{dict(Counter(r.offset for r in commands) - positions)} not at all"
        )


def no_command_is_applied_twice(topics: Topics) -> None:
    """Whatever was sent how often under one id, it was executed at most once."""
    executed = Counter(
        outcome.command_id
        for outcomes in topics.outcomes.values()
        for outcome in outcomes
        if outcome.status == Status.EXECUTED
    )
    twice = [command_id for command_id, times in executed.items() if times > 1]
    assert not twice, f"executed more than once: {twice[:5]}"


def what_clients_were_told_stands_in_the_log(answered: Sequence[Answered], topics: Topics) -> None:
    """Nothing that a client was told has happened is missing, and nothing that was refused has happened."""
    statuses: dict[str, set[str]] = defaultdict(set)
    for outcomes in topics.outcomes.values():
        for outcome in outcomes:
            statuses[outcome.command_id].add(outcome.status)
    for answer in answered:
        found = statuses[answer.command_id]
        if answer.result in (Status.EXECUTED, Status.ALREADY_APPLIED):
            assert Status.EXECUTED in found, f"{answer} was acknowledged, but the log has {found}"
        elif answer.status in (409, 422) and answer.result != "request-in-flight" and found:
            assert Status.EXECUTED not in found, f"{answer} was refused, but the log has {found}"


def every_command_sent_has_an_outcome(sent: Collection[str], answered: Sequence[Answered], topics: Topics) -> None:
    """Whatever clients ever sent was answered in the end, and what was answered stands in the outcomes."""
    keys = {answer.key for answer in answered}
    assert not set(sent) - keys, f"never answered: {sorted(set(sent) - keys)[:5]}"
    decided = {outcome.command_id for outcomes in topics.outcomes.values() for outcome in outcomes}
    known = {answer.command_id for answer in answered if answer.result != "request-in-flight"}
    assert not known - decided, f"answered, but not decided: {sorted(known - decided)[:5]}"


def poison_is_set_aside(sent: Iterable[tuple[str, int, int]], topics: Topics) -> None:
    """Every poison command was answered ``failed`` or refused, and no event names it."""
    answers = {
        (topic(context, Role.COMMANDS), partition, outcome.position): outcome
        for (context, partition), outcomes in topics.outcomes.items()
        for outcome in outcomes
    }
    causes = {record.headers.get(envelope.CAUSATION, "") for record in topics.events}
    for place in sent:
        outcome = answers[place]
        assert outcome.status in (Status.FAILED, Status.REFUSED), f"{place}: {outcome}"
        assert outcome.command_id not in causes, f"{place} became an event"


def sequences_have_no_gap(topics: Topics) -> None:
    """Per aggregate and per partition the numbers are 1, 2, 3 …"""
    sequences: dict[tuple[str, str], list[int]] = defaultdict(list)
    partitions: dict[tuple[str, int], list[int]] = defaultdict(list)
    for record in topics.events:
        sequences[record.topic, record.headers[envelope.SUBJECT]].append(int(record.headers[envelope.SEQUENCE]))
        partitions[record.topic, record.partition].append(int(record.headers[envelope.PARTITION_SEQUENCE]))
    for whose, numbers in [*sequences.items(), *partitions.items()]:
        assert numbers == list(range(1, len(numbers) + 1)), f"{whose}: {numbers[:20]}"


def each_message_is_sent_once(letters: Iterable[EmailMessage], topics: Topics) -> int:
    """A letter arrived once for each ``NotificationSent`` by e-mail; more often only where that is recorded. Answers how many."""
    arrived = Counter(str(letter["Message-ID"]).strip("<>").partition("@")[0] for letter in letters)
    sent = {event["message_id"]: event for event in _bodies(topics, "NotificationSent") if event["channel"] == "email"}
    failed = {event["message_id"] for event in _bodies(topics, "NotificationFailed")}
    repeated = {event["message_id"] for event in _bodies(topics, "NotificationRepeated")}
    for message_id, event in sent.items():
        times = arrived[message_id]
        assert times >= 1, f"{message_id} is recorded as sent, but did not arrive"
        assert times == 1 or event["uncertain"] or message_id in repeated, (
            f"{message_id} arrived {times} times, and nothing says that it might have"
        )
    unrecorded = arrived.keys() - sent.keys() - failed
    assert not unrecorded, f"arrived without a record: {sorted(unrecorded)[:5]}"
    return len(sent)


def _bodies(topics: Topics, name: str) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in topics.events if record.type.split(".")[2] == name]


def comparable(report: Mapping[str, Any]) -> dict[str, Any]:
    """The demo's table without its rate, and with messages as one number: how they went and how often is checked apart."""
    counts = Counter(report["events"])
    del counts["NotificationRepeated"]
    messages = sum(counts.pop(name, 0) for name in MESSAGES)
    return {**report, "events": {**counts, "messages": messages}, "events_per_second": None}
