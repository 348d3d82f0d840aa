"""The effects ``email`` and ``webhook``: each message once, and the command that records what became of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Any

from loanstream.runtime.clock import Clock
from loanstream.runtime.definitions import EffectResult, EffectRow, EffectStatus, Send
from loanstream.vault.port import SubjectErased, UnknownSubject, Vault
from schemas import ids
from schemas.notify.commands import DeliveryOutcome, RecordDelivery
from schemas.notify.events import NotificationFailed, NotificationSent, NotificationSuppressed
from schemas.terms import Language
from services.notify.domain.quiet import quiet_until
from services.notify.domain.rules import Rules
from services.notify.payloads import EMAIL, WEBHOOK, body
from services.notify.ports.mail import Mail, MailPort
from services.notify.ports.webhook import Webhooks
from services.notify.rendering import BadTemplate, render, template_name

READER = "service:notify"
PURPOSE = "notification"
FIELDS = ("email", "name", "language")
"""What a letter needs from the vault; the language where the event names none."""

_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(hours=1)
_OUTCOMES = {EffectStatus.SUCCEEDED: DeliveryOutcome.SENT, EffectStatus.FAILED: DeliveryOutcome.FAILED}


class Email:
    """Writes a letter at send time: address, name and language come from the vault and are kept nowhere."""

    def __init__(self, mail: MailPort, vault: Vault, clock: Clock, rules: Rules) -> None:
        self._mail = mail
        self._vault = vault
        self._clock = clock
        self._rules = rules

    async def perform(self, row: EffectRow) -> EffectResult:
        """Send the letter, unless it is too late, too early, or nobody can get it."""
        now = self._clock.now()
        if too_late := _too_late(row, self._clock, self._rules):
            return too_late
        if until := quiet_until(self._rules.quiet_hours, now):
            return EffectResult(EffectStatus.RETRY, {"reason": "quiet hours"}, not_before=until)
        try:
            stored = await self._vault.read(row.recipient, FIELDS, reader=READER, purpose=PURPOSE)
        except SubjectErased:
            return _suppressed("subject-erased")
        except UnknownSubject:
            return _suppressed("unknown-subject")
        except Exception as error:
            # Whatever the vault's trouble is, no letter went out: that is certain, and worth another attempt.
            return _later(row, {"reason": f"vault not available: {type(error).__name__}"}, now)
        address = stored.get("email", "").strip()
        if not _usable(address):
            return _suppressed("address-not-usable" if address else "no-address")
        return await self._sent(row, address, stored)

    async def _sent(self, row: EffectRow, address: str, stored: Mapping[str, str]) -> EffectResult:
        payload, language = row.payload, _language(row.payload, stored)
        variables = payload["variables"] | {"greeting": _greeting(language, stored.get("name", ""))}
        try:
            text = render(payload["category"], language, payload["version"], variables)
        except BadTemplate as error:
            return EffectResult(EffectStatus.FAILED, {"reason": str(error)})
        mail = Mail(
            id=payload["message_id"],
            to=address,
            subject=text.subject,
            body=text.body,
            language=language,
            category=payload["category"],
            time=self._clock.now(),
        )
        result = await self._mail.send(mail)
        template = template_name(payload["category"], language, payload["version"])
        return _attempted(row, result, self._clock.now(), template=template)

    async def resolve(self, row: EffectRow) -> EffectResult:
        """Ask the channel. One that cannot be asked says ``RETRY``: the letter goes again and is recorded as uncertain."""
        result = await self._mail.ask(row.payload["message_id"])
        return replace(result, not_before=self._clock.now()) if result.status is EffectStatus.RETRY else result

    def report(self, row: EffectRow, result: EffectResult) -> Send | None:
        """The command that records the outcome."""
        payload = row.payload
        template = result.detail.get("template") or f"{payload['category']}/{payload['version']}"
        return _report(row, result, EMAIL, payload["category"], template)

    def recorded(self, event: Any) -> str | None:
        """The effect that an event records as done."""
        return _recorded(event, EMAIL)


class Webhook:
    """Posts the event to one subscriber."""

    def __init__(self, webhooks: Webhooks, clock: Clock, rules: Rules) -> None:
        self._webhooks = webhooks
        self._clock = clock
        self._rules = rules

    async def perform(self, row: EffectRow) -> EffectResult:
        """Post it, unless it is too late."""
        if too_late := _too_late(row, self._clock, self._rules):
            return too_late
        result = await self._webhooks.post(row.recipient, row.payload["message_id"], body(row.payload))
        return _attempted(row, result, self._clock.now())

    async def resolve(self, row: EffectRow) -> EffectResult:
        """A subscriber cannot be asked, but knows the idempotency key: it is posted again, and recorded as uncertain."""
        reason = {"reason": "posted again under the same idempotency key"}
        return EffectResult(EffectStatus.RETRY, reason, not_before=self._clock.now())

    def report(self, row: EffectRow, result: EffectResult) -> Send | None:
        """The command that records the outcome."""
        return _report(row, result, WEBHOOK, WEBHOOK, row.payload["event"]["type"])

    def recorded(self, event: Any) -> str | None:
        """The effect that an event records as done."""
        return _recorded(event, WEBHOOK)


def _report(row: EffectRow, result: EffectResult, channel: str, category: str, template: str) -> Send | None:
    outcome = DeliveryOutcome.SUPPRESSED if "suppressed" in result.detail else _OUTCOMES.get(result.status)
    if outcome is None:
        return None
    payload = row.payload
    command = RecordDelivery(
        outcome=outcome,
        recipient=row.recipient,
        party_ref=payload["party_ref"],
        channel=channel,
        category=category,
        template=template,
        cause=payload["cause"],
        loan_id=payload["loan_id"],
        uncertain=bool(result.detail.get("uncertain", False)),
        reason=str(result.detail.get("suppressed") or result.detail.get("reason", "")),
    )
    return Send(payload["message_id"], command)


def _recorded(event: Any, channel: str) -> str | None:
    if isinstance(event, NotificationSent | NotificationFailed | NotificationSuppressed) and event.channel == channel:
        return ids.effect_id(event.cause, channel, event.recipient)
    return None


def _too_late(row: EffectRow, clock: Clock, rules: Rules) -> EffectResult | None:
    """A message that could not be delivered for so long fails with the last reason; the recipients behind it wait no more."""
    if clock.now() - row.created_at < timedelta(hours=rules.give_up_after_hours):
        return None
    last = row.detail.get("reason", "never attempted")
    reason = f"given up after {rules.give_up_after_hours} hours and {row.attempts - 1} attempts; last: {last}"
    return EffectResult(EffectStatus.FAILED, {"reason": reason, "uncertain": row.unknowns > 0})


def _attempted(row: EffectRow, result: EffectResult, now: datetime, **detail: str) -> EffectResult:
    """The channel's answer with what the report needs; what is to be tried again gets its time."""
    if result.status is EffectStatus.RETRY:
        return result if result.not_before else _later(row, result.detail, now)
    return EffectResult(result.status, {**result.detail, **detail, "uncertain": row.unknowns > 0})


