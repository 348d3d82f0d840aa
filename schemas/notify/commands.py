"""Commands of notify."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.registry import command


class DeliveryOutcome(StrEnum):
    """What finally became of a message."""

    SENT = "sent"
    """Handed to the channel."""
    FAILED = "failed"
    """Finally undeliverable."""
    SUPPRESSED = "suppressed"
    """Not sent on purpose."""


@command("notify", "message")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivery:
    """Record what became of a message 记录投递结果; the first record of a message stands. Key: message."""

    outcome: DeliveryOutcome
    recipient: str
    """Party reference, or name of a webhook subscriber."""
    party_ref: str
    """The party that the message is about; empty when its event names none."""
    channel: str
    category: str
    template: str
    """Template with language and version; for a webhook the type of the event."""
    cause: str
    """Id of the event that it is about."""
    loan_id: str
    uncertain: bool = False
    """Whether an earlier attempt's outcome was unknown, so that it may have arrived twice."""
    reason: str = ""
    """Why it failed or was suppressed; no personal data."""
