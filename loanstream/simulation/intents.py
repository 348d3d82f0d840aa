"""What a client is about to do."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that a client is about to send."""

    target: str
    command: Any
    actor: str