def _later(row: EffectRow, detail: Mapping[str, Any], now: datetime) -> EffectResult:
    """Try again after a wait that doubles: a provider may be away for longer than the sender's own patience."""
    wait = min(_FIRST_WAIT * 2 ** min(row.attempts, 20), _LONGEST_WAIT)
    return EffectResult(EffectStatus.RETRY, detail, not_before=now + wait)


def _suppressed(why: str) -> EffectResult:
    """Nothing to send is a finished effect, not one that waits for an operator's release."""
    return EffectResult(EffectStatus.SUCCEEDED, {"suppressed": why})


def _language(payload: Mapping[str, Any], stored: Mapping[str, str]) -> Language:
    """The event's language, else the party's, else Chinese."""
    named = (payload["language"], stored.get("language", ""))
    return next((Language(text) for text in named if text in set(Language)), Language.ZH)


def _greeting(language: Language, name: str) -> str:
    name = " ".join(name.split())
    return f"尊敬的{name or '客户'}：" if language is Language.ZH else f"Dear {name or 'customer'},"


def _usable(address: str) -> bool:
    """Whether a mail server can take the address; other alphabets would need SMTPUTF8, which few servers have."""
    try:
        parsed = Address(addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        return False
    return address.isascii() and bool(parsed.username) and bool(parsed.domain)
