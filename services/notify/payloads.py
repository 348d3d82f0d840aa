"""What an effect row of notify holds: references, amounts and dates; never personal data, no text."""

import json
from collections.abc import Mapping
from typing import Any

from schemas import codec, ids
from schemas.envelope import EventMeta, instant_text
from services.notify.domain.rules import Rule, value_at

EMAIL = "email"
WEBHOOK = "webhook"


def message_id(event_id: str, recipient: str, channel: str) -> str:
    """Id of the one message that ``recipient`` gets about an event on a channel."""
    return ids.derived("message", event_id, recipient, channel)


def email_payload(rule: Rule, event: Any, meta: EventMeta) -> dict[str, Any]:
    """What the e-mail handler needs to write the letter at send time."""
    recipient = value_at(event, rule.recipient)
    return {
        "message_id": message_id(meta.id, recipient, EMAIL),
        "category": rule.category,
        "version": rule.template,
        "language": str(getattr(event, "language", "")),
        "cause": meta.id,
        "party_ref": recipient,
        "loan_id": str(getattr(event, "loan_id", "")),
        "variables": plain({name: value_at(event, path) for name, path in rule.variables.items()}),
    }


def webhook_payload(subscriber: str, event: Any, meta: EventMeta) -> dict[str, Any]:
    """What the webhook handler posts: the event as a CloudEvent in JSON."""
    return {
        "message_id": message_id(meta.id, subscriber, WEBHOOK),
        "cause": meta.id,
        "party_ref": str(getattr(event, "party_ref", "")),
        "loan_id": str(getattr(event, "loan_id", "")),
        "event": cloud_event(event, meta),
    }


def cloud_event(event: Any, meta: EventMeta) -> dict[str, Any]:
    """CloudEvents 1.0 structured mode: the attributes that the event's record has as headers, and its data."""
    return {
        "specversion": "1.0",
        "id": meta.id,
        "type": meta.type,
        "source": f"/loanstream/{meta.context}",
        "subject": meta.subject,
        "time": instant_text(meta.time),
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{meta.type}.json",
        "sequence": str(meta.sequence),
        "partition": meta.partition,
        "partitionseq": str(meta.partitionseq),
        "correlationid": meta.correlation,
        "causationid": meta.causation,
        "businessdate": meta.business_date.isoformat() if meta.business_date else "",
        "authid": meta.actor,
        "data": plain(event),
    }


def body(payload: Mapping[str, Any]) -> bytes:
    """The bytes that are posted and signed: the same at every attempt, however the row was stored in between."""
    return json.dumps(payload["event"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def plain(message: Any) -> Any:
    """A message as JSON data: decimals as text, ISO dates."""
    return json.loads(codec.encode(message))
