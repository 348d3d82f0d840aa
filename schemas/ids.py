"""Deterministic identifiers: the same cause always gives the same id, so a repeat is recognised as one."""

from hashlib import sha1
from uuid import NAMESPACE_URL, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "urn:loanstream")
_SEPARATOR = "\x1f"
_NAMESPACE_BYTES = NAMESPACE.bytes
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The digit that says RFC 4122, by the hash's own digit in its place."""


def derived(*parts: str | int) -> str:
    """The uuid5 of ``parts`` in our namespace, as text. Parts are separated, so ("ab","c") differs from ("a","bc")."""
    # uuid.uuid5 spelled out: several ids are made for each command, and the UUID class costs more than the hash.
    name = _SEPARATOR.join(map(str, parts)).encode()
    text = sha1(_NAMESPACE_BYTES + name, usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def request_command_id(principal: str, operation: str, idempotency_key: str) -> str:
    """Id of the command made from an HTTP request."""
    return derived("request", principal, operation, idempotency_key)


def reaction_command_id(source_event: str, reaction: str, target: str, n: int) -> str:
    """Id of the n-th command that ``reaction`` sends to ``target`` because of ``source_event``."""
    return derived("reaction", source_event, reaction, target, n)


def day_command_id(context: str, partition: int, day: str, cursor: str) -> str:
    """Id of the command that continues business day ``day`` (ISO date) on one partition from ``cursor``."""
    return derived("day", context, partition, day, cursor)


def event_id(command_id: str, aggregate_id: str, index: int) -> str:
    """Id of the index-th event that a command made on an aggregate."""
    return derived("event", command_id, aggregate_id, index)


def effect_id(source_event: str, kind: str, recipient: str) -> str:
    """Id of the one effect of a kind for a recipient that ``source_event`` causes: the provider's idempotency key."""
    return derived("effect", source_event, kind, recipient)


def packed(identifier: str) -> bytes:
    """The 16 bytes of a uuid's text: 36 raw uuids in a set cost 4 KB an aggregate, packed bytes 0.6 KB.

    Raises ``ValueError`` when the text is no uuid.
    """
    raw = bytes.fromhex(identifier.replace("-", ""))
    if len(raw) != 16:
        raise ValueError(f"{identifier!r} is not a uuid")
    return raw
