"""The cost table 综合融资成本明示表 that is shown and confirmed before signing.

Source: 个人贷款业务明示综合融资成本规定 (NFRA and PBOC, in force 2026-08-01): principal; every item with method, standard and
collecting party; the annualised total cost in normal performance; contingent items of default apart; no other charge is allowed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from services.servicing.domain.cost.internal_rate import periodic_irr
from services.servicing.domain.cost.rates import effective_of_periodic


class Headline(StrEnum):
    """Which annual rate a product prints first; both are printed, each under its name."""

    NOMINAL = "nominal"
    EFFECTIVE = "effective"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of cost. Amounts are (period, minor units), period 0 at payout; a contingent item has none."""

    code: str
    name: str
    method: str
    """How it is charged, e.g. ``on the outstanding principal, monthly``."""
    standard: str
    """Rate or amount, e.g. ``7.2 % a year``."""
    collected_by: str
    amounts: tuple[tuple[int, int], ...] = ()
    contingent: bool = False

    @property
    def total(self) -> int:
        """Minor units over the whole life."""
        return sum(amount for _, amount in self.amounts)


@dataclass(frozen=True, slots=True)
class CostTable:
    """What the borrower sees: amounts in minor units, rates unrounded as fractions of one."""

    principal: int
    items: tuple[Item, ...]
    contingent: tuple[Item, ...]
    total_cost: int
    periodic_irr: Decimal
    nominal: Decimal
    """单利: m × periodic."""
    effective: Decimal
    """复利: (1 + periodic)^m − 1."""
    headline: Headline

    def allows(self, code: str) -> bool:
        """Whether a charge of this code stands in the signed table; any other is refused (precise-rules 8)."""
        return any(item.code == code for item in (*self.items, *self.contingent))


class UnfitTable(ValueError):
    """The table cannot be shown; the text says what is missing, a sentence each."""


def cost_table(
    principal: int,
    repayments: Iterable[tuple[int, int]],
    items: Iterable[Item],
    headline: Headline,
    periods_a_year: int = 12,
) -> CostTable:
    """The table of a loan paid out in full at period 0; ``repayments`` are (period, minor units of principal).

    A charge at period 0 lowers what the borrower really receives. Raises :class:`UnfitTable`.
    """
    listed, back = tuple(items), tuple(repayments)
    problems = _problems(principal, back, listed)
    if problems:
        raise UnfitTable("; ".join(problems))
    normal = tuple(item for item in listed if not item.contingent)
    flows = [0] * (max(period for period, _ in (*back, *(a for item in normal for a in item.amounts))) + 1)
    flows[0] -= principal
    for period, amount in (*back, *(one for item in normal for one in item.amounts)):
        flows[period] += amount
    rate = periodic_irr([Decimal(flow) for flow in flows]).value
    return CostTable(
        principal,
        normal,
        tuple(item for item in listed if item.contingent),
        sum(item.total for item in normal),
        rate,
        rate * periods_a_year,
        effective_of_periodic(rate, periods_a_year),
        headline,
    )


def _problems(principal: int, back: tuple[tuple[int, int], ...], items: tuple[Item, ...]) -> list[str]:
    codes = [item.code for item in items]
    found = [f"item {code!r} stands twice" for code in sorted(set(codes)) if codes.count(code) > 1]
    for item in items:
        found += [f"item {item.code!r} has no {name.replace('_', ' ')}" for name in _SAID if not getattr(item, name)]
        if item.contingent and item.amounts:
            found.append(f"item {item.code!r} falls due on default only, so it has no amounts in normal performance")
        if any(amount < 0 or period < 0 for period, amount in item.amounts):
            found.append(f"item {item.code!r} has a negative amount or period")
    if sum(amount for _, amount in back) != principal:
        found.append(
            f"the principal parts sum to {sum(amount for _, amount in back)}, not to the principal {principal}"
        )
    return found


_SAID = ("name", "method", "standard", "collected_by")
