"""Charges: only what is in the signed cost table, on the right instalment, within the cap."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.agreement import Agreement, ChargeComponent, LenderType, PrimeRate, SignedCharge
from schemas.money import Money
from schemas.servicing.commands import ChargeFee
from schemas.servicing.events import FeeCharged, PaymentReceived
from tests.servicing.examples import (
    BOOKED_ON,
    LOAN,
    LOAN_ID,
    PARTY,
    a_loan,
    booking,
    day,
    events_of,
    owed,
    pay,
    until,
    yuan,
)
from tests.support.deciding import Given, Then, given

LETTER = SignedCharge(code="dunning-letter", name="Dunning letter 催收函", most=yuan("50"))
COURT = SignedCharge(code="court", name="Court fee 诉讼费", component=ChargeComponent.COST)
SIGNED = Agreement(charges=(LETTER, COURT))


def charge(loan: Given, code: str, amount: str | Money, on: date, **more: Any) -> Then:
    money = amount if isinstance(amount, Money) else yuan(amount)
    command = ChargeFee(code=code, amount=money, reason="second reminder", **more)
    return loan.when(command, on=on, by="user:finance", permissions=("servicing:charge-fee",))


def test_a_signed_charge_falls_due_with_the_next_instalment() -> None:
    decided = charge(a_loan(agreement=SIGNED), "dunning-letter", "30", day("01-20"))
    loan = decided.then(
        FeeCharged(
            loan_id=LOAN_ID,
            party_ref=PARTY,
            code="dunning-letter",
            component="fee",
            number=1,
            charged_on=day("01-20"),
            due_date=day("02-15"),
            amount=yuan("30"),
            reason="second reminder",
            authority="user:finance",
        )
    )
    assert (owed(loan)[0].fee, owed(loan)[0].total) == (30_00, 1174_00)


def test_a_charge_lies_on_the_instalment_of_its_due_date_and_on_the_last_unpaid_one_after_maturity() -> None:
    loan = until(a_loan(agreement=SIGNED), day("02-15"))
    (event,) = events_of(charge(loan, "court", "200", day("02-15")))
    assert (event.number, event.component) == (1, "cost")
    (event,) = events_of(charge(loan, "court", "200", day("02-15"), due_date=day("02-16")))
    assert event.number == 2
    charge(loan, "court", "200", day("02-15"), due_date=day("03-16")).then_refused("charge-due-date-invalid")
    late = until(a_loan(agreement=SIGNED), date(2027, 2, 1))
    event = events_of(charge(late, "court", "200", date(2027, 2, 1)))[-1]
    assert event.number == 12


def test_a_fee_and_a_cost_are_paid_in_their_place_of_the_order() -> None:
    loan = a_loan(agreement=SIGNED)
    loan = charge(loan, "dunning-letter", "30", day("01-20")).applied()
    loan = charge(loan, "court", "20", day("01-20")).applied()
    (received,) = [event for event in events_of(pay(loan, "45", day("01-21"))) if isinstance(event, PaymentReceived)]
    assert (received.allocation.cost, received.allocation.fee) == (yuan("20"), yuan("25"))


@pytest.mark.parametrize(
    ("code", "amount", "refused"),
    [
        ("handling", "30", "charge-not-signed"),
        ("dunning-letter", "50.01", "charge-above-table"),
        ("dunning-letter", "0", "charge-invalid"),
        ("dunning-letter", Money(Decimal(10), "EUR"), "charge-invalid"),
    ],
)
def test_what_is_not_signed_is_refused(code: str, amount: str | Money, refused: str) -> None:
    charge(a_loan(agreement=SIGNED), code, amount, day("01-20")).then_refused(refused)


def test_charges_need_a_permission_and_a_running_loan() -> None:
    loan = a_loan(agreement=SIGNED)
    command = ChargeFee(code="court", amount=yuan("1"), reason="x")
    loan.when(command, on=day("01-20")).then_refused("forbidden")
    charge(given(LOAN), "court", "1", day("01-20")).then_refused("not-found")
    charge(pay(loan, "20000", day("01-20")).applied(), "court", "1", day("01-21")).then_refused("loan-settled")
    charge(a_loan(), "court", "1", day("01-20")).then_refused("charge-not-signed")


PRIVATE = Agreement(
    lender_type=LenderType.PRIVATE,
    charges=(LETTER, COURT),
    prime_rate=PrimeRate(one_year=Decimal("0.03"), source="contract, clause 4"),
)


def test_a_fee_of_a_private_lender_finds_room_only_up_to_the_cap() -> None:
    loan = a_loan(annual_rate=Decimal("0.09"), agreement=PRIVATE)
    (event,) = events_of(charge(loan, "dunning-letter", "50", day("01-25")))
    # 12,000 × 12 % ÷ 365 × 10 = 39.45 rounded down; interest 12,000 × 9 % ÷ 360 × 10 = 30.00
    assert event.amount == yuan("9.45")
    assert (event.capped.amount, event.capped.annual_rate) == (yuan("40.55"), Decimal("0.12"))
    loan = charge(loan, "dunning-letter", "50", day("01-25")).applied()
    (again,) = events_of(charge(loan, "dunning-letter", "50", day("01-25")))
    assert again.amount == yuan("0")


def test_room_under_the_cap_shrinks_with_the_principal_from_each_payment_on() -> None:
    loan = pay(a_loan(annual_rate=Decimal("0.06"), agreement=PRIVATE), "6060", day("01-20")).applied()
    paid = sum(balance.interest for balance in owed(a_loan(annual_rate=Decimal("0.06"), agreement=PRIVATE)))
    left = sum(balance.interest for balance in owed(loan))
    principal = 12_000_00 - loan.state.repaid
    room = (12_000_00 * 5 + principal * 5) * 12 // (100 * 365)
    event = events_of(charge(loan, "dunning-letter", "50", day("01-25")))[-1]
    assert event.amount == yuan(Decimal(max(0, min(50_00, room - (paid - left)))) / 100)


def test_cost_of_enforcement_is_no_price_of_the_money() -> None:
    event = events_of(charge(a_loan(annual_rate=Decimal("0.12"), agreement=PRIVATE), "court", "300", day("01-25")))[-1]
    assert (event.amount, event.capped) == (yuan("300"), None)


@pytest.mark.parametrize(
    "charges",
    [
        (LETTER, LETTER),
        (replace(LETTER, periods=(1,)),),
        (replace(LETTER, contingent=False),),
        (replace(LETTER, contingent=False, periods=(13,)),),
        (replace(LETTER, most=Money(Decimal(5), "EUR")),),
    ],
)
def test_a_cost_table_that_contradicts_itself_is_not_booked(charges: tuple[SignedCharge, ...]) -> None:
    terms = replace(booking().terms, agreement=Agreement(charges=charges))
    given(LOAN).when(booking(terms), on=BOOKED_ON).then_refused("terms-not-bookable")


def test_charges_of_normal_performance_count_for_the_cap_at_signing() -> None:
    monthly = replace(LETTER, contingent=False, periods=tuple(range(1, 13)))
    terms = replace(booking().terms, annual_rate=Decimal("0.20"), agreement=Agreement(charges=(monthly,)))
    given(LOAN).when(booking(terms), on=BOOKED_ON).then_refused("price-above-cap")
    cheap = replace(monthly, most=yuan("5"))
    given(LOAN).when(booking(replace(terms, agreement=Agreement(charges=(cheap,)))), on=BOOKED_ON).applied()
