"""Repayment plans on unrounded balances, as disclosure examples and calculators print them; only what is shown is rounded.

A plan is a sequence of stages (a method over some periods), a rate by period and drawdowns. A ledger that must close to the cent
is :mod:`services.servicing.domain.rules`; this family answers "what does it cost" and keeps every digit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import NamedTuple

from services.servicing.domain.cost.annuity import instalment
from services.servicing.domain.cost.roots import PRECISION

ZERO = Decimal(0)
_SETTLED = Decimal("1e-20")


class Method(StrEnum):
    """How a stage repays."""

    EQUAL_INSTALMENT = "equal-instalment"
    """等额本息; with ``amortised_over`` longer than the stage a balloon is left."""
    EQUAL_PRINCIPAL = "equal-principal"
    """等额本金."""
    INTEREST_ONLY = "interest-only"
    """先息后本: interest as it accrues; what is owed falls due with the plan's last row."""
    BULLET = "bullet"
    """一次还本付息, compounded: nothing before the plan's last row."""
    SHARE_OF_BALANCE = "share-of-balance"
    """A share of balance and interest, at least a minimum, as revolving credit is repaid; it ends when nothing is owed."""
    FIXED = "fixed"
    """A payment that is given; the last one repays the rest, so that it may be smaller."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A method over ``periods`` periods."""

    method: Method
    periods: int
    amortised_over: int | None = None
    """Periods that the equal instalment is computed over, when they are more than the stage has."""
    balloon: Decimal = ZERO
    """Left after the stage's last instalment."""
    growth: Decimal = Decimal(1)
    """Each instalment is this many times the one ``grows_every`` periods before 等比递增."""
    step: Decimal = ZERO
    """Each instalment is this much more than the one ``grows_every`` periods before 等额递增."""
    grows_every: int = 1
    grows_at_most: int | None = None
    """How often it grows; then it stays, as of graduated payments."""
    share: Decimal = ZERO
    minimum: Decimal = ZERO
    payment: Decimal = ZERO
    """Of :attr:`Method.FIXED`."""


class Row(NamedTuple):
    """One period; ``balance`` is what is owed after it."""

    number: int
    payment: Decimal
    interest: Decimal
    principal: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """What is agreed."""

    principal: Decimal
    stages: tuple[Stage, ...]
    rates: tuple[tuple[int, Decimal], ...]
    """(first period, rate per period), by period, the first from period 1."""
    drawdowns: Mapping[int, Decimal] = field(default_factory=dict)
    """Further drawdowns after the payment of a period."""
    first_interest: Decimal | None = None
    """Interest of the first period as a share of the principal, where its length differs."""

    @property
    def periods(self) -> int:
        """How many rows the stages have together."""
        return sum(stage.periods for stage in self.stages)


def rows(plan: Plan) -> tuple[Row, ...]:
    """The rows of the plan, unrounded. The level of an instalment is solved anew where a stage, a rate or a drawdown begins.

    The last row repays everything that the stages left, whatever their method.
    """
    with localcontext(PRECISION):
        return tuple(_rows(plan))


def _rows(plan: Plan) -> Iterator[Row]:
    balance, level = plan.principal, ZERO
    rate, number, solved = plan.rates[0][1], 0, False
    changes = dict(plan.rates)
    for stage in plan.stages:
        solved = False
        for position in range(stage.periods):
            number += 1
            if number in changes:
                rate, solved = changes[number], solved and changes[number] == rate
            interest = balance * (rate if number > 1 or plan.first_interest is None else plan.first_interest)
            if not solved:
                level, solved = _level(stage, position, balance, interest, rate), True
            paid = _payment(stage, position, level, balance, interest)
            if number == plan.periods or paid > balance + interest:
                paid = balance + interest
            balance += interest - paid
            yield Row(number, paid, interest, paid - interest, balance)
            if number in plan.drawdowns:
                balance, solved = balance + plan.drawdowns[number], False
            if abs(balance) < _SETTLED and not any(period > number for period in plan.drawdowns):
                return


def _level(stage: Stage, position: int, balance: Decimal, interest: Decimal, rate: Decimal) -> Decimal:
    """The instalment (or part of principal) that the rest of the stage is built on; the first interest may be odd."""
    left = (stage.amortised_over or stage.periods) - position
    if stage.method is Method.EQUAL_PRINCIPAL:
        return (balance - stage.balloon) / left
    if stage.method is not Method.EQUAL_INSTALMENT:
        return stage.payment
    worth = (balance + interest) / (1 + rate)
    if stage.growth == 1 and stage.step == 0:
        return instalment(worth, rate, left, stage.balloon)
    weight = steps = ZERO
    for later in range(position, position + left):
        discount, grown = (1 + rate) ** (position - later - 1), _grown(stage, later)
        weight += stage.growth**grown * discount
        steps += grown * discount
    return (worth - stage.balloon * (1 + rate) ** -left - stage.step * steps) / weight


def _grown(stage: Stage, position: int) -> int:
    """How often the instalment has grown at a position."""
    grown = position // stage.grows_every
    return grown if stage.grows_at_most is None else min(grown, stage.grows_at_most)


def _payment(stage: Stage, position: int, level: Decimal, balance: Decimal, interest: Decimal) -> Decimal:
    if stage.method is Method.EQUAL_INSTALMENT:
        grown = _grown(stage, position)
        return level * stage.growth**grown + stage.step * grown
    if stage.method is Method.EQUAL_PRINCIPAL:
        return level + interest
    if stage.method is Method.INTEREST_ONLY:
        return interest
    if stage.method is Method.SHARE_OF_BALANCE:
        return max(stage.share * (balance + interest), stage.minimum)
    return level if stage.method is Method.FIXED else ZERO
