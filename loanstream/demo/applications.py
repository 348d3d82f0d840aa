"""The 1,000 real applications: what an applicant declares, and, apart from it, what became of the loan.

Source: Statlog (German Credit Data), H. Hofmann, UCI Machine Learning Repository, CC BY 4.0 (``data/README.md``).
"""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Declared:
    """One application as declared. Personal status, sex and foreign worker are not read from the file at all."""

    row: int
    """Place in the file, from 0."""
    amount: Decimal
    """Taken as CNY."""
    months: int
    purpose: str
    checking_account: str
    credit_history: str
    savings: str
    employment: str
    instalment_burden: int
    other_debtors: str
    residence_years: int
    property: str
    age: int
    other_plans: str
    housing: str
    existing_credits: int
    job: str
    dependants: int


@dataclass(frozen=True, slots=True)
class Case:
    """A declaration, and whether the loan was repaid: the latter is known to the demo's borrower alone."""

    declared: Declared
    repaid: bool


@cache
def cases() -> tuple[Case, ...]:
    """All cases of the shipped file, in its order."""
    text = (files("loanstream.demo") / "data" / "german_credit.csv").read_text(encoding="utf-8")
    return tuple(_case(number, line) for number, line in enumerate(csv.DictReader(text.splitlines())))


def _case(number: int, line: dict[str, str]) -> Case:
    declared = Declared(
        row=number,
        amount=Decimal(line["credit_amount"]),
        months=int(line["duration_in_month"]),
        purpose=line["purpose"],
        checking_account=line["status_of_existing_checking_account"],
        credit_history=line["credit_history"],
        savings=line["savings_account_and_bonds"],
        employment=line["present_employment_since"],
        instalment_burden=int(line["installment_rate_in_percentage_of_disposable_income"]),
        other_debtors=line["other_debtors_or_guarantors"],
        residence_years=int(line["present_residence_since"]),
        property=line["property"],
        age=int(line["age_in_years"]),
        other_plans=line["other_installment_plans"],
        housing=line["housing"],
        existing_credits=int(line["number_of_existing_credits_at_this_bank"]),
        job=line["job"],
        dependants=int(line["number_of_people_being_liable_to_provide_maintenance_for"]),
    )
    return Case(declared, line["creditability"] == "good")
