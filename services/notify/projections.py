"""Read model of notify: one row a message."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loanstream.runtime.definitions import Projection, Row
from schemas.envelope import EventMeta
from schemas.notify.events import (
    NotificationFailed,
    NotificationRepeated,
    NotificationSent,
    NotificationSuppressed,
)
from services.notify.domain.message.evolve import Recorded


def _row(event: Recorded, meta: EventMeta, outcome: str, **values: Any) -> Sequence[Row]:
    common = {
        "recipient": event.recipient,
        "party_ref": event.party_ref,
        "channel": event.channel,
        "category": event.category,
        "cause": event.cause,
        "loan_id": event.loan_id,
        "outcome": outcome,
        "recorded_at": meta.time,
        "business_date": meta.business_date,
    }
    return (Row(table="messages", key={"message_id": event.message_id}, values={**common, **values}),)


def sent(event: NotificationSent, meta: EventMeta) -> Sequence[Row]:
    """A message that was handed over."""
    return _row(event, meta, "sent", template=event.template, uncertain=event.uncertain)


def repeated(event: NotificationRepeated, _meta: EventMeta) -> Sequence[Row]:
    """A message that may have arrived twice."""
    return (Row(table="messages", key={"message_id": event.message_id}, values={"uncertain": True}),)


def failed(event: NotificationFailed, meta: EventMeta) -> Sequence[Row]:
    """A message that was undeliverable."""
    return _row(event, meta, "failed", reason=event.reason)


def suppressed(event: NotificationSuppressed, meta: EventMeta) -> Sequence[Row]:
    """A message that was not sent."""
    return _row(event, meta, "suppressed", reason=event.reason)


PROJECTION = Projection(
    migrations=Path(__file__).parent / "migrations",
    handlers={
        NotificationSent: sent,
        NotificationRepeated: repeated,
        NotificationFailed: failed,
        NotificationSuppressed: suppressed,
    },
)
