"""How far each source of reactions has come with an aggregate: its highest sequence, kept for as long as the aggregate lives.

Most aggregates have few sources: their marks are packed bytes, 14 for each. One with many (a lender's account hears of every
loan) gets a dictionary, because looking through the bytes would cost more than it saves.
"""

from hashlib import blake2b

Marks = bytes | dict[bytes, int]

_KEY = 8
_VALUE = 6
_ENTRY = _KEY + _VALUE
_MANY = 64 * _ENTRY


def mark_key(reaction: str, source_aggregate: str) -> bytes:
    """Under which a reaction's progress with a source stands: 8 bytes, of which two of one aggregate never meet by chance."""
    return blake2b(f"{reaction}/{source_aggregate}".encode(), digest_size=_KEY).digest()


def mark_value(sequence: int, n: int) -> int:
    """Order of a reaction's commands: by source sequence, then by number within one event."""
    return (sequence << 16) | n


def mark_of(marks: Marks, key: bytes) -> int:
    """The mark of a source; -1 when nothing of it was applied."""
    if isinstance(marks, dict):
        return marks.get(key, -1)
    at = _place(marks, key)
    return -1 if at < 0 else int.from_bytes(marks[at + _KEY : at + _ENTRY], "big")


def with_mark(marks: Marks, key: bytes, value: int) -> Marks:
    """The marks after a command of a source; a lower value changes nothing."""
    if isinstance(marks, dict):
        marks[key] = max(marks.get(key, -1), value)
        return marks
    at = _place(marks, key)
    if at < 0:
        grown = marks + key + value.to_bytes(_VALUE, "big")
        return grown if len(grown) <= _MANY else dict(_entries(grown))
    if mark_of(marks, key) >= value:
        return marks
    return marks[: at + _KEY] + value.to_bytes(_VALUE, "big") + marks[at + _ENTRY :]


def entries_of(marks: Marks) -> list[tuple[bytes, int]]:
    """Every source with its mark, in an order that does not depend on how the marks are kept."""
    return sorted(marks.items() if isinstance(marks, dict) else _entries(marks))


def _place(marks: bytes, key: bytes) -> int:
    at = marks.find(key)
    while at > 0 and at % _ENTRY:
        at = marks.find(key, at + 1)
    return at


def _entries(marks: bytes) -> list[tuple[bytes, int]]:
    return [
        (marks[at : at + _KEY], int.from_bytes(marks[at + _KEY : at + _ENTRY], "big"))
        for at in range(0, len(marks), _ENTRY)
    ]
