"""Applications for the tests of risk."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from schemas.money import Money
from schemas.risk.commands import AssessApplicant
from schemas.terms import ApplicantProfile

PROFILE = ApplicantProfile(
    checking_account="no checking account",
    credit_history="critical account/ other credits existing (not at this bank)",
    savings="... < 100 DM",
    employment="... >= 7 years",
    instalment_burden=3,
    other_debtors="none",
    residence_years=4,
    property="real estate",
    age_band="35-44",
    other_plans="none",
    housing="own",
    existing_credits=2,
    job="skilled employee / official",
    dependants=1,
    monthly_income=Money(Decimal("1800.00"), "CNY"),
)

SOUND = AssessApplicant(
    loan_id="loan-1",
    party_ref="party-1",
    amount=Money(Decimal("6000.00"), "CNY"),
    months=12,
    annual_rate=Decimal("0.144"),
    purpose="radio/television",
    profile=PROFILE,
)
"""An application that every rule lets pass."""


def asking(**changes: Any) -> AssessApplicant:
    """The sound application with other terms."""
    return replace(SOUND, **changes)


def declaring(**changes: Any) -> AssessApplicant:
    """The sound application by an applicant who declares something else."""
    return replace(SOUND, profile=replace(PROFILE, **changes))


def cny(amount: str) -> Money:
    """Yuan."""
    return Money(Decimal(amount), "CNY")
