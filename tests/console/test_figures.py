"""How figures are written: every digit stays, and no float holds an amount."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanstream.console import figures

SHANGHAI = ZoneInfo("Asia/Shanghai")
AMOUNTS = st.decimals(min_value=-(10**15), max_value=10**15, places=2, allow_nan=False, allow_infinity=False)


@given(AMOUNTS)
def test_a_grouped_amount_has_the_same_digits(amount: Decimal) -> None:
    text = figures.grouped(str(amount))
    assert Decimal(text.replace(",", "").replace(figures.MINUS, "-")) == amount


@given(AMOUNTS)
def test_separators_stand_before_every_three_digits_of_the_whole_part_only(amount: Decimal) -> None:
    whole, _, fraction = figures.grouped(str(amount)).lstrip(figures.MINUS).partition(".")
    first, *others = whole.split(",")
    assert 1 <= len(first) <= 3
    assert all(len(group) == 3 for group in others)
    assert "," not in fraction
    assert len(fraction) == 2


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_counts_are_grouped_as_python_groups_them(count: int) -> None:
    assert figures.grouped(count) == f"{count:,}".replace("-", figures.MINUS)


@given(st.text())
def test_text_that_is_no_amount_stays_as_it_is(text: str) -> None:
    written = figures.grouped(text)
    assert written == text or Decimal(written.replace(",", "").replace(figures.MINUS, "-")) == Decimal(text)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0.00", "0.00"),
        ("999.99", "999.99"),
        ("1000", "1,000"),
        ("1234567.80", "1,234,567.80"),
        ("-1234.5", "\u22121,234.5"),
        ("-0.01", "\u22120.01"),
        ("9007199254740993.01", "9,007,199,254,740,993.01"),
        ("1E+3", "1E+3"),
        ("１２３４", "１２３４"),
        ("12,34", "12,34"),
    ],
)
def test_amounts_are_written_as_people_read_them(amount: str, written: str) -> None:
    assert figures.grouped(amount) == written


def test_money_names_its_currency_and_never_breaks_off_from_it() -> None:
    assert figures.with_currency({"amount": "1234.50", "currency": "CNY"}) == "1,234.50\u00a0CNY"
    assert figures.with_currency({"amount": "500", "currency": "JPY"}) == "500\u00a0JPY"
    assert figures.with_currency(None) == figures.amount(None) == "–"


@pytest.mark.parametrize(("amount", "nothing"), [("0.00", True), ("-0", True), ("0.01", False), ("10", False)])
def test_an_amount_of_nothing_is_recognised(amount: str, nothing: bool) -> None:
    assert figures.is_zero({"amount": amount, "currency": "CNY"}) is nothing


@given(st.lists(AMOUNTS, min_size=1, max_size=3))
def test_components_are_summed_exactly(amounts: list[Decimal]) -> None:
    components = {str(n): {"amount": str(amount), "currency": "CNY"} for n, amount in enumerate(amounts)}
    assert figures.total(components) == {"amount": str(sum(amounts)), "currency": "CNY"}


@pytest.mark.parametrize(
    ("rate", "written"),
    [
        ("0.144", "14.4\u00a0%"),
        ("0.390562", "39.0562\u00a0%"),
        ("0", "0\u00a0%"),
        ("1.5", "150\u00a0%"),
        (None, "–"),
        ("x", "x"),
        ("1e999999", "1e999999"),
    ],
)
def test_rates_are_percentages_without_rounding(rate: str | None, written: str) -> None:
    assert figures.percent(rate) == written


def test_moments_are_in_the_installations_zone() -> None:
    assert figures.moment("2026-11-22T05:31:35.169860Z", SHANGHAI) == "2026-11-22 13:31:35"
    assert figures.moment("yesterday", SHANGHAI) == "yesterday"
    assert figures.moment(None, SHANGHAI) == "–"


@pytest.mark.parametrize(
    ("lag", "written"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (75.25, "1 min 15 s"), (7380, "2 h 03 min")]
)
def test_lags_are_short(lag: float, written: str) -> None:
    assert figures.seconds(lag) == written


def test_long_ids_are_shortened_and_short_ones_are_not() -> None:
    assert figures.brief("4c9b77d4-c681-5412-a588-14e612db7a72") == "4c9b77d4…"
    assert figures.brief("DEMO-1") == "DEMO-1"
    assert figures.brief(None) == "–"
