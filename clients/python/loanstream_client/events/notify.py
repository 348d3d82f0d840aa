"""Events of notify. Made from the contract by `make contract`; do not edit."""

import datetime

from loanstream_client.payload import Payload


class AggregateHeld(Payload, frozen=True, kw_only=True):
    """An aggregate failed inside a day: its later commands are refused `on-hold` until it is released."""

    aggregate_id: str
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    business_date: datetime.date
    """Business date 营业日."""
    error_id: str
    """Names the dead letter and the log line."""


class AggregateReleased(Payload, frozen=True, kw_only=True):
    """An operator took the aggregate off hold."""

    aggregate_id: str
    """Id of the aggregate: of the loan, application and so on that the other events name."""
    reason: str
    """Why, in the words of the operator."""


class BusinessDayClosed(Payload, frozen=True, kw_only=True):
    """Everything due on a business date was done on one partition: how many aggregates, how many events."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    aggregates: int
    """Aggregates that had something due that day."""
    events: int
    """Events they emitted."""
    held: int
    """Aggregates that failed and were put on hold."""


class BusinessDayStarted(Payload, frozen=True, kw_only=True):
    """A business date opened on one partition; emitted by the partition itself, key `partition-<n>`."""

    business_date: datetime.date
    """Business date 营业日."""
    partition: int
    """Number of the partition, counted from 0."""
    calendar: str
    """Version of the calendar that says it is a business day, e.g. `every-day/1`."""


class NotificationFailed(Payload, frozen=True, kw_only=True):
    """Finally undeliverable. Key: message."""

    message_id: str
    """Message to one recipient about one event on one channel 通知; also its idempotency key."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    channel: str
    """`email` or `webhook`."""
    category: str
    """Rule that sent it, e.g. `installment-due`; `webhook` for a webhook."""
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    reason: str
    """The channel's last answer, or that it was given up and after how long, in words."""
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""


class NotificationRepeated(Payload, frozen=True, kw_only=True):
    """A message recorded as sent was handed to its channel once more 重复发送, by a sender that could not
    know. Key: message.

    It happens when a sender is held up for longer than its lease between the channel's answer and its
    own report.
    """

    message_id: str
    """Message to one recipient about one event on one channel 通知; also its idempotency key."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    channel: str
    """`email` or `webhook`."""
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""


class NotificationSent(Payload, frozen=True, kw_only=True):
    """A message was handed to a channel. Key: message."""

    message_id: str
    """Message to one recipient about one event on one channel 通知; also its idempotency key."""
    party_ref: str
    """The party that it is about; empty when its event names none."""
    channel: str
    """`email` or `webhook`."""
    category: str
    """Which rule sent it, e.g. `installment-due`."""
    template: str
    """Template and version, e.g. `installment-due/zh/1`; for a webhook the type of the event."""
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    uncertain: bool
    """Whether an earlier attempt's outcome was unknown, so that it may have arrived twice."""
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""


class NotificationSuppressed(Payload, frozen=True, kw_only=True):
    """Not sent: preference, no address, quiet hours or duplicate. Key: message."""

    message_id: str
    """Message to one recipient about one event on one channel 通知; also its idempotency key."""
    party_ref: str
    """Borrower 借款人: the vault's reference of the party, no personal data."""
    channel: str
    """`email` or `webhook`."""
    category: str
    """Rule that sent it, e.g. `installment-due`; `webhook` for a webhook."""
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    """Loan 借款, a UUID known since its application; empty where no loan is known."""
    reason: str
    """`no-address`, `address-not-usable`, `subject-erased` or `unknown-subject`."""
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""
