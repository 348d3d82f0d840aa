"""Snapshots of a decider's partition: caches that may be dropped at any time.

A snapshot is the whole partition at one committed position, in chunks, closed by a manifest. Its state version is a hash of
the state's schema: a host takes only snapshots of its own version, else it folds from 0.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any, get_args, get_type_hints

import msgspec

from loanstream.runtime.decider.fold import Fold, OpenDay
from loanstream.runtime.decider.marks import Marks
from loanstream.runtime.definitions import Decider
from loanstream.runtime.stores import HostStore, SnapshotManifest
from schemas.decision import Refusal

FORMAT = 2
"""Version of the snapshot's own layout; part of the state version."""

CHUNK_AGGREGATES = 2_000


class _Header(msgspec.Struct):
    partitionseq: int
    position: int
    position_command: str
    business_date: date | None
    calendar: str
    open: bool
    held: list[str]
    parked: dict[str, dict[str, list[str]]]
    order: list[tuple[int, list[str]]]
    refusals: list[tuple[bytes, Refusal]]


class _Entry(msgspec.Struct, array_like=True):
    id: str
    aggregate: str
    sequence: int
    chain: bytes
    decided: bytes
    marks: bytes | dict[bytes, int]
    state: msgspec.Raw


_encoder = msgspec.msgpack.Encoder()
_header_decoder = msgspec.msgpack.Decoder(_Header)
_entries_decoder = msgspec.msgpack.Decoder(list[_Entry])


def state_version(deciders: Sequence[Decider]) -> str:
    """Hash of the layout, of every state's schema and of the version of its folding, as 16 hex digits."""
    return _state_version(tuple(deciders))


@cache
def _state_version(deciders: tuple[Decider, ...]) -> str:
    text = f"{FORMAT};" + ";".join(f"{d.aggregate}/{d.folds}:{_shape(d.state)}" for d in deciders)
    return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Taken:
    """A fold as it stood at one moment; the aggregates are copied shallowly, and their states are frozen."""

    service: str
    partition: int
    events_offset: int
    outcomes_offset: int
    header: bytes
    entries: Sequence[tuple[Any, ...]]


def take_snapshot(fold: Fold) -> Taken:
    """The fold as it stands now: between two steps, when all that it holds is committed."""
    entries = [
        (i, a.decider.aggregate if a.decider else "", a.sequence, a.chain, a.decided, _kept(a.marks), a.state)
        for i, a in fold.aggregates.items()
    ]
    header = _encoder.encode(_header(fold))
    return Taken(fold.service, fold.partition, fold.events_offset, fold.outcomes_offset, header, entries)


async def save_snapshot(taken: Taken, store: HostStore, version: str) -> None:
    """Encode and write it, while the host works on; encoding gives way to other work between chunks."""
    chunks = [taken.header]
    for start in range(0, len(taken.entries), CHUNK_AGGREGATES):
        chunks.append(_encoder.encode(taken.entries[start : start + CHUNK_AGGREGATES]))
        await asyncio.sleep(0)
    manifest = SnapshotManifest(
        service=taken.service,
        partition=taken.partition,
        state_version=version,
        events_offset=taken.events_offset,
        outcomes_offset=taken.outcomes_offset,
        chunks=len(chunks),
        digest=_digest(chunks),
    )
    await store.save_snapshot(manifest, chunks)


async def load_snapshot(fold: Fold, store: HostStore, version: str) -> bool:
    """Fill an empty fold from the newest complete snapshot of this version; ``False`` when there is none to trust."""
    found = await store.load_snapshot(fold.service, fold.partition, version)
    if found is None:
        return False
    manifest, chunks = found
    if len(chunks) != manifest.chunks or _digest(chunks) != manifest.digest:
        return False
    header = _header_decoder.decode(chunks[0])
    for entry in _entries(chunks[1:]):
        _restore(fold, entry)
    fold.partitionseq = header.partitionseq
    fold.position = header.position
    fold.position_command = header.position_command
    fold.day = OpenDay(header.business_date, header.calendar, header.open)
    fold.held = set(header.held)
    fold.parked = header.parked
    fold.window.restore(header.order, dict(header.refusals))
    fold.events_offset = manifest.events_offset
    fold.outcomes_offset = manifest.outcomes_offset
    return True


def _header(fold: Fold) -> _Header:
    return _Header(
        partitionseq=fold.partitionseq,
        position=fold.position,
        position_command=fold.position_command,
        business_date=fold.day.business_date,
        calendar=fold.day.calendar,
        open=fold.day.open,
        held=sorted(fold.held),
        parked={target: {key: list(waiting) for key, waiting in by.items()} for target, by in fold.parked.items()},
        order=fold.window.entries(),
        refusals=list(fold.window.refusals.items()),
    )


def _kept(marks: Marks) -> Marks:
    return dict(marks) if isinstance(marks, dict) else marks


def _restore(fold: Fold, entry: _Entry) -> None:
    aggregate = fold.aggregate(entry.id)
    aggregate.sequence = entry.sequence
    aggregate.chain = entry.chain
    aggregate.decided = entry.decided
    aggregate.marks = entry.marks
    if entry.aggregate:
        decider = fold.deciders[entry.aggregate]
        fold.set_state(entry.id, aggregate, decider, msgspec.msgpack.decode(entry.state, type=decider.state))


def _entries(chunks: Sequence[bytes]) -> Iterator[_Entry]:
    for chunk in chunks:
        yield from _entries_decoder.decode(chunk)


def _digest(chunks: Sequence[bytes]) -> str:
    digest = sha256()
    for chunk in chunks:
        digest.update(len(chunk).to_bytes(8, "big"))
        digest.update(chunk)
    return digest.hexdigest()


def _shape(kind: Any) -> str:
    """A state's type as text: fields and their types, through nested dataclasses and structs."""
    if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, msgspec.Struct)):
        hints = get_type_hints(kind)
        names = kind.__struct_fields__ if issubclass(kind, msgspec.Struct) else [f.name for f in fields(kind)]
        return f"{kind.__name__}({','.join(f'{name}:{_shape(hints[name])}' for name in names)})"
    arguments = get_args(kind)
    if arguments:
        return f"{getattr(kind, '__name__', kind)}[{','.join(_shape(a) for a in arguments)}]"
    return getattr(kind, "__name__", str(kind))
