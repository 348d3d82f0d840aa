"""Signed webhooks against a real HTTP server."""

import hmac
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from loanstream.runtime.definitions import EffectRow, EffectStatus
from schemas.notify.commands import DeliveryOutcome
from schemas.notify.events import NotificationSent
from schemas.servicing.events import InstallmentDue
from services.notify.delivery import Webhook
from services.notify.loading import shipped_rules
from services.notify.ports.choice import make_webhooks
from services.notify.ports.subscribers import BadSubscribers, Subscriber, load_subscribers
from services.notify.ports.webhook import Webhooks
from tests.notify.handling import NOW, SetClock, attempt, rows_of
from tests.notify.samples import sample
from tests.notify.servers import DROPPED, HookServer, Posted, hook_server

OLD, NEW = "old-secret-0123456789", "new-secret-0123456789"


def subscriber(url: str) -> Subscriber:
    return Subscriber(name="ledger", url=url, secrets=(OLD, NEW), types=("loanstream.servicing.*",))


def posting(to: Subscriber, timeout: float = 2) -> tuple[Webhook, EffectRow]:
    """The handler, and the row of an instalment's webhook."""
    clock = SetClock()
    row = next(r for r in rows_of(sample(InstallmentDue), (to,)) if r.kind == "webhook")
    return Webhook(Webhooks((to,), clock, timeout), clock, shipped_rules()), row


def is_genuine(posted: Posted, secret: str) -> bool:
    """What a receiver does: compute the signature over time and body, and compare it with those given."""
    (stamp, *given) = posted.headers["loanstream-signature"].split(",")
    expected = hmac.new(secret.encode(), stamp.removeprefix("t=").encode() + b"." + posted.body, sha256).hexdigest()
    return any(hmac.compare_digest(f"v1={expected}", each) for each in given)


async def test_an_event_is_posted_signed_with_every_secret_in_force() -> None:
    async with hook_server() as server:
        handler, row = posting(subscriber(server.url))
        row, result = await attempt(handler, row)
    (posted,) = server.posted
    assert result.status is EffectStatus.SUCCEEDED
    assert is_genuine(posted, OLD)
    assert is_genuine(posted, NEW)
    assert not is_genuine(posted, "another-secret-0123456789")
    assert not is_genuine(replace(posted, body=posted.body.replace(b"580.00", b"999.00")), OLD)
    assert posted.headers["loanstream-signature"].startswith(f"t={int(NOW.timestamp())},v1=")
    assert posted.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert json.loads(posted.body) == row.payload["event"]


async def test_a_repeat_has_the_same_key_and_the_same_bytes() -> None:
    async with hook_server() as server:
        server.answers = ["503 Service Unavailable"]
        handler, row = posting(subscriber(server.url))
        row, result = await attempt(handler, row)
        assert (result.status, handler.report(row, result)) == (EffectStatus.RETRY, None)
        shuffled = dict(reversed(row.payload["event"].items()))
        row, result = await attempt(handler, replace(row, payload={**row.payload, "event": shuffled}))
    first, second = server.posted
    assert result.status is EffectStatus.SUCCEEDED
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == row.payload["message_id"]


async def test_the_delivery_is_recorded_with_subscriber_and_event_type() -> None:
    async with hook_server() as server:
        handler, row = posting(subscriber(server.url))
        row, result = await attempt(handler, row)
    send = handler.report(row, result)
    assert send is not None
    assert send.target == row.payload["message_id"]
    command = send.command
    assert (command.outcome, command.recipient, command.channel) == (DeliveryOutcome.SENT, "ledger", "webhook")
    assert (command.template, command.loan_id) == ("loanstream.servicing.InstallmentDue.v1", "loan-1")
    event = NotificationSent(
        message_id=send.target,
        party_ref="party-1",
        channel="webhook",
        category="webhook",
        template=command.template,
        cause=command.cause,
        loan_id="loan-1",
        uncertain=False,
        recipient="ledger",
    )
    assert handler.recorded(event) == row.id


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("200 OK", EffectStatus.SUCCEEDED),
        ("202 Accepted", EffectStatus.SUCCEEDED),
        ("302 Found", EffectStatus.FAILED),
        ("400 Bad Request", EffectStatus.FAILED),
        ("410 Gone", EffectStatus.FAILED),
        ("408 Request Timeout", EffectStatus.RETRY),
        ("429 Too Many Requests", EffectStatus.RETRY),
        ("500 Internal Server Error", EffectStatus.RETRY),
        ("503 Service Unavailable", EffectStatus.RETRY),
    ],
)
async def test_the_subscribers_answer_decides(answer: str, status: EffectStatus) -> None:
    async with hook_server() as server:
        server.answers = [answer]
        handler, row = posting(subscriber(server.url))
        _, result = await attempt(handler, row)
    assert result.status is status
    assert len(server.posted) == 1


