"""Cost table of a contract: every instalment, the totals, and the annualised rate by IRR 综合融资成本.

Arithmetic ``cn-bank/1``: monthly rate = annual/12, not rounded; rows exact to the minor unit, half-up; the last row absorbs
the difference (末期轧差). Source: 银发〔2005〕129号 practice, domain notes 1.1 to 1.3.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, localcontext

from schemas.money import minor
from schemas.terms import LoanTerms, RepaymentMethod

_ARITHMETIC = Context(prec=34, rounding=ROUND_HALF_EVEN)
"""34 digits (decimal128) inside; nothing is rounded before the points named here."""

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
    """Every instalment of a loan that is paid as agreed."""
    with localcontext(_ARITHMETIC):
        principal = minor(terms.principal)
        monthly = terms.annual_rate / 12
        part = _PRINCIPAL_PARTS[terms.method](principal, monthly, terms.months)
        rows: list[CostRow] = []
        balance = principal
        for number in range(1, terms.months + 1):
            interest = _half_up(balance * monthly)
            repaid = balance if number == terms.months else min(balance, max(0, part(interest)))
            balance -= repaid
            rows.append(CostRow(number, repaid, interest, balance))
        return tuple(rows)


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


def _equal_instalment(principal: int, monthly: Decimal, months: int) -> PrincipalPart:
    instalment = _half_up(annuity(principal, monthly, months))
    return lambda interest: instalment - interest


def _equal_principal(principal: int, _monthly: Decimal, months: int) -> PrincipalPart:
    part = _half_up(Decimal(principal) / months)
    return lambda _interest: part


def annuity(principal: int, monthly: Decimal, months: int) -> Decimal:
    """等额本息 A = P·i·(1+i)^n / ((1+i)^n − 1), P/n without interest; minor units, unrounded."""
    if not monthly:
        return Decimal(principal) / months
    growth = (1 + monthly) ** months
    return principal * monthly * growth / (growth - 1)


_PRINCIPAL_PARTS: dict[RepaymentMethod, Callable[[int, Decimal, int], PrincipalPart]] = {
    RepaymentMethod.EQUAL_INSTALMENT: _equal_instalment,
    RepaymentMethod.EQUAL_PRINCIPAL: _equal_principal,
}


def _half_up(units: Decimal) -> int:
    """The one rounding point of a row: to the minor unit, half-up."""
    return int(units.quantize(Decimal(1), ROUND_HALF_UP))
