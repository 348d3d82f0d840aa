"""Stored events of whole lives, and what each kind of aggregate folds them to.

``events.jsonl`` is one history of the simulation, kept: it stands for what lies in the logs of an installation. ``paths-1.jsonl``
and those after it have aggregates with the types of events that it lacks (``paths.py``). ``states.txt`` and
``paths-1.states.txt`` name for each kind of aggregate the version of its folding, how many there are, and their states' digest.
"""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from loanstream.eventlog.port import TopicPartition
from loanstream.runtime.definitions import Decider
from loanstream.runtime.messages import is_identity
from loanstream.simulation.faults import NO_FAULTS
from loanstream.simulation.histories import live
from loanstream.simulation.planting import Planted
from schemas import upcasting
from schemas.topics import CONTEXTS, Role, topic
from services.registry import load

HERE = Path(__file__).parent
EVENTS, STATES = HERE / "events.jsonl", HERE / "states.txt"
HISTORIES = tuple(
    (file, STATES if file == EVENTS else file.with_suffix(".states.txt")) for file in sorted(HERE.glob("*.jsonl"))
)
"""Each file of events with that of the states. A file that was released is never changed: what it lacks goes into a new one."""
_SEED = 20_260_105


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as it is kept; ``history`` tells aggregates of one id apart where a file has several histories."""

    type: str
    subject: str
    data: Mapping[str, Any]
    history: str = ""

    @property
    def value(self) -> bytes:
        """The record's value."""
        return json.dumps(self.data).encode()

    def as_json(self) -> dict[str, Any]:
        """A line of a file."""
        return {"type": self.type, "subject": self.subject, "data": self.data} | (
            {"history": self.history} if self.history else {}
        )


def stored_events(file: Path) -> Iterator[Stored]:
    """The events of a file, in order."""
    for line in file.read_text(encoding="utf-8").splitlines():
        yield Stored(**json.loads(line))


def deciders() -> dict[tuple[str, str], Decider]:
    """Every kind of aggregate by context and name."""
    return {(service.name, decider.aggregate): decider for service in load() for decider in service.deciders}


def folded(file: Path = EVENTS) -> dict[str, str]:
    """Per kind of aggregate a line: version of the folding, number of aggregates, digest of their states."""
    known = deciders()
    states: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for stored in stored_events(file):
        message = upcasting.message_type(stored.type)
        kind = (message.context, message.aggregate)
        if kind in known:
            event = upcasting.decode(stored.type, stored.value)
            key = f"{stored.history}/{stored.subject}" if stored.history else stored.subject
            of_kind = states[kind]
            of_kind[key] = known[kind].evolve(of_kind.get(key), event)
    encoder = msgspec.msgpack.Encoder(order="sorted")
    return {
        f"{context}.{aggregate}": (
            f"version {known[context, aggregate].folds}, {len(found)} aggregates,"
            f" {sha256(encoder.encode(sorted(found.items()))).hexdigest()}"
        )
        for (context, aggregate), found in sorted(states.items())
    }


def pinned(states: Path = STATES) -> dict[str, str]:
    """What a file of states holds."""
    return dict(line.split(": ", 1) for line in states.read_text(encoding="utf-8").splitlines())


def regenerate() -> None:
    """Write the states anew. Raises ``SystemExit`` for a folding that changed without a new version."""
    for file, states in HISTORIES:
        before = pinned(states) if states.exists() else {}
        after = folded(file)
        for kind, line in after.items():
            version = line.split(",", 1)[0]
            if kind in before and before[kind] != line and before[kind].split(",", 1)[0] == version:
                raise SystemExit(
                    f"{kind} folds stored events to other states: raise `folds` of its Decider in service.py"
                )
        states.write_text("".join(f"{kind}: {line}\n" for kind, line in after.items()), encoding="utf-8")


async def simulated(seed: int) -> AsyncIterator[Stored]:
    """Every event of one history of the simulation, partition by partition. Raises ``SystemExit`` where a rule did not hold."""
    world, history = await live(seed, Planted.NOTHING, NO_FAULTS)
    if not history.holds:
        raise SystemExit("\n".join(history.findings))
    for place in [TopicPartition(topic(c, Role.EVENTS), n) for c in CONTEXTS for n in range(world.partitions)]:
        for record in await world.log.read({place: 0}, 1_000_000):
            if not is_identity(record):
                yield Stored(record.type, record.key, json.loads(record.value))


async def record_events() -> None:
    """Keep one history of the simulation as the events. Only for a new contract: it forgets how older events folded."""
    lines = [json.dumps(each.as_json(), ensure_ascii=False) async for each in simulated(_SEED)]
    EVENTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