async def test_a_subscriber_may_say_when_to_try_again() -> None:
    async with hook_server() as server:
        server.answers = ["429 Too Many Requests\r\nRetry-After: 90"]
        handler, row = posting(subscriber(server.url))
        _, result = await attempt(handler, row)
    assert result.not_before == NOW + timedelta(seconds=90)


@pytest.mark.parametrize("answer", [DROPPED, "silence"])
async def test_without_an_answer_it_is_posted_again_and_recorded_as_uncertain(answer: str) -> None:
    async with hook_server() as server:
        server.answers = [answer]
        handler, row = posting(subscriber(server.url), timeout=0.2)
        row, result = await attempt(handler, row)
        assert result.status is EffectStatus.UNKNOWN
        row, result = await attempt(handler, row)
        assert result.status is EffectStatus.RETRY
        row, result = await attempt(handler, row)
    send = handler.report(row, result)
    assert send is not None
    assert send.command.uncertain is True


async def test_a_subscriber_that_is_down_is_tried_again() -> None:
    async with hook_server() as server:
        url = server.url
    handler, row = posting(subscriber(url))
    _, result = await attempt(handler, row)
    assert result.status is EffectStatus.RETRY


async def test_a_subscriber_that_was_removed_gets_nothing_more() -> None:
    _, row = posting(subscriber(HookServer().url))
    clock = SetClock()
    handler = Webhook(Webhooks((), clock), clock, shipped_rules())
    _, result = await attempt(handler, row)
    assert (result.status, result.detail["reason"]) == (EffectStatus.FAILED, "no such subscriber any more")


def settings(folder: Path, secret: str = NEW, **changes: Any) -> Path:
    """A settings file with one subscriber."""
    (folder / "ledger.secret").write_text(secret)
    entry = {
        "name": "ledger",
        "url": "https://ledger.example/events",
        "secret_file": "ledger.secret",
        "types": ["loanstream.servicing.*"],
    }
    file = folder / "webhooks.json"
    file.write_text(json.dumps([entry | changes]))
    return file


def test_subscribers_come_from_a_settings_file_and_secrets_from_files_of_their_own(tmp_path: Path) -> None:
    (loaded,) = load_subscribers(settings(tmp_path, f"{OLD}\n{NEW}\n"))
    assert (loaded.name, loaded.secrets) == ("ledger", (OLD, NEW))
    assert OLD not in repr(loaded)


def test_without_a_settings_file_there_are_no_subscribers(tmp_path: Path) -> None:
    assert load_subscribers(tmp_path / "webhooks.json") == ()
    make_webhooks(tmp_path / "webhooks.json", SetClock())


@pytest.mark.parametrize(
    "url", ["https://ledger.example", "http://127.0.0.1:8080/x", "http://[::1]/x", "http://localhost/x"]
)
def test_a_subscriber_is_reached_by_tls_or_on_this_machine(tmp_path: Path, url: str) -> None:
    assert load_subscribers(settings(tmp_path, url=url))[0].url == url


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"url": "http://ledger.example"}, "url must begin with https"),
        ({"url": "ftp://127.0.0.1"}, "url must begin with https"),
        ({"url": "http://127.0.0.1.example.com"}, "url must begin with https"),
        ({"name": "Ledger 1"}, "name"),
        ({"types": []}, "types"),
        ({"types": ["loanstream.servicing.Overdu.v1"]}, "no event type matches"),
        ({"types": ["loanstream.notify.*"]}, "no event type matches"),
        ({"secret_file": "none.secret"}, "cannot be read"),
        ({"secret": "short"}, "16 characters or more"),
        ({"typo": 1}, "typo"),
    ],
)
def test_subscribers_that_cannot_be_used_are_refused_with_what_is_wrong(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(BadSubscribers, match=complaint):
        load_subscribers(settings(tmp_path, **change))


def test_two_subscribers_cannot_share_a_name(tmp_path: Path) -> None:
    file = settings(tmp_path)
    file.write_text(json.dumps(json.loads(file.read_text()) * 2))
    with pytest.raises(BadSubscribers, match="'ledger' stands twice"):
        load_subscribers(file)
