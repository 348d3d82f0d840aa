"""State of a message: that its outcome is recorded, and whether it may have arrived more than once."""

from dataclasses import dataclass

from schemas.notify.commands import DeliveryOutcome


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose outcome is final."""

    outcome: DeliveryOutcome
    repeated: bool = False
    """Whether it is recorded that it may have arrived more than once."""
