"""What scorecard and rules look at: the application as declared, and the instalment it would mean."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from schemas.money import minor
from schemas.risk.commands import AssessApplicant
from services.risk.domain.assessment.scaling import ARITHMETIC
from services.risk.domain.assessment.scorecard import Value


@dataclass(frozen=True, slots=True)
class Case:
    """One application under assessment; money in minor units of ``currency``."""

    asked: AssessApplicant
    currency: str
    amount: int
    income: int
    """Declared disposable income a month."""
    instalment: int
    """What the loan would cost a month."""


def case_of(asked: AssessApplicant) -> Case:
    """The case of a command. Raises ``ValueError`` for an amount with too many decimals or an unknown currency."""
    amount = minor(asked.amount)
    return Case(
        asked=asked,
        currency=asked.amount.currency,
        amount=amount,
        income=minor(asked.profile.monthly_income),
        instalment=equal_instalment(amount, asked.annual_rate, asked.months),
    )


def equal_instalment(amount: int, annual_rate: Decimal, months: int) -> int:
    """Monthly instalment 等额本息 of ``amount`` minor units: A = P·i·(1+i)^n / ((1+i)^n − 1) with i = annual/12.

    Rounded half-up to the minor unit, once. Without interest it is P/n. It also stands for loans with equal principal, whose
    average instalment is lower.
    """
    with localcontext(ARITHMETIC):
        monthly = annual_rate / 12
        growth = (1 + monthly) ** months
        exact = amount * monthly * growth / (growth - 1) if monthly else Decimal(amount) / months
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def declared(asked: AssessApplicant) -> dict[str, Value]:
    """Everything declared that a scorecard may score, by attribute name; the amount in major units."""
    profile = asked.profile
    return {
        "amount": asked.amount.amount,
        "months": asked.months,
        "purpose": asked.purpose,
        "checking_account": profile.checking_account,
        "credit_history": profile.credit_history,
        "savings": profile.savings,
        "employment": profile.employment,
        "instalment_burden": profile.instalment_burden,
        "other_debtors": profile.other_debtors,
        "residence_years": profile.residence_years,
        "property": profile.property,
        "other_plans": profile.other_plans,
        "housing": profile.housing,
        "existing_credits": profile.existing_credits,
    }
