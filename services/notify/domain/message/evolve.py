"""Fold of a message."""

from schemas.notify.commands import DeliveryOutcome
from schemas.notify.events import NotificationFailed, NotificationSent, NotificationSuppressed
from services.notify.domain.message.state import Message

Recorded = NotificationSent | NotificationFailed | NotificationSuppressed

_OUTCOMES: dict[type[Recorded], DeliveryOutcome] = {
    NotificationSent: DeliveryOutcome.SENT,
    NotificationFailed: DeliveryOutcome.FAILED,
    NotificationSuppressed: DeliveryOutcome.SUPPRESSED,
}


def evolve(_state: Message | None, event: Recorded) -> Message:
    """The state after ``event``: an outcome is final."""
    return Message(_OUTCOMES[type(event)])
