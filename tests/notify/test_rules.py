"""Rules as data: which event becomes which message."""

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanstream.runtime.definitions import Effect, Service
from loanstream.runtime.reacting import plain
from schemas import contract, registry
from schemas.servicing.events import DelinquencyBucketChanged, InstallmentDue, PaymentReceived
from schemas.terms import Bucket
from services.notify.loading import BadRules, read_rules, shipped_rules
from services.notify.payloads import message_id
from services.notify.ports.subscribers import Subscriber
from services.notify.service import service
from tests.notify.samples import EVENTS, SAMPLES, cny, meta_of, sample

RULES_JSON = (files("services.notify") / "rules.json").read_bytes()


def effects_of(event: Any, notify: Service | None = None, event_id: str = "event-1") -> list[Effect]:
    """What notify does about an event."""
    reactions = (notify or service()).reactions
    return [e for r in reactions if r.on is type(event) for e in r.react(event, meta_of(event, event_id))]


def with_rule(rule_of: str, /, **changes: Any) -> bytes:
    """The shipped rules with one rule changed."""
    rules = json.loads(RULES_JSON)
    for rule in rules["rules"]:
        if rule["category"] == rule_of:
            rule |= changes
    return json.dumps(rules).encode()


def test_there_is_an_example_of_every_event_with_a_rule() -> None:
    assert {contract.event_class(rule.event) for rule in shipped_rules().rules} == set(SAMPLES)


@pytest.mark.parametrize(
    "event", [e for e in EVENTS if not isinstance(e, PaymentReceived)], ids=lambda e: type(e).__name__
)
def test_every_enabled_rule_sends_the_borrower_one_letter(event: Any) -> None:
    (effect,) = effects_of(event)
    assert (effect.kind, effect.recipient) == ("email", "party-1")
    assert effect.payload["message_id"] == message_id("event-1", "party-1", "email")
    assert (effect.payload["cause"], effect.payload["loan_id"]) == ("event-1", "loan-1")
    assert plain(effect.payload) == effect.payload, "the payload must survive every store"


def test_a_letter_is_in_the_language_of_its_event_when_that_names_one() -> None:
    languages = {type(e).__name__: x.payload["language"] for e in EVENTS for x in effects_of(e)}
    assert (languages["LoanApproved"], languages["LoanRefused"], languages["Overdue"]) == ("zh", "en", "")


def test_a_rule_that_is_off_sends_nothing() -> None:
    assert effects_of(sample(PaymentReceived)) == []
    on = service(rules=read_rules(with_rule("payment-received", enabled=True)))
    assert len(effects_of(sample(PaymentReceived), on)) == 1


def test_an_instalment_that_is_already_paid_needs_no_letter() -> None:
    assert effects_of(sample(InstallmentDue, unpaid=cny("0.00"))) == []


@pytest.mark.parametrize(
    ("previous", "bucket", "letters"),
    [("M1", "M2", 1), ("M6", "M7", 1), ("M2", "M1", 0), ("M1", "M0", 0), ("M0", "M1", 0)],
)
def test_only_a_worse_bucket_is_written_about_and_the_first_one_is_the_overdue_letters(
    previous: str, bucket: str, letters: int
) -> None:
    event = sample(DelinquencyBucketChanged, previous=Bucket(previous), bucket=Bucket(bucket))
    assert len(effects_of(event)) == letters


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        (with_rule("overdue", event="loanstream.servicing.Overdu.v1"), "no such event type"),
        (with_rule("overdue", event="loanstream.risk.AssessApplicant.v1"), "no such event type"),
        (with_rule("overdue", event="loanstream.servicing.Settled.v1"), "two rules for email"),
        (with_rule("overdue", category="settled"), "'settled' stands twice"),
        (with_rule("overdue", category="unheard-of"), "no template unheard-of/zh/1.txt"),
        (with_rule("overdue", template="2"), "no template overdue/en/2.txt"),
        (with_rule("overdue", channels=["pigeon"]), "unknown channel 'pigeon'"),
        (with_rule("overdue", variables={"x": "past_due.rent"}), "no field 'past_due.rent'"),
        (with_rule("overdue", recipient="party"), "no field 'party'"),
        (with_rule("overdue", when=[{"field": "since", "test": "lucky"}]), "unknown test 'lucky'"),
        (with_rule("overdue", when=[{"field": "since", "test": "above-field", "argument": "x"}]), "no field 'x'"),
        (with_rule("overdue", enable=True), "enable"),
    ],
)
def test_rules_that_cannot_be_used_are_refused_with_what_is_wrong(rules: bytes, complaint: str) -> None:
    with pytest.raises(BadRules, match=complaint):
        read_rules(rules)


identifiers = st.text(min_size=1, max_size=12)


@given(st.lists(st.tuples(identifiers, identifiers, st.sampled_from(["email", "webhook"])), unique=True, max_size=20))
def test_a_message_id_is_unique_and_stable_by_event_recipient_and_channel(triples: list[tuple[str, str, str]]) -> None:
    made = [message_id(*triple) for triple in triples]
    assert len(set(made)) == len(triples)
    assert made == [message_id(*triple) for triple in triples]


SUBSCRIBERS = (
    Subscriber(name="ledger", url="https://l.example", secrets=("s" * 16,), types=("loanstream.servicing.*",)),
    Subscriber(name="all", url="https://a.example", secrets=("s" * 16,), types=("loanstream.*",)),
)


def test_a_subscriber_gets_the_events_of_its_types_and_nobody_elses() -> None:
    notify = service(SUBSCRIBERS)
    (due, *hooks) = effects_of(sample(InstallmentDue), notify)
    assert due.kind == "email"
    assert [(e.kind, e.recipient) for e in hooks] == [("webhook", "ledger"), ("webhook", "all")]
    assert len({e.payload["message_id"] for e in (due, *hooks)}) == 3


def test_nobody_can_subscribe_to_notifications_because_each_delivery_would_cause_another() -> None:
    assert not [r for r in service(SUBSCRIBERS).reactions if registry.by_class(r.on).context == "notify"]


def test_a_webhook_carries_the_event_as_a_cloud_event() -> None:
    (_, hook, _) = effects_of(sample(InstallmentDue), service(SUBSCRIBERS))
    event = hook.payload["event"]
    assert (event["specversion"], event["id"], event["source"]) == ("1.0", "event-1", "/loanstream/servicing")
    assert event["type"] == "loanstream.servicing.InstallmentDue.v1"
    assert (event["sequence"], event["partitionseq"], event["businessdate"]) == ("7", "99", "2026-03-05")
    assert event["data"]["unpaid"] == {"amount": "580.00", "currency": "CNY"}
    assert plain(hook.payload) == hook.payload


def test_reactions_have_names_of_their_own() -> None:
    names = [reaction.name for reaction in service(SUBSCRIBERS).reactions]
    assert len(names) == len(set(names))
