"""What a borrower gets back of the charge for credit on early settlement: by the actuarial rule, and by the rule of 78."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from services.servicing.domain.cost.rates import periodic_of_effective
from services.servicing.domain.cost.roots import PRECISION

RATE_STEP = Decimal("0.000001")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Settlement:
    """Amount to settle now, and the rebate it stands for: what remained to be paid less that amount."""

    amount: Decimal
    rebate: Decimal


def uk_settlement(
    credit: Decimal,
    instalments: tuple[Decimal, ...],
    paid: int,
    apr: Decimal,
    part_period: Fraction = Fraction(0),
    per_year: int = 12,
) -> Settlement:
    """Settlement and rebate of the UK Consumer Credit (Early Settlement) Regulations 2004 (SI 2004/1483), regulation 4.

    The rate per period is (1 + APR)^(1/m) − 1 rounded half-up to six decimals; the credit grows at it and each of the ``paid``
    instalments reduces it; the part of a period since the last one compounds too. Money is rounded half-up to the cent once, at
    the end.
    """
    with localcontext(PRECISION):
        growth = 1 + periodic_of_effective(apr, per_year).quantize(RATE_STEP, ROUND_HALF_UP)
        owed = credit
        for instalment in instalments[:paid]:
            owed = owed * growth - instalment
        owed *= growth ** (Decimal(part_period.numerator) / part_period.denominator)
        amount = owed.quantize(CENT, ROUND_HALF_UP)
        return Settlement(amount, sum(instalments[paid:], Decimal(0)) - amount)


def rule_of_78(charge: Decimal, periods: int, remaining: int) -> Decimal:
    """Rebate of the sum of digits: charge × k(k+1)/(n(n+1)) for k of n periods remaining; unrounded.

    It gives back less than the actuarial rule, so it penalises those who settle early; lawful only where the contract's law allows.
    """
    with localcontext(PRECISION):
        return charge * (remaining * (remaining + 1)) / (periods * (periods + 1))
