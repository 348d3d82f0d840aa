"""Stored events of whole lives, and what each kind of aggregate folds them to.

``events.jsonl`` is one history of the simulation, kept: it stands for what lies in the logs of an installation. ``states.txt``
names for each kind of aggregate the version of its folding, how many there are, and the digest of their states.
"""

import json
from collections import defaultdict
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
from schemas import codec, registry
from schemas.topics import CONTEXTS, Role, topic
from services.registry import load

HERE = Path(__file__).parent
EVENTS, STATES = HERE / "events.jsonl", HERE / "states.txt"
_SEED = 20_260_105


def deciders() -> dict[tuple[str, str], Decider]:
    """Every kind of aggregate by context and name."""
    return {(service.name, decider.aggregate): decider for service in load() for decider in service.deciders}


def folded() -> dict[str, str]:
    """Per kind of aggregate a line: version of the folding, number of aggregates, digest of their states."""
    known = deciders()
    states: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for line in EVENTS.read_text(encoding="utf-8").splitlines():
        stored = json.loads(line)
        message = registry.by_type(stored["type"])
        kind = (message.context, message.aggregate)
        if kind in known:
            event = codec.decode(message.cls, json.dumps(stored["data"]).encode())
            of_kind = states[kind]
            of_kind[stored["subject"]] = known[kind].evolve(of_kind.get(stored["subject"]), event)
    encoder = msgspec.msgpack.Encoder(order="sorted")
    return {
        f"{context}.{aggregate}": (
            f"version {known[context, aggregate].folds}, {len(found)} aggregates,"
            f" {sha256(encoder.encode(sorted(found.items()))).hexdigest()}"
        )
        for (context, aggregate), found in sorted(states.items())
    }


def pinned() -> dict[str, str]:
    """What ``states.txt`` holds."""
    return dict(line.split(": ", 1) for line in STATES.read_text(encoding="utf-8").splitlines())


def regenerate() -> None:
    """Write the states anew. Raises ``SystemExit`` for a folding that changed without a new version."""
    before = pinned() if STATES.exists() else {}
    after = folded()
    for kind, line in after.items():
        version = line.split(",", 1)[0]
        if kind in before and before[kind] != line and before[kind].split(",", 1)[0] == version:
            raise SystemExit(f"{kind} folds stored events to other states: raise `folds` of its Decider in service.py")
    STATES.write_text("".join(f"{kind}: {line}\n" for kind, line in after.items()), encoding="utf-8")


async def record_events() -> None:
    """Keep one history of the simulation as the events. Only for a new contract: it forgets how older events folded."""
    world, history = await live(_SEED, Planted.NOTHING, NO_FAULTS)
    if not history.holds:
        raise SystemExit("\n".join(history.findings))
    places = [TopicPartition(topic(c, Role.EVENTS), n) for c in CONTEXTS for n in range(world.partitions)]
    records = [record for place in places for record in await world.log.read({place: 0}, 1_000_000)]
    lines = [
        json.dumps({"type": r.type, "subject": r.key, "data": json.loads(r.value)}, ensure_ascii=False)
        for r in records
        if not is_identity(r)
    ]
    EVENTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
