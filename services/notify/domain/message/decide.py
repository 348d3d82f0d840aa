"""The decision on a message: its first recorded outcome stands."""

from collections.abc import Callable, Sequence

from schemas.decision import Context
from schemas.notify.commands import DeliveryOutcome, RecordDelivery
from schemas.notify.events import NotificationFailed, NotificationSent, NotificationSuppressed
from services.notify.domain.message.evolve import Recorded
from services.notify.domain.message.state import Message


def decide(state: Message | None, command: RecordDelivery, context: Context) -> Sequence[Recorded]:
    """One event per message, whatever is reported later."""
    if state is not None:
        return []
    return [_EVENTS[command.outcome](command, context.aggregate_id)]


def _sent(command: RecordDelivery, message_id: str) -> NotificationSent:
    return NotificationSent(
        message_id=message_id,
        party_ref=command.party_ref,
        channel=command.channel,
        category=command.category,
        template=command.template,
        cause=command.cause,
        loan_id=command.loan_id,
        uncertain=command.uncertain,
        recipient=command.recipient,
    )


def _failed(command: RecordDelivery, message_id: str) -> NotificationFailed:
    return NotificationFailed(
        message_id=message_id,
        party_ref=command.party_ref,
        channel=command.channel,
        category=command.category,
        cause=command.cause,
        loan_id=command.loan_id,
        reason=command.reason,
        recipient=command.recipient,
    )


def _suppressed(command: RecordDelivery, message_id: str) -> NotificationSuppressed:
    return NotificationSuppressed(
        message_id=message_id,
        party_ref=command.party_ref,
        channel=command.channel,
        category=command.category,
        cause=command.cause,
        loan_id=command.loan_id,
        reason=command.reason,
        recipient=command.recipient,
    )


_EVENTS: dict[DeliveryOutcome, Callable[[RecordDelivery, str], Recorded]] = {
    DeliveryOutcome.SENT: _sent,
    DeliveryOutcome.FAILED: _failed,
    DeliveryOutcome.SUPPRESSED: _suppressed,
}
