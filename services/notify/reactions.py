"""Reactions made of data: a rule gives e-mails, a subscriber gives webhooks."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from loanstream.runtime.definitions import Effect, Reaction
from schemas.contract import event_class, event_types
from schemas.envelope import EventMeta
from schemas.registry import MessageType
from services.notify.domain.rules import Rule, Rules, applies, value_at
from services.notify.payloads import EMAIL, WEBHOOK, email_payload, webhook_payload
from services.notify.ports.subscribers import Subscriber

CONTEXT = "notify"


def reactions(rules: Rules, subscribers: Sequence[Subscriber]) -> tuple[Reaction, ...]:
    """All reactions of notify."""
    return (*_emails(rules), *_webhooks(subscribers))


def _emails(rules: Rules) -> list[Reaction]:
    enabled = (rule for rule in rules.rules if rule.enabled and EMAIL in rule.channels)
    return [Reaction(f"email-{rule.category}", event_class(rule.event), partial(email, rule)) for rule in enabled]


def email(rule: Rule, event: Any, meta: EventMeta) -> Sequence[Effect]:
    """The e-mail that the rule asks for, or none when its conditions do not hold."""
    if not applies(rule, event):
        return ()
    return (Effect(EMAIL, value_at(event, rule.recipient), email_payload(rule, event, meta)),)


def _webhooks(subscribers: Sequence[Subscriber]) -> list[Reaction]:
    wanted = ((kind, subscribed(kind, subscribers)) for kind in deliverable())
    return [
        Reaction(f"webhook-{kind.context}-{kind.name}-v{kind.version}", kind.cls, partial(webhook, names))
        for kind, names in wanted
        if names
    ]


def webhook(subscribers: Sequence[str], event: Any, meta: EventMeta) -> Sequence[Effect]:
    """The event itself, for every subscriber of its type."""
    return [Effect(WEBHOOK, name, webhook_payload(name, event, meta)) for name in subscribers]


def subscribed(kind: MessageType, subscribers: Sequence[Subscriber]) -> tuple[str, ...]:
    """Names of the subscribers whose patterns the type matches."""
    return tuple(s.name for s in subscribers if any(fnmatchcase(kind.ce_type, pattern) for pattern in s.types))


def deliverable() -> list[MessageType]:
    """Event types that a subscriber can have: all but notify's own, whose delivery would be an event again."""
    return [kind for kind in event_types() if kind.context != CONTEXT]
