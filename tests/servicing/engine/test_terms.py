"""Terms that cannot be are refused with the field and the reason."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.servicing.domain.terms import (
    Allocation,
    Anchor,
    CreditOrder,
    DayCount,
    DownPayment,
    Grace,
    Method,
    Rate,
    Rounding,
    Span,
    Tranche,
    TransactionKind,
    Unit,
    objections,
)
from tests.servicing.engine.samples import CHINESE, ORDER, PLAIN

TWO_MONTHS = Span(2, Unit.MONTH)


@pytest.mark.parametrize(
    ("change", "annual"),
    [
        ({"rate": Rate(Decimal("0.05"), Unit.DAY)}, "18.25"),
        ({"rate": Rate(Decimal("0.05"), Unit.DAY), "day_count": DayCount(360)}, "18.00"),
        ({"rate": Rate(Decimal("0.25"), Unit.WEEK)}, "13.00"),
        ({"rate": Rate(Decimal(10), whole_term=True), "instalments": 3, "frequency": TWO_MONTHS}, "20.00000004"),
        ({"rate": Rate(Decimal(10), whole_term=True), "instalments": 4, "frequency": Span(1, Unit.WEEK)}, "130"),
        ({"rate": Rate(Decimal(9), whole_term=True), "instalments": 3, "frequency": Span(30, Unit.DAY)}, "36.5"),
    ],
)
def test_the_rate_of_a_year(change, annual):
    assert replace(CHINESE, **({"day_count": DayCount()} | change)).annual_percent == Decimal(annual)


def test_terms_that_can_be_have_no_problem():
    assert objections(PLAIN) == ()
    assert objections(CHINESE) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"principal": 0}, "principal"),
        ({"rate": Rate(Decimal(-1))}, "rate.percent"),
        ({"rate": Rate(Decimal("NaN"))}, "rate.percent"),
        ({"rate": Rate(Decimal("1e40"), whole_term=True)}, "rate.percent"),
        ({"rate": Rate(Decimal(100), Unit.MONTH)}, "rate.percent"),
        ({"instalments": 0}, "instalments"),
        ({"frequency": Span(0, Unit.MONTH)}, "frequency"),
        ({"anchor": Anchor.APPLICATION}, "applied"),
        ({"applied": date(2026, 5, 1), "first_due": date(2026, 4, 1)}, "first_due"),
        ({"tranches": (Tranche(date(2026, 5, 1), 1),), "first_due": date(2026, 5, 1)}, "first_due"),
        ({"tranches": (Tranche(date(2026, 5, 1), 0),)}, "tranches"),
        ({"fixed_length": Span(5, Unit.MONTH)}, "fixed_length"),
        ({"grace": Grace(principal=6)}, "grace.principal"),
        ({"grace": Grace(interest_payment=-1)}, "grace"),
        ({"down_payment": DownPayment(Decimal(100))}, "down_payment.percent"),
        ({"rounding": Rounding(currency_digits=7)}, "rounding.currency_digits"),
        ({"rounding": Rounding(multiple=0)}, "rounding.multiple"),
        ({"rounding": Rounding(digits=4)}, "rounding.digits"),
        ({"method": Method.BULLET}, "method"),
        ({"fixed_instalment": 6_000}, "fixed_instalment"),
        ({"allocations": (Allocation(None, ORDER[:-1]),)}, "allocations[default]"),
        ({"allocations": (Allocation(None, (*ORDER, ORDER[0])),)}, "allocations[default]"),
        ({"allocations": (Allocation(TransactionKind.REPAYMENT, ORDER),)}, "allocations"),
        ({"credit_order": CreditOrder(())}, "credit_order"),
        ({"anchor": Anchor.AGREED}, "counted_from"),
        ({"counted_from": date(2026, 3, 1)}, "counted_from"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(change, field):
    assert [objection.field for objection in objections(replace(PLAIN, **change))] == [field]


def test_a_missing_slot_is_named():
    (objection,) = objections(replace(PLAIN, allocations=(Allocation(None, ORDER[:-1]),)))
    assert objection.reason == "the order misses in-advance principal"


def test_an_instalment_that_just_covers_more_than_the_interest_amortises():
    assert objections(replace(CHINESE, fixed_instalment=6_001)) == ()
