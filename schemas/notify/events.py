"""Public events of notify."""

from dataclasses import dataclass

from schemas.registry import event


@event("notify", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSent:
    """A message was handed to a channel. Key: message."""

    message_id: str
    party_ref: str
    """The party that it is about; empty when its event names none."""
    channel: str
    """``email`` or ``webhook``."""
    category: str
    """Which rule sent it, e.g. ``installment-due``."""
    template: str
    """Template and version, e.g. ``installment-due/zh/1``; for a webhook the type of the event."""
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    uncertain: bool
    """Whether an earlier attempt's outcome was unknown, so that it may have arrived twice."""
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""


@event("notify", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRepeated:
    """A message recorded as sent was handed to its channel once more 重复发送, by a sender that could not know. Key: message.

    It happens when a sender is held up for longer than its lease between the channel's answer and its own report.
    """

    message_id: str
    party_ref: str
    channel: str
    """``email`` or ``webhook``."""
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""


@event("notify", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationFailed:
    """Finally undeliverable. Key: message."""

    message_id: str
    party_ref: str
    channel: str
    """``email`` or ``webhook``."""
    category: str
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    reason: str
    """The channel's last answer, or that it was given up and after how long, in words."""
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""


@event("notify", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSuppressed:
    """Not sent: preference, no address, quiet hours or duplicate. Key: message."""

    message_id: str
    party_ref: str
    channel: str
    """``email`` or ``webhook``."""
    category: str
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    reason: str
    """``no-address``, ``address-not-usable``, ``subject-erased`` or ``unknown-subject``."""
    recipient: str = ""
    """Party reference, or name of a webhook subscriber."""
