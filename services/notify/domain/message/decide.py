"""The decision on a message: its first recorded outcome stands, and a second sending of it is recorded beside it."""

from collections.abc import Callable, Sequence

from schemas.decision import Context
from schemas.notify.commands import DeliveryOutcome, RecordDelivery
from schemas.notify.events import (
    NotificationFailed,
    NotificationRepeated,
    NotificationSent,
    NotificationSuppressed,
)
from services.notify.domain.message.evolve import Recorded
from services.notify.domain.message.state import Message


def decide(
    state: Message | None, command: RecordDelivery, context: Context
) -> Sequence[Recorded | NotificationRepeated]:
    """One outcome per message, whatever is reported later; that it was sent again is told once."""
    if state is not None:
        again = command.outcome is DeliveryOutcome.SENT and command.uncertain
        told = state.repeated or state.outcome is not DeliveryOutcome.SENT
        return [_repeated(command, context.aggregate_id)] if again and not told else []
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


def _repeated(command: RecordDelivery, message_id: str) -> NotificationRepeated:
    return NotificationRepeated(
        message_id=message_id,
        party_ref=command.party_ref,
        channel=command.channel,
        cause=command.cause,
        loan_id=command.loan_id,
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
