"""Events of older versions, read as the newest: an upcaster turns the JSON of one major version into that of the next.

What lies in a log stays as it was written, for ever. A release that no longer has the class of an old version has an upcaster for
it, and every reader (folds, reactions, projections) sees the event as if it had been written today.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from schemas import codec, registry
from schemas.registry import MessageType

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""From the JSON of one version to that of the next; pure and total on everything that was ever written in that version."""

_UPCASTS: dict[str, Upcast] = {}


def upcaster(ce_type: str) -> Callable[[Upcast], Upcast]:
    """Function decorator: reads events of the type string ``ce_type`` as the next major version.

    Raises ``ValueError`` when the version already has one, or when the type string has no version.
    """
    next_version(ce_type)

    def register(upcast: Upcast) -> Upcast:
        if ce_type in _UPCASTS:
            raise ValueError(f"{ce_type} already has an upcaster")
        _UPCASTS[ce_type] = upcast
        return upcast

    return register


def next_version(ce_type: str) -> str:
    """``loanstream.servicing.LoanBooked.v2`` of ``….v1``. Raises ``ValueError`` for what is no type string."""
    name, _, version = ce_type.rpartition(".v")
    if not name or not version.isdecimal():
        raise ValueError(f"{ce_type!r} is no type string: it ends in .v and a number")
    return f"{name}.v{int(version) + 1}"


def read_as(ce_type: str) -> str:
    """The type string that events of ``ce_type`` are read as: itself, unless it has an upcaster."""
    while ce_type in _UPCASTS:
        ce_type = next_version(ce_type)
    return ce_type


def upcasts() -> dict[str, str]:
    """Every type string that has an upcaster, with the one that it is read as."""
    return {ce_type: read_as(ce_type) for ce_type in _UPCASTS}


def message_type(ce_type: str) -> MessageType:
    """The message type that events of ``ce_type`` are read as. Raises :class:`~schemas.registry.UnknownType`."""
    return registry.by_type(read_as(ce_type))


def decoder(ce_type: str) -> Callable[[bytes], Any]:
    """Reads the values of events of one type string. Raises :class:`~schemas.registry.UnknownType`."""
    decode = codec.decoder(message_type(ce_type).cls)
    chain: list[Upcast] = []
    while (upcast := _UPCASTS.get(ce_type)) is not None:
        chain.append(upcast)
        ce_type = next_version(ce_type)
    if not chain:
        return decode

    def decode_older(value: bytes) -> Any:
        data = msgspec.json.decode(value)
        for upcast in chain:
            data = upcast(data)
        return decode(msgspec.json.encode(data))

    return decode_older


def decode(ce_type: str, value: bytes) -> Any:
    """An event of any version from a topic that we wrote ourselves, as the newest.

    Raises ``msgspec.ValidationError``, and :class:`~schemas.registry.UnknownType`.
    """
    if ce_type not in _UPCASTS:
        return codec.decode(registry.by_type(ce_type).cls, value)
    return decoder(ce_type)(value)
