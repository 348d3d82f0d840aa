"""Signed webhooks over HTTP.

``Loanstream-Signature: t=<unix seconds>,v1=<hex>`` with v1 = HMAC-SHA256(secret, "<t>." + body); one v1 per secret in force.
``Idempotency-Key`` is the same at every attempt of a message. 2xx is taken; 408, 425, 429 and 5xx are tried again, other
answers fail. No answer leaves the outcome unknown; sending again is safe, because the receiver has the key.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import httpx

from loanstream.runtime.clock import Clock
from loanstream.runtime.definitions import EffectResult, EffectStatus
from services.notify.ports.subscribers import Subscriber

SIGNATURE = "Loanstream-Signature"
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
TIMEOUT = 10.0
"""Seconds for a subscriber's answer."""
_RETRIED = frozenset({408, 425, 429})
_LONGEST_WAIT = 3600


def signature(secrets: Sequence[str], body: bytes, now: datetime) -> str:
    """The signature header of a body sent ``now``."""
    stamp = str(int(now.timestamp()))
    signed = stamp.encode() + b"." + body
    parts = [f"v1={hmac.new(secret.encode(), signed, sha256).hexdigest()}" for secret in secrets]
    return ",".join([f"t={stamp}", *parts])


class Webhooks:
    """Posts events to subscribers by name."""

    def __init__(self, subscribers: Sequence[Subscriber], clock: Clock, timeout: float = TIMEOUT) -> None:
        self._subscribers = {subscriber.name: subscriber for subscriber in subscribers}
        self._clock = clock
        self._http = httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)

    async def post(self, subscriber: str, message_id: str, body: bytes) -> EffectResult:
        """Post a body; ``detail["reason"]`` says what went wrong, ``not_before`` when the subscriber wants it again."""
        to = self._subscribers.get(subscriber)
        if to is None:
            return EffectResult(EffectStatus.FAILED, {"reason": "no such subscriber any more"})
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Idempotency-Key": message_id,
            SIGNATURE: signature(to.secrets, body, self._clock.now()),
        }
        try:
            # Only the status counts: the answer's body is not read, however long it is.
            async with self._http.stream("POST", to.url, content=body, headers=headers) as answer:
                return self._answered(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return EffectResult(EffectStatus.RETRY, {"reason": f"not connected: {type(error).__name__}"})
        except httpx.HTTPError as error:
            return EffectResult(EffectStatus.UNKNOWN, {"reason": f"no answer: {type(error).__name__}"})

    def _answered(self, answer: httpx.Response) -> EffectResult:
        if answer.is_success:
            return EffectResult(EffectStatus.SUCCEEDED)
        reason = {"reason": f"the subscriber answered {answer.status_code}"}
        if answer.status_code < 500 and answer.status_code not in _RETRIED:
            return EffectResult(EffectStatus.FAILED, reason)
        after = answer.headers.get("Retry-After", "")
        if not after.isdecimal():
            return EffectResult(EffectStatus.RETRY, reason)
        not_before = self._clock.now() + timedelta(seconds=min(int(after), _LONGEST_WAIT))
        return EffectResult(EffectStatus.RETRY, reason, not_before=not_before)

    async def close(self) -> None:
        """Close connections."""
        await self._http.aclose()
