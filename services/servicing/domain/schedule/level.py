"""The level instalment, and how the last unpaid row takes in what rounding and payments leave."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.servicing.domain.schedule.arithmetic import ratio, to_multiple, units
from services.servicing.domain.schedule.plain import SMOOTHINGS, plain_level
from services.servicing.domain.schedule.plan import (
    Figure,
    Period,
    Plan,
    accrual,
    change,
    closing_balance,
    figures,
    flat_base,
    growth,
    settle,
)
from services.servicing.domain.terms import Method

_ONE = Decimal(1)


def level_first(plan: Plan, amount: int) -> bool:
    """Level a plan of which ``amount``, all there is, was disbursed on its first day; whether it was a plain case."""
    found = plain_level(plan.terms, plan.factors, [period.span for period in plan.periods], amount)
    if found is None:
        return False
    for period in plan.periods:
        period.instalment = period.agreed = found.asked
    last = plan.periods[-1]
    last.instalment = found.last
    if found.smoothed:
        last.agreed = found.last
    settle(plan)
    return True


def relevel(plan: Plan, due: date, *, alone: bool) -> None:
    """Level the periods due from ``due`` on, after the balance changed.

    The instalment is that of a plan on which nothing was paid: ``alone`` says that this is one. What was paid changes rows, not
    the agreed instalment.
    """
    related = plan.since(due)
    if plan.terms.method is Method.FLAT:
        _level_flat(plan, related)
        _grant_principal_grace(plan, related)
        return
    _grant_interest_grace(plan)
    settle(plan)
    if alone:
        _level(plan, related)
    else:
        _level_unpaid(plan, related)
    _grant_principal_grace(plan, related)
    settle(plan)
    close_last(plan, due)
    if alone and plan.terms.fixed_instalment is None:
        _smooth(plan, related)


def level_anew(plan: Plan, related: list[Period]) -> None:
    """Level these rows on the plan as it stands, payments included."""
    if plan.terms.method is Method.FLAT:
        _level_flat(plan, related)
        return
    _level(plan, related)
    settle(plan)
    close_last(plan, related[0].due)
    _smooth(plan, related)
    missing = plan.claimed - sum(figure.principal for figure in figures(plan))
    if missing > 0:  # every row was paid in advance with more than its new instalment
        related[-1].instalment += missing
        settle(plan)


def _level(plan: Plan, related: Sequence[Period]) -> None:
    """A = B·Π(1+f) ÷ Σ of the products that follow each row, rounded to the minor unit, then to the multiple."""
    if not related:
        return
    amount = plan.terms.fixed_instalment
    if amount is None:
        amount = _in_multiples(plan, _annuity(plan, related))
    for period in related:
        if amount >= period.paid:
            period.instalment = period.agreed = amount


def _annuity(plan: Plan, related: Sequence[Period]) -> int:
    """The level instalment of periods with their own rate factors."""
    exact = plan.exact
    rates = [growth(plan, period) for period in related]
    product = _ONE
    for rate in rates:
        product = exact.multiply(product, rate)
    divisor = _ONE
    for rate in rates[1:]:
        divisor = exact.add(_ONE, exact.multiply(divisor, rate))
    start = Decimal(_opening(plan, related[0]))
    return units(exact.divide(exact.multiply(product, start), divisor), plan.rounding)


def _opening(plan: Plan, first: Period) -> int:
    """The balance to be levelled: what is left after the row before, and what is disbursed in the first row."""
    index = next(number for number, period in enumerate(plan.periods) if period is first)
    before = closing_balance(plan.periods[index - 1], figures(plan)[index - 1]) if index else 0
    return before + first.disbursed


def _in_multiples(plan: Plan, amount: int) -> int:
    """The instalment in multiples, unless that would make a positive one zero."""
    rounded = to_multiple(amount, plan.rounding)
    return amount if amount > 0 and rounded == 0 else rounded


def _level_unpaid(plan: Plan, related: Sequence[Period]) -> None:
    """Take the instalment from a copy on which nothing was paid."""
    if not related:
        return
    fresh = plan.copy()
    fresh.overdue.clear()
    for period in fresh.periods:
        period.paid_principal = period.paid_interest = period.ahead = 0
        for part in period.slices:
            part.corrected = 0
    relevel(fresh, related[0].due, alone=True)
    for levelled, period in zip(fresh.since(related[0].due), related, strict=True):
        period.instalment = max(levelled.instalment, period.paid - period.credited)
        period.agreed = levelled.agreed


def _level_flat(plan: Plan, related: Sequence[Period]) -> None:
    """Flat: what is left of the principal plus all interest, in equal parts; the last takes the remainder."""
    if not related:
        return
    settle(plan)
    first = related[0]
    accrued = {id(period): accrual(plan, period) for period in related}
    interest = sum(accrued.values())
    total = flat_base(first, None) + interest - _repaid(plan, first)
    equal = ratio(total, len(related), plan.rounding)
    part = _in_multiples(plan, equal)
    if part * (len(related) - 1) > total - accrued[id(related[-1])]:
        part = equal  # the multiple would repay the loan before its last row
    left = total
    principal = total - interest
    excess = 0
    for period in related:
        own = accrued[id(period)]
        amount = left if period is related[-1] else min(part, own + principal)
        left -= amount
        principal -= max(0, amount - own)
        lacking = period.paid - (amount + period.credited + period.ahead)
        excess += max(0, lacking)
        period.instalment = period.agreed = period.paid if lacking > 0 else amount
    for period in reversed(related):
        if excess > 0 and not period.settled:
            least = max(
                accrued[id(period)], period.instalment - excess, period.paid - period.credited - period.ahead, 0
            )
            excess -= period.instalment - least
            period.instalment = least
    settle(plan)


def _repaid(plan: Plan, first: Period) -> int:
    """Principal that the rows before ``first`` repay."""
    index = next(number for number, period in enumerate(plan.periods) if period is first)
    if index == 0:
        return 0
    before = plan.periods[index - 1]
    return flat_base(before, None) - closing_balance(before, figures(plan)[index - 1])


def _grant_interest_grace(plan: Plan) -> None:
    for number, period in enumerate(plan.periods):
        period.interest_grace = number < plan.terms.grace.interest_payment


def _grant_principal_grace(plan: Plan, related: Sequence[Period]) -> None:
    """Rows without principal ask for their interest only; the others are levelled over what is left."""
    count = plan.terms.grace.principal
    if count <= 0 or not related:
        return
    for period in plan.periods:
        period.principal_grace = False
    for number, period in enumerate(plan.periods[:count]):
        figure = settle(plan)[number]
        if period.due >= related[0].due:
            period.instalment = period.agreed = figure.accrued
            period.principal_grace = True
        elif figure.principal == 0:
            period.principal_grace = True
    settle(plan)
    amortising = [period for period in related if not period.principal_grace]
    if plan.terms.method is Method.FLAT:
        _level_flat(plan, amortising)
    else:
        _level(plan, amortising)


def close_last(plan: Plan, day: date, settled: list[Figure] | None = None) -> None:
    """Let the last unpaid row take in the difference between what was claimed and what the rows ask for 末期轧差.

    A row that was paid more than that keeps what was paid, and the unpaid one before it takes in the rest. ``settled`` is what
    the rows come to where the caller has just counted it.
    """
    amounts = _trim_to_claim(plan, settled or figures(plan))
    last = _last_unpaid(plan)
    if last is None:
        return
    amounts = _without_ahead(plan, last, amounts)
    paid_ahead = _paid_ahead(plan, last, amounts)
    interest = sum(figure.interest for figure in amounts) - paid_ahead
    disbursed = sum(period.disbursed for period in plan.periods)
    credited = sum(period.credited_principal for period in plan.periods)
    last.instalment += disbursed + credited + interest - sum(period.room for period in plan.periods)
    last.ahead = paid_ahead
    floor = last.paid - last.credited - last.ahead
    if last.instalment < floor:
        last.instalment = floor
        close_last(plan, day)
        return
    collect_ahead(plan, last, day)


def _paid_ahead(plan: Plan, last: Period, amounts: list[Figure]) -> int:
    """Interest of later rows that was already paid in ``last``."""
    if last is plan.periods[-1]:
        return 0
    number = next(index for index, period in enumerate(plan.periods) if period is last)
    return max(0, last.paid_interest - amounts[number].accrued)


def _without_ahead(plan: Plan, last: Period, amounts: list[Figure]) -> list[Figure]:
    """Forget that interest of later rows was collected in ``last``."""
    if last.ahead == 0 and not any(period.passed_up for period in plan.periods):
        return amounts
    last.ahead = 0
    for period in plan.periods:
        period.passed_up = False
    return figures(plan)


def _trim_to_claim(plan: Plan, amounts: list[Figure]) -> list[Figure]:
    """No row asks for more principal than is left to be paid; what the rows then come to."""
    left = max(0, plan.claimed - plan.paid_principal)
    for number, period in enumerate(plan.periods):
        asked = amounts[number].principal - period.paid_principal
        if asked > left:
            period.instalment = max(period.instalment - (asked - left), period.paid - period.credited, 0)
            amounts = figures(plan)
    return amounts


def _last_unpaid(plan: Plan) -> Period | None:
    for period in reversed(plan.periods):
        if not period.settled:
            return period
    last = plan.periods[-1]
    if plan.paid_principal == 0 and last.slices and closing_balance(last, figures(plan)[-1]) > 0:
        return last
    return None


def collect_ahead(plan: Plan, last: Period, day: date) -> None:
    """Interest that accrues up to ``day`` in rows after the last unpaid one is collected in that one."""
    if last is plan.periods[-1]:
        return
    until = plan.copy()
    beyond = any(due > last.due for _, _, due in until.overdue)
    if not beyond and any(due == last.due for _, _, due in until.overdue):
        for corrected_on, amount, _ in until.overdue:
            change(until, corrected_on, corrected=-amount)
        until.overdue.clear()
        silence_after(until, day)
        settle(until)
    else:
        silence_after(until, day)
    unasked = figures(until)[-1].shifted  # what no row asks for: on its way a later one may have it among what was paid
    if unasked > 0:
        last.ahead = max(unasked, last.ahead)
        for later in plan.periods:
            if later.due > last.due:
                later.passed_up = True


def silence_after(plan: Plan, day: date) -> None:
    """Interest stops on ``day``: the slice it falls into ends there, later ones bear nothing."""
    period = plan.on(day)
    if period is not None:
        first = period is plan.periods[0]
        inside = [
            part
            for number, part in enumerate(period.slices)
            if part.begins < day <= part.ends or (first and number == 0 and part.begins <= day <= part.ends)
        ]
        if inside:
            inside[-1].end(day)
    for other in plan.periods:
        for part in other.slices:
            part.silent = day < part.ends


class _Gap(NamedTuple):
    """How far the last open row is from the one before it."""

    instalment: int
    difference: int
    periods: int
    uncounted: int
    graced: int


def _smooth(plan: Plan, related: list[Period]) -> None:
    """Spread a wide difference of the last row over all rows, as long as that narrows it."""
    trial: Plan | None = None
    for _ in range(SMOOTHINGS):
        gap = _gap(plan, related)
        if not _too_wide(plan, gap):
            return
        spread = ratio(gap.difference, max(1, gap.periods - gap.uncounted), plan.rounding)
        amount = _in_multiples(plan, gap.instalment + spread)
        if amount == gap.instalment:
            return
        trial = trial or plan.copy()
        begins, due = related[0].span
        touched = [p for p in trial.periods if p.begins >= begins and p.due >= due and not p.principal_grace]
        for period in touched:
            if amount >= period.paid:
                period.instalment = period.agreed = amount
        settle(trial)
        close_last(trial, due)
        if abs(_gap(trial, trial.periods).difference) >= abs(gap.difference):
            return
        for period, tried in zip([p for p in related if not p.principal_grace], touched, strict=False):
            period.instalment = period.agreed = tried.instalment
        settle(plan)


def _gap(plan: Plan, related: Sequence[Period]) -> _Gap:
    graced = sum(period.principal_grace for period in related)
    for last, before in zip(reversed(related), reversed(related[:-1]), strict=False):
        if last.principal_grace or before.principal_grace or last.settled or before.settled:
            continue
        uncounted = sum(period.principal_grace or before.instalment < period.paid for period in related)
        return _Gap(before.instalment, last.instalment - before.instalment, len(related), uncounted, graced)
    return _Gap(related[0].instalment, 0, len(related), 0, graced)


def _too_wide(plan: Plan, gap: _Gap) -> bool:
    """A hundred times the difference, in major units, exceeds half the number of rows."""
    half = (gap.periods - gap.graced) // 2
    return half > 0 and abs(gap.difference) * 100 > half * 10**plan.rounding.currency_digits
