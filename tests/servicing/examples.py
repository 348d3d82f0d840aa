"""Loans and receipts to start from, and the words that tests use about them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.decision import Refusal
from schemas.money import Money
from schemas.servicing.commands import ApplyPayment, BookLoan, ReversePayment, WaiveAmount, WriteOffLoan
from schemas.terms import Components, LoanTerms, RepaymentMethod
from services.servicing.domain.loan.packing import Balance
from services.servicing.domain.loan.state import Loan, unpaid
from services.servicing.service import deciders
from tests.support.deciding import Given, Then, given

LOAN, RECEIPT = deciders()

LOAN_ID = "2f0b7c1e-6f7f-5d0e-8f2a-0d9f0f4c7a11"
PARTY = "7a4d1f52-3a55-5b0e-9a4e-6c2f1f0b9e21"
CONTRACT = "LN-2026-000001"
BOOKED_ON = date(2026, 1, 15)

A_YEAR = LoanTerms(
    product_id="personal-credit",
    product_version=1,
    principal=Money(Decimal("12000.00"), "CNY"),
    months=12,
    annual_rate=Decimal("0.144"),
    method=RepaymentMethod.EQUAL_PRINCIPAL,
    penalty_multiplier=Decimal("1.5"),
    day_basis=360,
    grace_days=3,
    allocation_order=("penalty", "interest", "principal"),
    rules="cn-bank/1",
)
"""12,000.00 over 12 months at 14.4 %: 1,000.00 of principal a month, interest 144.00, 132.00 … 12.00; penalty 21.6 % a year."""

ALL_PERMISSIONS = (
    "servicing:waive",
    "servicing:write-off",
    "servicing:change",
    "servicing:accelerate",
    "servicing:raise-penalty",
    "servicing:charge-fee",
    "servicing:classify",
)


def yuan(amount: str | int) -> Money:
    """Money in CNY."""
    return Money(Decimal(amount).quantize(Decimal("0.01")), "CNY")


def parts(principal: str | int = 0, interest: str | int = 0, penalty: str | int = 0) -> Components:
    """Amounts by component."""
    return Components(principal=yuan(principal), interest=yuan(interest), penalty=yuan(penalty))


def booking(terms: LoanTerms = A_YEAR, value_date: date = BOOKED_ON) -> BookLoan:
    """The command that books a loan with these terms."""
    return BookLoan(
        application_id="application-1",
        contract_no=CONTRACT,
        party_ref=PARTY,
        amount=terms.principal,
        value_date=value_date,
        terms=terms,
    )


def a_loan(terms: LoanTerms = A_YEAR, value_date: date = BOOKED_ON, **changes: Any) -> Given:
    """A loan just booked; ``changes`` are changed terms."""
    command = booking(replace(terms, **changes), value_date)
    return given(LOAN, aggregate_id=LOAN_ID).when(command, on=value_date).applied()


def until(loan: Given, day: date) -> Given:
    """The loan after every business day up to and including ``day``."""
    state: Loan = loan.state
    return loan.through(state.value_date, day)


def pay(loan: Given, amount: str | int, on: date, *, receipt: str = "R1", value_date: date | None = None) -> Then:
    """A payment arrives on business day ``on``."""
    command = ApplyPayment(
        receipt_id=receipt, amount=yuan(amount), value_date=value_date or on, channel="bank-transfer"
    )
    return loan.when(command, on=on)


def reverse(loan: Given, receipt: str, on: date) -> Then:
    """The bank takes a payment back on business day ``on``."""
    return loan.when(ReversePayment(receipt_id=receipt, cause="returned by the bank"), on=on)


def waive(loan: Given, amounts: Components, on: date, permissions: Sequence[str] = ALL_PERMISSIONS) -> Then:
    """Somebody waives amounts."""
    command = WaiveAmount(amounts=amounts, reason="hardship")
    return loan.when(command, on=on, by="user:finance", permissions=permissions)


def write_off(loan: Given, on: date, permissions: Sequence[str] = ALL_PERMISSIONS) -> Then:
    """Somebody writes the loan off."""
    return loan.when(WriteOffLoan(reason="no assets"), on=on, by="user:finance", permissions=permissions)


def events_of(decided: Then) -> list[Any]:
    """The events of a decision that is no refusal."""
    assert not isinstance(decided.decision, Refusal), decided.decision
    return list(decided.decision)


def owed(loan: Given) -> list[Balance]:
    """What is unpaid, oldest instalment first."""
    return list(unpaid(loan.state))


def day(text: str) -> date:
    """``day("02-15")`` is a day of 2026; a full ISO date stands for itself."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")
