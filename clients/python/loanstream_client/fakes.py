"""Made-up events for tests: valid by their schemas, numbered and chained as real ones, the same for the same seed.

They tell no story: a loan may settle before it was booked. Record a real system for that.
"""

import datetime
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

from loanstream_client.chain import GENESIS, chain_text, link
from loanstream_client.envelope import TYPE, Event, Place, Record, event_of
from loanstream_client.events import EVENTS, TOPICS

_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_WORDS = ("harbour", "maple", "ledger", "river", "granite", "orchard")
_TEXTS: Mapping[str, Callable[[random.Random], str]] = {
    r"^[A-Z]{3}$": lambda chance: "CNY",
    _DECIMAL: lambda chance: f"{chance.randrange(1, 5_000_000) / 100:.2f}",
    r"^[0-9a-f]{64}$": lambda chance: f"{chance.getrandbits(256):064x}",
    r"^[A-Za-z0-9][A-Za-z0-9._/-]*$": lambda chance: f"{chance.choice(_WORDS)}-{chance.randrange(1000)}",
    r"^[^\x00-\x1f\x7f]*$": lambda chance: f"{chance.choice(_WORDS)} {chance.choice(_WORDS)}",
}
"""How to make text that fits a pattern of the contract."""
_FIRST_TIME = datetime.datetime(2026, 1, 5, 9, tzinfo=datetime.UTC)
_PARTITION_EVENTS = ("AggregateHeld", "AggregateReleased", "BusinessDayClosed", "BusinessDayStarted")


@cache
def schemas() -> Mapping[str, Mapping[str, Any]]:
    """The published JSON Schema of every event type, by type string."""
    text = resources.files("loanstream_client").joinpath("schemas.json").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return found


def fake_value(ce_type: str, seed: int = 0) -> dict[str, Any]:
    """A value of an event type, as JSON would have it."""
    schema = schemas()[ce_type]
    value: dict[str, Any] = _made(schema, schema, random.Random(f"{ce_type} {seed}"))  # noqa: S311
    return value


def fake_events(
    count: int, *, seed: int = 0, types: Sequence[str] | None = None, aggregates: int = 5, partitions: int = 6
) -> Iterator[Event]:
    """``count`` events of these types, or of all, on some aggregates of each context; without a gap from the first on."""
    chosen = list(types or EVENTS)
    if unknown := [each for each in chosen if each not in EVENTS]:
        raise ValueError(f"no event type {', '.join(unknown)}")
    chance = random.Random(seed)  # noqa: S311
    streams = _Streams(chance)
    for _ in range(count):
        ce_type = chance.choice(chosen)
        context, name = ce_type.split(".")[1:3]
        partition = chance.randrange(partitions)
        if name in _PARTITION_EVENTS:
            subject = f"partition-{partition}"
        else:
            number = chance.randrange(aggregates)
            subject, partition = f"{context}-{number}", number % partitions
        yield streams.next(ce_type, Place(TOPICS[context], partition), subject)


@dataclass(slots=True)
class _Streams:
    """Where made-up partitions and aggregates stand."""

    chance: random.Random
    partitions: dict[Place, int] = field(default_factory=dict)
    aggregates: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict)
    number: int = 0

    def next(self, ce_type: str, place: Place, subject: str) -> Event:
        """The next event of an aggregate."""
        self.number += 1
        partitionseq = self.partitions[place] = self.partitions.get(place, 0) + 1
        sequence, previous = self.aggregates.get((place.topic, subject), (0, GENESIS))
        time = _FIRST_TIME + datetime.timedelta(seconds=self.number)
        context = ce_type.split(".")[1]
        cause = self._uuid()
        headers = {
            TYPE: ce_type,
            "ce_id": self._uuid(),
            "ce_specversion": "1.0",
            "ce_source": f"/loanstream/{context}",
            "ce_subject": subject,
            "ce_time": time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "ce_dataschema": f"/schemas/{ce_type}.json",
            "ce_sequence": str(sequence + 1),
            "ce_partitionseq": str(partitionseq),
            "ce_correlationid": cause,
            "ce_causationid": cause,
            "ce_businessdate": time.date().isoformat(),
            "ce_authid": "user:fake",
        }
        schema = schemas()[ce_type]
        value = json.dumps(_made(schema, schema, self.chance), ensure_ascii=False, separators=(",", ":")).encode()
        digest = link(previous, headers, value)
        self.aggregates[place.topic, subject] = (sequence + 1, digest)
        event = event_of(
            Record(
                topic=place.topic,
                partition=place.partition,
                offset=partitionseq,  # 0 is the identity record
                timestamp=int(time.timestamp() * 1000),
                key=subject,
                headers={**headers, "ce_chain": chain_text(digest)},
                value=value,
            )
        )
        assert event is not None
        return event

    def _uuid(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))


def _made(schema: Mapping[str, Any], root: Mapping[str, Any], chance: random.Random) -> Any:
    match schema:
        case {"$ref": str(reference)}:
            return _made(root["$defs"][reference.removeprefix("#/$defs/")], root, chance)
        case {"anyOf": choices}:
            return _made(chance.choice(choices), root, chance)
        case {"enum": values}:
            return chance.choice(values)
        case {"properties": properties}:
            required = schema.get("required", ())
            names = [name for name in properties if name in required or chance.random() < 0.5]
            return {name: _made(properties[name], root, chance) for name in names}
        case {"type": "array", "items": items}:
            count = min(chance.randrange(1, 4), schema.get("maxItems", 3))
            return [_made(items, root, chance) for _ in range(count)]
        case {"type": "string"}:
            return _text(schema, chance)
        case {"type": "integer"}:
            return chance.randint(schema.get("minimum", 1), schema.get("maximum", schema.get("minimum", 1) + 99))
        case {"type": "boolean"}:
            return chance.random() < 0.5
        case {"type": "null"}:
            return None
    raise ValueError(f"no fake for {schema}")


def _text(schema: Mapping[str, Any], chance: random.Random) -> str:
    if schema.get("format") == "date":
        return (_FIRST_TIME.date() + datetime.timedelta(days=chance.randrange(365))).isoformat()
    if "pattern" in schema:
        return _TEXTS[schema["pattern"]](chance)
    return f"{chance.choice(_WORDS)}-{chance.randrange(1000)}"
