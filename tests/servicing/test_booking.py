"""Booking: once, from the bank's value date, with frozen terms and a schedule."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from schemas.money import Money
from schemas.servicing.events import LoanBooked
from schemas.terms import LoanTerms, ScheduledInstalment
from tests.servicing.examples import (
    A_YEAR,
    BOOKED_ON,
    CONTRACT,
    LOAN,
    LOAN_ID,
    PARTY,
    a_loan,
    booking,
    day,
    events_of,
    yuan,
)
from tests.support.deciding import given


def test_a_disbursed_loan_is_booked_with_its_terms_and_schedule() -> None:
    terms = replace(A_YEAR, months=2, principal=yuan(1000))
    expected = LoanBooked(
        loan_id=LOAN_ID,
        application_id="application-1",
        contract_no=CONTRACT,
        party_ref=PARTY,
        terms=terms,
        value_date=BOOKED_ON,
        maturity=day("03-15"),
        schedule=(
            ScheduledInstalment(number=1, due_date=day("02-15"), principal=yuan(500), interest=yuan(12)),
            ScheduledInstalment(number=2, due_date=day("03-15"), principal=yuan(500), interest=yuan(6)),
        ),
    )
    given(LOAN, aggregate_id=LOAN_ID).when(booking(terms), on=BOOKED_ON).then(expected)


def test_a_loan_is_booked_once() -> None:
    a_loan().when(booking()).then()


def test_what_the_borrower_received_is_the_principal() -> None:
    command = replace(booking(), amount=yuan(11_000))
    (booked,) = events_of(given(LOAN, aggregate_id=LOAN_ID).when(command))
    assert booked.terms.principal == yuan(11_000)
    assert sum(row.principal.amount for row in booked.schedule) == 11_000


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (replace(A_YEAR, rules="cn-bank/0"), "rules-unknown"),
        (replace(A_YEAR, months=0), "terms-not-bookable"),
        (replace(A_YEAR, months=361), "terms-not-bookable"),
        (replace(A_YEAR, annual_rate=Decimal("-0.01")), "terms-not-bookable"),
        (replace(A_YEAR, day_basis=0), "terms-not-bookable"),
        (replace(A_YEAR, principal=yuan(0)), "principal-not-bookable"),
        (replace(A_YEAR, principal=Money(Decimal("0.001"), "CNY")), "principal-not-bookable"),
        (replace(A_YEAR, principal=Money(Decimal(10) ** 40, "CNY")), "principal-not-bookable"),
        (replace(A_YEAR, principal=Money(Decimal(1), "XXX")), "principal-not-bookable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_terms_that_no_arithmetic_can_take_are_refused(terms: LoanTerms, code: str) -> None:
    given(LOAN).when(booking(terms)).then_refused(code)


def test_a_value_date_without_a_later_calendar_is_refused() -> None:
    given(LOAN).when(booking(value_date=date(9_500, 1, 1))).then_refused("terms-not-bookable")
