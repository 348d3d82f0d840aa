"""Hash chain per aggregate: SHA-256 over the previous hash, the protected headers and the stored value bytes.

Nothing is re-serialised to verify: anyone with the records of an aggregate can recompute every link.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from operator import itemgetter
from struct import Struct

from schemas import envelope

GENESIS = bytes(32)
"""The hash before the first event of an aggregate."""

PROTECTED = (
    envelope.ID,
    envelope.SUBJECT,
    envelope.SEQUENCE,
    envelope.TIME,
    envelope.BUSINESS_DATE,
    envelope.ACTOR,
    envelope.CAUSATION,
)
"""Headers under the hash, after the type; each is length-prefixed so that no two spellings collide."""

_protected = itemgetter(*PROTECTED)
_length = Struct(">I").pack
"""Four bytes, most significant first."""


def link(previous: bytes, ce_type: str, headers: Mapping[str, str], value: bytes) -> bytes:
    """The 32-byte hash of one event, given the hash of the aggregate's event before it."""
    parts = [previous]
    for text in (ce_type, *_protected(headers)):
        raw = text.encode()
        parts += (_length(len(raw)), raw)
    parts.append(value)
    return sha256(b"".join(parts)).digest()


def chain_text(digest: bytes) -> str:
    """How a hash stands in the header: 43 characters, URL-safe base64 without padding."""
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def chain_bytes(text: str) -> bytes:
    """The 32 bytes of a header's hash."""
    return urlsafe_b64decode(text + "=")
