"""What a record becomes: typed events, generic ones, or nothing."""

import datetime
import json
from decimal import Decimal

import msgspec
import pytest

from loanstream_client import Event, Generic, Record
from loanstream_client.envelope import data_of, event_of, record_of
from loanstream_client.events import EVENTS
from loanstream_client.events.servicing import LoanBooked, PaymentReceived
from loanstream_client.fakes import fake_events, fake_value

PAYMENT = "loanstream.servicing.PaymentReceived.v1"


def changed(event: Event, **headers: str) -> Record:
    """The event's record with other headers; an empty one is left out."""
    merged = {**event.record.headers, **headers}
    return msgspec.structs.replace(event.record, headers={name: text for name, text in merged.items() if text})


@pytest.fixture
def event() -> Event:
    """A payment."""
    return next(fake_events(1, types=[PAYMENT]))


def test_a_value_becomes_its_class_with_exact_decimals_and_days() -> None:
    value = fake_value(PAYMENT) | {"amount": {"amount": "0.10", "currency": "CNY"}, "value_date": "2026-02-28"}
    data = data_of(PAYMENT, json.dumps(value).encode())
    assert isinstance(data, PaymentReceived)
    assert data.amount.amount == Decimal("0.10")
    assert str(data.amount.amount) == "0.10"
    assert data.value_date == datetime.date(2026, 2, 28)


def test_fields_added_later_are_passed_over_also_inside_others() -> None:
    value = fake_value(PAYMENT)
    value["added_later"] = {"any": ["thing"]}
    value["amount"]["precision"] = 2
    assert isinstance(data_of(PAYMENT, json.dumps(value).encode()), PaymentReceived)


def test_an_optional_field_that_is_not_there_has_its_default() -> None:
    value = fake_value(PAYMENT)
    value.pop("instalments", None)
    data = data_of(PAYMENT, json.dumps(value).encode())
    assert isinstance(data, PaymentReceived)
    assert data.instalments == ()


@pytest.mark.parametrize("ce_type", ["loanstream.servicing.LoanSold.v1", "loanstream.servicing.PaymentReceived.v2", ""])
def test_a_type_that_is_not_known_comes_as_a_generic_event(ce_type: str) -> None:
    data = data_of(ce_type, b'{"loan_id": "loan-1", "price": {"amount": "1.00"}}')
    assert data == Generic(fields={"loan_id": "loan-1", "price": {"amount": "1.00"}}, reason="unknown type")


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff",
        b'{"loan_id": "\xff"}',
        b'{"loan_id": ' + b"[" * 100_000,
        b'{"more": ' + b"[" * 100_000,
        b'{"loan_id": 7}',
        b'{"loan_id": "loan-1"}',
    ],
)
def test_a_value_that_does_not_fit_its_type_comes_as_a_generic_event_that_says_why(value: bytes) -> None:
    data = data_of("loanstream.servicing.LoanBooked.v1", value)
    assert isinstance(data, Generic)
    assert data.reason != "unknown type"


def test_events_are_frozen(event: Event) -> None:
    with pytest.raises(AttributeError):
        event.data.loan_id = "another"  # type: ignore[attr-defined]


def test_every_type_has_a_class_of_its_name() -> None:
    assert len(EVENTS) > 90
    for ce_type, cls in EVENTS.items():
        _, context, name, version = ce_type.split(".")
        assert cls.__module__ == f"loanstream_client.events.{context}"
        assert cls.__name__ == (name if version == "v1" else name + version.upper())


def test_the_envelope_is_read_from_the_headers(event: Event) -> None:
    headers = event.record.headers
    assert (event.id, event.type, event.subject) == (headers["ce_id"], PAYMENT, headers["ce_subject"])
    assert (event.context, event.sequence, event.partitionseq) == ("servicing", 1, 1)
    assert event.time.tzinfo == datetime.UTC
    assert event.business_date == datetime.date(2026, 1, 5)
    assert event.position == (event.record.offset + 1, 1)
    before_the_first_day = event_of(changed(event, ce_businessdate=" "))
    assert before_the_first_day is None, "a bad date is no event"


def test_what_is_no_event_is_nothing(event: Event) -> None:
    identity = record_of("t", 0, 0, 0, b"identity", b"{}", [("ce_type", b"loanstream.topic.identity.v1")])
    assert event_of(identity) is None
    assert event_of(record_of("t", 0, 0, 0, None, None, [("ce_type", None), ("odd", b"\xff")])) is None
    assert event_of(changed(event, ce_partitionseq="")) is None
    assert event_of(changed(event, ce_sequence="one")) is None


def test_a_match_statement_takes_an_event_apart() -> None:
    data = data_of(
        "loanstream.servicing.LoanBooked.v1", json.dumps(fake_value("loanstream.servicing.LoanBooked.v1")).encode()
    )
    match data:
        case LoanBooked(loan_id=loan_id, terms=terms):
            assert loan_id
            assert terms.principal.currency == "CNY"
        case _:
            pytest.fail(f"{data} is no booked loan")
