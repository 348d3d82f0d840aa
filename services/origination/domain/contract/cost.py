"""Cost table of a contract: every instalment, the totals, and the annualised rate by IRR 综合融资成本.

Arithmetic ``cn-bank/1``: monthly rate = annual/12, not rounded; rows exact to the minor unit, half-up; the last row absorbs
the difference (末期轧差). Source: practice of 银发〔2005〕129号. A test holds the table equal to the ledger's first schedule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext

from schemas.money import minor
from schemas.terms import LoanTerms, RepaymentMethod

_ARITHMETIC = Context(prec=34, rounding=ROUND_HALF_EVEN)
"""34 digits (decimal128) for rates of return; they are rounded once, to 0.01 %."""

_CLOSE_ENOUGH = Decimal("1e-20")
_MOST_STEPS = 100

PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class CostRow:
    """One instalment, in minor units."""

    number: int
    principal: int
    interest: int
    balance: int
    """Principal outstanding after it."""

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.principal + self.interest


def cost_rows(terms: LoanTerms) -> tuple[CostRow, ...]:
    """Every instalment of a loan that is paid as agreed; rounding can repay a tiny loan before its last month.

    Exact integer arithmetic: a decimal expansion of annual/12 would turn a tie into a miss and differ from the ledger's row.
    """
    principal = minor(terms.principal)
    numerator, denominator = monthly_rate(terms.annual_rate)
    part = _PRINCIPAL_PARTS[terms.method](principal, terms.annual_rate, terms.months)
    rows: list[CostRow] = []
    balance = principal
    for number in range(1, terms.months + 1):
        interest = half_up(balance * numerator, denominator)
        repaid = balance if number == terms.months else min(balance, part(interest))
        balance -= repaid
        rows.append(CostRow(number, repaid, interest, balance))
    return tuple(rows)


def instalment(principal: int, annual_rate: Decimal, months: int) -> int:
    """等额本息 A = P·i·(1+i)^n / ((1+i)^n − 1), P/n without interest; half-up, minor units."""
    numerator, denominator = monthly_rate(annual_rate)
    if not numerator:
        return half_up(principal, months)
    grown, base = (numerator + denominator) ** months, denominator**months
    return half_up(principal * numerator * grown, denominator * (grown - base))


def monthly_rate(annual_rate: Decimal) -> tuple[int, int]:
    """annual/12 as numerator and denominator, unrounded."""
    numerator, denominator = annual_rate.as_integer_ratio()
    return numerator, denominator * 12


def half_up(numerator: int, denominator: int) -> int:
    """The one rounding point of a row: a quotient of non-negative integers to the minor unit, half-up 四舍五入."""
    return (2 * numerator + denominator) // (2 * denominator)


def periodic_irr(principal: int, totals: Sequence[int]) -> Decimal:
    """The rate a period at which ``totals``, one a period, are worth ``principal``: unrounded, to 20 decimals.

    Newton's method from 0; the value falls and is convex in the rate, so the steps close in from below. Not negative when
    the totals sum to at least the principal.
    """
    with localcontext(_ARITHMETIC):
        rate = Decimal(0)
        for _ in range(_MOST_STEPS):
            worth, slope = _present_value(rate, totals)
            step = (worth - principal) / slope
            rate += step
            if abs(step) < _CLOSE_ENOUGH:
                break
        return rate


def nominal_percent(periodic: Decimal) -> Decimal:
    """Twelve times the monthly rate, simple 单利, in percent, half-up to 0.01."""
    with localcontext(_ARITHMETIC):
        return (periodic * 1200).quantize(PERCENT, ROUND_HALF_UP)


def effective_percent(periodic: Decimal) -> Decimal:
    """(1 + monthly rate)¹² − 1, compound 复利, in percent, half-up to 0.01."""
    with localcontext(_ARITHMETIC):
        return (((1 + periodic) ** 12 - 1) * 100).quantize(PERCENT, ROUND_HALF_UP)


def penalty_rate(terms: LoanTerms) -> Decimal:
    """Penalty rate a year 罚息利率 as a fraction: contract rate × multiplier."""
    with localcontext(_ARITHMETIC):
        return terms.annual_rate * terms.penalty_multiplier


def _present_value(rate: Decimal, totals: Sequence[int]) -> tuple[Decimal, Decimal]:
    """Present value of ``totals`` at ``rate``, and minus its derivative."""
    factor = 1 / (1 + rate)
    discount, worth, slope = Decimal(1), Decimal(0), Decimal(0)
    for number, total in enumerate(totals, 1):
        discount *= factor
        worth += total * discount
        slope += number * total * discount
    return worth, slope * factor


PrincipalPart = Callable[[int], int]
"""Principal of a row, given its interest; minor units."""


def _equal_instalment(principal: int, annual_rate: Decimal, months: int) -> PrincipalPart:
    level = instalment(principal, annual_rate, months)
    return lambda interest: level - interest


def _equal_principal(principal: int, _annual_rate: Decimal, months: int) -> PrincipalPart:
    level = half_up(principal, months)
    return lambda _interest: level


_PRINCIPAL_PARTS: dict[RepaymentMethod, Callable[[int, Decimal, int], PrincipalPart]] = {
    RepaymentMethod.EQUAL_INSTALMENT: _equal_instalment,
    RepaymentMethod.EQUAL_PRINCIPAL: _equal_principal,
}
