"""The message's own decider: its first recorded outcome stands."""

from dataclasses import replace

import pytest

from schemas.notify.commands import DeliveryOutcome, RecordDelivery
from schemas.notify.events import (
    NotificationFailed,
    NotificationRepeated,
    NotificationSent,
    NotificationSuppressed,
)
from services.notify.service import service
from tests.support.deciding import given

DECIDER = service().deciders[0]

SENT = RecordDelivery(
    outcome=DeliveryOutcome.SENT,
    recipient="party-1",
    party_ref="party-1",
    channel="email",
    category="overdue",
    template="overdue/zh/1",
    cause="event-1",
    loan_id="loan-1",
)


def test_a_message_that_was_handed_over_is_recorded_as_sent() -> None:
    given(DECIDER, aggregate_id="message-1").when(replace(SENT, uncertain=True)).then(
        NotificationSent(
            message_id="message-1",
            party_ref="party-1",
            channel="email",
            category="overdue",
            template="overdue/zh/1",
            cause="event-1",
            loan_id="loan-1",
            uncertain=True,
            recipient="party-1",
        )
    )


@pytest.mark.parametrize(
    ("outcome", "event"),
    [(DeliveryOutcome.FAILED, NotificationFailed), (DeliveryOutcome.SUPPRESSED, NotificationSuppressed)],
)
def test_a_message_that_did_not_go_out_is_recorded_with_its_reason(outcome: DeliveryOutcome, event: type) -> None:
    (decided,) = given(DECIDER).when(replace(SENT, outcome=outcome, reason="no-address")).decision
    assert type(decided) is event
    assert decided.reason == "no-address"


@pytest.mark.parametrize("first", list(DeliveryOutcome))
@pytest.mark.parametrize("second", list(DeliveryOutcome))
def test_the_first_recorded_outcome_stands(first: DeliveryOutcome, second: DeliveryOutcome) -> None:
    once = given(DECIDER).when(replace(SENT, outcome=first)).applied()
    once.when(replace(SENT, outcome=second)).then()
    assert DECIDER.closed(once.state)


def test_a_message_that_another_sender_sent_again_is_recorded_as_repeated_once() -> None:
    sent = NotificationSent(
        message_id="message-1",
        party_ref="party-1",
        channel="email",
        category="overdue",
        template="overdue/zh/1",
        cause="event-1",
        loan_id="loan-1",
        uncertain=False,
        recipient="party-1",
    )
    repeated = NotificationRepeated(
        message_id="message-1",
        party_ref="party-1",
        channel="email",
        cause="event-1",
        loan_id="loan-1",
        recipient="party-1",
    )
    again = replace(SENT, uncertain=True)
    given(DECIDER, sent, aggregate_id="message-1").when(again).then(repeated)
    given(DECIDER, sent, repeated, aggregate_id="message-1").when(again).then()
    given(DECIDER, sent, aggregate_id="message-1").when(SENT).then()
    given(DECIDER, replace(sent, uncertain=True), aggregate_id="message-1").when(again).then()
