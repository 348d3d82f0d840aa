"""State of a message: that its outcome is recorded."""

from dataclasses import dataclass

from schemas.notify.commands import DeliveryOutcome


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose outcome is final."""

    outcome: DeliveryOutcome
