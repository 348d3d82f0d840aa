"""Subscribe to the events of Loanstream: typed events, reading topics, fixtures and fakes for tests."""

from loanstream_client.connection import Connection, ConnectionRefused, from_environment
from loanstream_client.continuity import Continuity, Gap, Remade
from loanstream_client.envelope import Event, Place, Position, Record
from loanstream_client.identity import Identity
from loanstream_client.payload import Generic, Payload
from loanstream_client.positions import FilePositions, Identities, MemoryPositions, Positions
from loanstream_client.reading import CannotRead, Subscription

__all__ = [
    "CannotRead",
    "Connection",
    "ConnectionRefused",
    "Continuity",
    "Event",
    "FilePositions",
    "Gap",
    "Generic",
    "Identities",
    "Identity",
    "MemoryPositions",
    "Payload",
    "Place",
    "Position",
    "Positions",
    "Record",
    "Remade",
    "Subscription",
    "from_environment",
]
