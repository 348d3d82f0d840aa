"""Values at the edge have one spelling; what is accepted is kept in one spelling too."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas import codec
from schemas.bands import Housing
from schemas.fields import IsoDate
from schemas.money import MINOR_DIGITS, Money, minor
from schemas.terms import Rate

_MONEY = codec.adapter(Money)
_SPELLED = st.one_of(
    st.from_regex(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", fullmatch=True),
    st.from_regex(r"[-+ ]?[0-9_.eE ]{1,12}", fullmatch=True),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
)


def accepted(value: Any, currency: str) -> Money | None:
    """What an edge makes of an amount; ``None`` when it refuses."""
    try:
        money: Money = _MONEY.validate_python({"amount": value, "currency": currency})
    except ValidationError:
        return None
    return money


@given(value=_SPELLED, currency=st.sampled_from(sorted(MINOR_DIGITS)))
@example(value="1e1", currency="CNY")
@example(value="10", currency="CNY")
@example(value="-0", currency="CNY")
@example(value="0.0000000", currency="JPY")
def test_an_accepted_amount_is_stored_as_digits_with_exactly_the_decimals_of_its_currency(
    value: Any, currency: str
) -> None:
    money = accepted(value, currency)
    if money is None:
        return
    stored = codec.encode(money).decode()
    decimals = MINOR_DIGITS[currency]
    fraction = rf"\.[0-9]{{{decimals}}}" if decimals else ""
    assert re.fullmatch(rf'{{"amount":"-?[0-9]+{fraction}","currency":"{currency}"}}', stored)
    assert isinstance(value, str)
    assert money.amount == Decimal(value)


@given(units=st.integers(-(10**16), 10**16), currency=st.sampled_from(sorted(MINOR_DIGITS)))
def test_every_amount_of_whole_minor_units_is_accepted_with_fewer_or_more_zeros(units: int, currency: str) -> None:
    digits = MINOR_DIGITS[currency]
    amount = Decimal(units).scaleb(-digits)
    if abs(amount) >= 10**15:
        return
    plain = f"{amount:f}"
    short = plain.rstrip("0").rstrip(".") if "." in plain else plain
    for spelled in (plain, short, plain + "000" if "." in plain else plain + ".000"):
        money = accepted(spelled, currency)
        assert money is not None
        assert minor(money) == units


def test_what_was_stored_in_another_spelling_before_can_still_be_read() -> None:
    assert codec.decode(Money, b'{"amount":"1E+1","currency":"CNY"}').amount == 10


@pytest.mark.parametrize("value", [0.144, 1, "1e-1", " 0.1", "０.1", "-0.1", ".5", True, None])
def test_a_rate_that_is_not_spelled_plainly_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Rate).validate_python(value)


@pytest.mark.parametrize(
    "value",
    [0, 1767571200, "1767571200", 1.5, "2026-1-5", "2026-02-30", "2026-01-05T00:00:00", "２026-01-05", True, ""],
)
def test_a_date_that_is_not_an_iso_date_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(IsoDate).validate_python(value)


def test_a_word_outside_a_closed_vocabulary_is_refused_with_the_vocabulary() -> None:
    with pytest.raises(ValidationError, match="'rent', 'own' or 'for free'"):
        TypeAdapter(Housing).validate_python("castle")
