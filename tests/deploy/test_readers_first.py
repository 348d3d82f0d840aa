"""What a release reads of the next one: hosts leave an added field aside, the published closed schema refuses it.

That is why an added optional field can be rolled out and back at once, and why teams that validate must know it one release ahead.
"""

from dataclasses import dataclass, fields, make_dataclass
from datetime import date

import msgspec
import pytest
from pydantic import ValidationError

from schemas import codec
from schemas.money import of_minor
from schemas.servicing.events import MoneyReceived

NOW = MoneyReceived(
    receipt_id="receipt-1",
    loan_id="loan-1",
    amount=of_minor(1234, "CNY"),
    value_date=date(2026, 1, 5),
    channel="transfer",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next(MoneyReceived):
    """The same event of a release that writes one more, optional field."""

    recorded_on: date | None = None


def written_by_the_next_release() -> bytes:
    """The event with the new field in it."""
    known = {field.name: getattr(NOW, field.name) for field in fields(NOW)}
    return codec.encode(Next(**known, recorded_on=date(2026, 1, 6)))


def test_a_host_of_this_release_reads_the_next_releases_event_and_leaves_the_field_aside() -> None:
    assert b"recorded_on" in written_by_the_next_release()
    assert codec.decode(MoneyReceived, written_by_the_next_release()) == NOW


def test_a_host_of_the_next_release_reads_this_releases_event() -> None:
    read = codec.decode(Next, codec.encode(NOW))
    assert read.recorded_on is None
    assert read.receipt_id == NOW.receipt_id


def test_the_closed_schema_of_this_release_refuses_it() -> None:
    assert codec.validate(MoneyReceived, codec.encode(NOW)) == NOW
    with pytest.raises(ValidationError, match="recorded_on"):
        codec.validate(MoneyReceived, written_by_the_next_release())


def test_a_field_without_a_default_is_no_such_change() -> None:
    stricter = make_dataclass("Stricter", [("receipt_id", str), ("recorded_on", date)], kw_only=True)
    with pytest.raises(msgspec.ValidationError, match="recorded_on"):
        codec.decode(stricter, codec.encode(NOW))
