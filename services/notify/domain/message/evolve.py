"""Fold of a message."""

from schemas.notify.commands import DeliveryOutcome
from schemas.notify.events import (
    NotificationFailed,
    NotificationRepeated,
    NotificationSent,
    NotificationSuppressed,
)
from services.notify.domain.message.state import Message

Recorded = NotificationSent | NotificationFailed | NotificationSuppressed

_OUTCOMES: dict[type[Recorded], DeliveryOutcome] = {
    NotificationSent: DeliveryOutcome.SENT,
    NotificationFailed: DeliveryOutcome.FAILED,
    NotificationSuppressed: DeliveryOutcome.SUPPRESSED,
}


def evolve(_state: Message | None, event: Recorded | NotificationRepeated) -> Message:
    """The state after ``event``: an outcome is final."""
    if isinstance(event, NotificationRepeated):
        return Message(DeliveryOutcome.SENT, repeated=True)
    return Message(_OUTCOMES[type(event)], repeated=isinstance(event, NotificationSent) and event.uncertain)
