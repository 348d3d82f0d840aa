"""The demo's borrowers: a declared row of the data, a made-up person, and the plan that only the borrower knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from hashlib import sha256
from typing import Any

from loanstream.demo.applications import Case, Declared, cases
from loanstream.demo.behaviour import Plan, plan_of
from loanstream.demo.chance import Chance
from loanstream.demo.persons import Person, person

CURRENCY = "CNY"
DOCUMENTS = ("identity", "income")
LATE_DOCUMENT = "income"
"""The document that is handed in late by those who leave one out."""

_BURDENS = {1: (120, 199), 2: (200, 249), 3: (250, 349), 4: (350, 490)}
"""Instalment ÷ income in per mille by declared class; in class 4 few go further, see :data:`_STRAINED`."""

_STRAINED = (500, 580)
_STRAINED_PER_MILLE = 40
_AGES = ((25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))
_TEN = Decimal(10)
_LEAST_INCOME = Decimal(800)
"""Nobody lives on less: whose instalment is small has other instalments to pay as well."""


@dataclass(frozen=True, slots=True)
class Borrower:
    """One row under one seed."""

    chance: Chance
    declared: Declared
    person: Person
    plan: Plan

    @property
    def file(self) -> str:
        """Number of the borrower's file: stands in the application, in keys and in bank references."""
        return f"DEMO-{self.chance.seed}-{self.chance.row:04}"


def borrowers(seed: int, loans: int, on: date) -> tuple[Borrower, ...]:
    """The first ``loans`` borrowers of a seed, with the ages of the data ``on`` that day."""
    return tuple(_borrower(seed, case, on) for case in cases()[:loans])


def _borrower(seed: int, case: Case, on: date) -> Borrower:
    declared = case.declared
    chance = Chance(seed, declared.row)
    plan = plan_of(chance, declared.months, case.repaid)
    return Borrower(chance, declared, person(chance, declared.age, on), plan)


def application(borrower: Borrower, product_id: str, annual_rate: Decimal) -> dict[str, Any]:
    """The body of a borrower's application: what is declared, and the person's data for the vault."""
    declared, person = borrower.declared, borrower.person
    left_out = {LATE_DOCUMENT} if borrower.plan.odd.supplement_after else set()
    return {
        "product_id": product_id,
        "amount": money(declared.amount),
        "months": declared.months,
        "method": "equal-principal" if borrower.chance.happens(150, "method") else "equal-instalment",
        "purpose": declared.purpose,
        "repayment_source": f"salary, file {borrower.file}",
        "profile": profile(borrower, annual_rate),
        "documents": [document(borrower, kind) for kind in DOCUMENTS if kind not in left_out],
        "language": "en" if borrower.chance.happens(120, "language") else "zh",
        "applicant": {
            "name": person.name,
            "id_number": person.identity_number,
            "phone": person.phone,
            "email": person.email,
            "address": person.address,
            "bank_account": person.bank_account,
        },
    }


def profile(borrower: Borrower, annual_rate: Decimal) -> dict[str, Any]:
    """What is declared for the assessment, by the names of ``ApplicantProfile``."""
    declared = borrower.declared
    return {
        "checking_account": declared.checking_account,
        "credit_history": declared.credit_history,
        "savings": declared.savings,
        "employment": declared.employment,
        "instalment_burden": declared.instalment_burden,
        "other_debtors": declared.other_debtors,
        "residence_years": declared.residence_years,
        "property": declared.property,
        "age_band": age_band(declared.age),
        "other_plans": declared.other_plans,
        "housing": declared.housing,
        "existing_credits": declared.existing_credits,
        "job": declared.job,
        "dependants": declared.dependants,
        "monthly_income": money(monthly_income(borrower, annual_rate)),
    }


def document(borrower: Borrower, kind: str) -> dict[str, str]:
    """A document handed in: the digest of a file that nobody needs to see."""
    return {"kind": kind, "digest": sha256(f"{borrower.file}/{kind}".encode()).hexdigest()}


def monthly_income(borrower: Borrower, annual_rate: Decimal) -> Decimal:
    """An income that fits the declared burden: the loan's instalment ÷ a share drawn within the class, to ten yuan."""
    declared = borrower.declared
    low, high = _BURDENS[declared.instalment_burden]
    if declared.instalment_burden == max(_BURDENS) and borrower.chance.happens(_STRAINED_PER_MILLE, "strained"):
        low, high = _STRAINED
    share = Decimal(borrower.chance.between(low, high, "burden")) / 1000
    income = instalment(declared.amount, annual_rate, declared.months) / share
    return max(_LEAST_INCOME, (income / _TEN).quantize(Decimal(1), ROUND_HALF_UP) * _TEN)


def instalment(amount: Decimal, annual_rate: Decimal, months: int) -> Decimal:
    """Monthly instalment 等额本息, A = P·i·(1+i)^n / ((1+i)^n − 1) with i = annual/12, not rounded."""
    with localcontext(prec=28):
        monthly = annual_rate / 12
        if not monthly:
            return amount / months
        growth = (1 + monthly) ** months
        return amount * monthly * growth / (growth - 1)


def age_band(age: int) -> str:
    """The band of an age, e.g. ``25-34``."""
    return next((band for end, band in _AGES if age < end), "65-")


def money(amount: Decimal) -> Mapping[str, str]:
    """An amount in CNY as it stands in the contract."""
    return {"amount": f"{amount:.2f}", "currency": CURRENCY}
