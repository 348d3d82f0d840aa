"""The hash chain of an aggregate: whether what was delivered is what was written, without trusting who delivers it."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256

from loanstream_client.envelope import TYPE, Event

GENESIS = bytes(32)
"""The hash before the first event of an aggregate."""

HASHED = (TYPE, "ce_id", "ce_subject", "ce_sequence", "ce_time", "ce_businessdate", "ce_authid", "ce_causationid")
"""Headers under the hash, in this order."""


def link(previous: bytes, headers: Mapping[str, str], value: bytes) -> bytes:
    """The 32-byte hash of an event, given that of the aggregate's event before it."""
    texts = (headers[name].encode() for name in HASHED)
    return sha256(previous + b"".join(len(text).to_bytes(4, "big") + text for text in texts) + value).digest()


def chain_text(digest: bytes) -> str:
    """How a hash stands in ``ce_chain``."""
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def first_break(events: Iterable[Event]) -> Event | None:
    """The first event that does not follow from the one before it; ``None`` when all do.

    The events must begin with the first of each aggregate and be in order of their partitions.
    """
    heads: dict[tuple[str, str], bytes] = {}
    for event in events:
        aggregate = (event.record.topic, event.subject)
        digest = link(heads.get(aggregate, GENESIS), event.record.headers, event.record.value)
        if chain_text(digest) != event.record.headers.get("ce_chain"):
            return event
        heads[aggregate] = digest
    return None
