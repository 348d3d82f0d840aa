"""What changes a plan: disbursements, payments, claims that come back, principal that stays overdue."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.servicing.domain.schedule.dates import days_added
from services.servicing.domain.schedule.level import (
    close_last,
    collect_ahead,
    level_anew,
    level_first,
    relevel,
    silence_after,
)
from services.servicing.domain.schedule.plan import Period, Plan, Slice, change, cut, figures, new_plan, settle
from services.servicing.domain.terms import Grace, InterestBy, Preclosure, Processing, Rest


class Asked(NamedTuple):
    """Principal and interest that a row asks for."""

    principal: int
    interest: int


def disburse(plan: Plan, day: date, amount: int) -> None:
    """Disburse ``amount``: the rows after ``day`` are levelled anew."""
    effective = _effective(plan, day)
    for later in plan.periods:
        if effective <= later.begins:
            later.base += amount
    if plan.terms.full_term_tranches:
        _disburse_full_term(plan, effective, amount)
        return
    fresh = plan.untouched and effective == plan.begins
    period = change(plan, effective, disbursed=amount)
    if period is None or (fresh and level_first(plan, amount)):
        return
    relevel(plan, _due_from(plan, period, effective), alone=plan.empty)


def _effective(plan: Plan, day: date) -> date:
    """From when a disbursement counts: from the beginning of its period where interest knows whole periods only."""
    if plan.terms.interest_by is InterestBy.DAY or plan.terms.partial_periods:
        return day
    return next((period.begins for period in plan.periods if period.due > day), day)


def _due_from(plan: Plan, period: Period, day: date) -> date:
    """The first row that a change on ``day`` moves: on a due date it is the next one."""
    if period.due != day:
        return period.due
    return next((later.due for later in plan.periods if later.begins == day), period.due)


def _disburse_full_term(plan: Plan, day: date, amount: int) -> None:
    """The tranche gets a full term of its own from the period it falls into; its rows are added to those that are there."""
    own = _tranche_plan(plan, day, amount)
    inside = change(plan, day, disbursed=amount) is not None
    for period, figure in zip(own.periods, settle(own), strict=True):
        _add_row(plan, period, figure.principal + figure.interest, first=period is own.periods[0])
    if not inside:
        change(plan, day, disbursed=amount)
    close_last(plan, day, settle(plan))


def _tranche_plan(plan: Plan, day: date, amount: int) -> Plan:
    """A plan of the tranche alone: it begins with the period that is running, its instalment keeps its minor units."""
    running = next((period for period in plan.periods if period.begins <= day < period.due), None)
    terms = replace(
        plan.terms,
        first_due=None,
        fixed_length=None,
        fixed_instalment=None,
        grace=Grace(),
        interest_by=InterestBy.DAY,
        rounding=replace(plan.rounding, multiple=None),
    )
    own = new_plan(terms, running.begins if running is not None else plan.matures)
    for period in own.periods:
        period.base = amount if day <= period.begins else 0
    part = change(own, day, disbursed=amount)
    relevel(own, _due_from(own, part, day) if part is not None else own.periods[0].due, alone=True)
    return own


def _add_row(plan: Plan, period: Period, instalment: int, *, first: bool) -> None:
    """Add to the row with the same dates, or a row after the last."""
    shared = plan.of(period.begins, period.due)
    if shared is not None:
        shared.instalment += instalment
        shared.agreed = shared.instalment
        return
    begins = plan.matures if first else period.begins
    base = plan.periods[-1].base
    row = Period(begins, period.due, [Slice(begins, period.due)], instalment=instalment, agreed=instalment, base=base)
    plan.periods.append(row)


def correct(plan: Plan, day: date, amount: int) -> None:
    """The bearing balance changes by ``amount`` on ``day``, the claim does not."""
    if change(plan, day, corrected=amount) is not None:
        close_last(plan, day, settle(plan))


def claim_back(plan: Plan, day: date, principal: int, interest: int) -> None:
    """Principal and interest are claimed again from ``day`` on."""
    if change(plan, day, corrected=principal, principal=principal, interest=interest) is not None:
        close_last(plan, day, settle(plan))


def pay_interest(plan: Plan, row: tuple[date, date], day: date, amount: int) -> None:
    """Interest is paid for the row with these dates."""
    period = plan.of(*row)
    unpaid = [other for other in plan.periods if not other.settled]
    if unpaid and unpaid[-1] is period and period is not plan.periods[-1] and day >= period.due:
        collect_ahead(plan, period, day)
    due = sum(figure.interest for figure in figures(plan))
    accepted = min(amount, due - plan.paid_interest) if plan.paid_interest + amount > due else amount
    if period is not None:
        period.paid_interest += accepted
    close_last(plan, day, settle(plan))


def pay_principal(plan: Plan, row: tuple[date, date], day: date, amount: int) -> None:
    """Principal is paid for the row with these dates: the balance falls on ``day``, or on the due date when that has passed."""
    if amount == 0:
        return
    period = plan.of(*row)
    if period is not None:
        left = plan.claimed - plan.paid_principal
        period.paid_principal += min(amount, left) if amount > left else amount
    effective = min(row[1], day)
    correct(plan, effective, -amount)
    if period is None:
        return
    open_rows = sum(not other.settled for other in plan.periods)
    if (
        open_rows > 1
        and day < period.begins
        and (period.paid > period.room or period.paid == period.agreed + period.credited)
    ):
        period.instalment = period.paid - period.credited
    elif not any(other.ahead for other in plan.periods):
        return  # nothing has changed since the balance was corrected
    close_last(plan, effective)


def change_rate(plan: Plan, day: date, percent: Decimal) -> None:
    """Another annual rate from ``day`` on 重定价: the period ``day`` lies in is split by days, the open rows are levelled anew."""
    since = day - timedelta(days=1)
    plan.factors = plan.factors.changed(since, percent)
    for period in plan.periods:
        for part in period.slices:
            part.forget()
    _relevel_from(plan, since)


def extend(plan: Plan, day: date, rows: int) -> None:
    """More rows at the end 展期: what is outstanding is levelled over all rows that are open on ``day``."""
    base = plan.periods[-1].base
    for due in days_added(plan.terms, plan.begins, len(plan.periods), rows):
        begins = plan.matures
        plan.periods.append(Period(begins, due, [Slice(begins, due)], base=base))
    _relevel_from(plan, day - timedelta(days=1))


def _relevel_from(plan: Plan, since: date) -> None:
    period = change(plan, max(since, plan.begins))
    if period is not None:
        relevel(plan, _due_from(plan, period, max(since, plan.begins)), alone=True)


def reamortise(plan: Plan, day: date) -> None:
    """What is unpaid in rows due by ``day`` is levelled over the rows after it 重新摊还; interest of the past stays asked for."""
    related = [period for period in plan.periods if period.due > day]
    if not related:
        return
    for period, figure in zip(plan.periods, figures(plan), strict=True):
        if period.begins <= day and not period.settled:
            _leave_in_balance(period, day, max(0, figure.principal - period.paid_principal))
    settle(plan)
    level_anew(plan, related)
    for _ in range(
        2
    ):  # every row to come may have been paid in advance: then the last asks for what is left, and its interest
        related[-1].instalment += max(0, plan.claimed - sum(figure.principal for figure in figures(plan)))
        settle(plan)


def _leave_in_balance(period: Period, day: date, unpaid: int) -> None:
    """The row asks for no more than was paid: its principal stays in the balance and needs no correction for being overdue."""
    for part in period.slices:
        if part.ends == day:
            part.corrected = 0
    last = period.slices[-1]
    if last.corrected:
        last.corrected -= unpaid
    period.instalment = period.paid - period.credited


def pause_interest(plan: Plan, first: date, last: date) -> None:
    """No interest arises from ``first`` to ``last``, both included; instalments stay, so more of them is principal."""
    before = first - timedelta(days=1)
    affected = [period for period in plan.periods if period.begins < last and period.due >= first]
    for period in affected:
        begins, ends = max(before, period.begins), min(last, period.due)
        if all(part.begins != begins for part in period.slices):
            cut(period, begins)
        if all(part.ends != ends for part in period.slices):
            cut(period, ends)
        for part in period.slices:
            if part.begins >= begins and part.ends <= ends:
                part.paused = True
    if affected:
        close_last(plan, affected[0].begins, settle(plan))


def asked_on(plan: Plan, row: tuple[date, date], day: date) -> Asked:
    """What the row with these dates asks for when it is paid on ``day``: interest up to that day only."""
    until = till(plan, day)
    period = until.of(*row)
    if period is None:
        return Asked(0, 0)
    open_rows = sum(not other.settled for other in until.periods)
    if day <= period.begins:
        _restore_agreed(until, period, open_rows)
    number = next(index for index, other in enumerate(until.periods) if other is period)
    figure = figures(until)[number]
    if plan.terms.processing is Processing.HORIZONTAL:
        return Asked(figure.principal, figure.interest)
    principal = period.room - period.paid_interest if open_rows > 1 else figure.principal
    interest_due = sum(other.interest for other in figures(until))
    return Asked(
        _capped(principal, until.claimed - until.paid_principal, period.paid_principal),
        _capped(figure.interest, interest_due - until.paid_interest, period.paid_interest),
    )


def _capped(due: int, left: int, paid: int) -> int:
    """A row asks for no more than what is left of the loan and what was paid on it."""
    return min(due, max(0, left) + paid)


def _restore_agreed(until: Plan, period: Period, open_rows: int) -> None:
    """A row that has not begun asks for its agreed instalment, but for no more principal than is left."""
    if open_rows > 1:
        period.instalment = period.agreed
        number = next(index for index, other in enumerate(until.periods) if other is period)
        outstanding = max(0, figures(until)[number].principal - period.paid_principal)
        period.instalment -= max(0, outstanding - max(0, until.claimed - until.paid_principal))
    elif period.settled and open_rows == 1:
        number = next(index for index, other in enumerate(until.periods) if other is period)
        interest = figures(until)[number].interest
        period.instalment = min(period.agreed, until.claimed - until.paid_principal + period.paid_principal + interest)


def till(plan: Plan, day: date) -> Plan:
    """A copy of the plan that knows nothing of what happens after ``day``."""
    until = plan.copy()
    until.overdue_until = None
    if day < until.begins:
        for period in until.periods:
            period.slices.clear()
        return until
    if day >= until.matures:
        return until
    running = until.on(day)
    assert running is not None
    for number, period in enumerate(until.periods):
        if period.due <= day:
            continue
        if period is running:
            _cut(period, day, first=number == 0)
        elif until.periods[number - 1] is running and _claims_at_beginning(period):
            period.slices[0].end(period.slices[0].begins)
            del period.slices[1:]
        else:
            period.slices.clear()
    close_last(until, day, settle(until))
    return until


def _cut(period: Period, day: date, *, first: bool) -> None:
    """The slice that ``day`` falls into ends there; claims that came back that very day stay."""
    inside = [
        number
        for number, part in enumerate(period.slices)
        if part.begins < day <= part.ends or (first and number == 0 and part.begins <= day <= part.ends)
    ]
    if not inside:
        return
    last = inside[-1]
    part = period.slices[last]
    part.end(day)
    for following in period.slices[last + 1 : last + 2]:
        part.credited_principal += following.credited_principal
        part.credited_interest += following.credited_interest
    del period.slices[last + 1 :]


def _claims_at_beginning(period: Period) -> bool:
    part = period.slices[0] if period.slices else None
    return part is not None and (part.credited_interest > 0 or part.credited_principal > 0)


def outstanding_on(plan: Plan, day: date) -> Asked:
    """Principal and interest that close the loan on ``day``."""
    until = plan.copy()
    silence_after(until, day)
    close_last(until, day, settle(until))
    interest = sum(figure.interest for figure in figures(until))
    return Asked(max(0, until.claimed - until.paid_principal), max(0, interest - until.paid_interest))


def ask_to_rest_date(plan: Plan, day: date) -> bool:
    """A loan that is closed early owes interest to the due date of the running row, also where that row was paid before."""
    running = next((period for period in plan.periods if period.begins < day < period.due), None)
    if running is None or not running.settled:
        return False
    interest = outstanding_on(plan, running.due).interest
    running.instalment += interest
    close_last(plan, day, settle(plan))
    return interest > 0


def let_overdue_bear(plan: Plan, day: date, *, closing: bool) -> bool:
    """Overdue principal bears interest up to ``day``; says whether that changed the plan."""
    day = min(day, plan.matures)
    overdue = [period for period in plan.periods if period.due < day]
    if not overdue or plan.overdue_until == day:
        return False
    changed = False
    principal = total = 0
    amounts = figures(plan)
    for number, period in enumerate(plan.periods[: len(overdue)]):
        if principal:
            _bear(plan, period, day, principal, total, closing=closing)
            changed = True
            amounts = figures(plan)
        principal = max(0, amounts[number].principal - period.paid_principal)
        total += principal
    current = plan.on(day) or plan.periods[-1]
    if plan.overdue_until != day:
        _bear(plan, current, day, principal, total, closing=closing)
        changed = True
    if total > 0 and (plan.overdue_until is None or plan.overdue_until < day):
        plan.overdue_until = day
    return changed


def _bear(plan: Plan, period: Period, day: date, principal: int, total: int, *, closing: bool) -> None:
    """``principal`` stays in the balance of ``period``; on ``day`` all that is overdue leaves it again."""
    since = plan.overdue_until
    _correct_overdue(plan, period.begins if since is None or period.begins > since else since, principal)
    if period.begins < day <= period.due:
        until = period.due if to_due_date(plan, closing=closing) else day
        _correct_overdue(plan, until, -total)
        plan.overdue_until = until


def _correct_overdue(plan: Plan, day: date, amount: int) -> None:
    period = change(plan, day, corrected=amount)
    if period is not None:
        plan.overdue.append((day, amount, period.due))
        close_last(plan, day, settle(plan))


def to_due_date(plan: Plan, *, closing: bool) -> bool:
    """Whether interest runs to the due date of the running row instead of the day of the payment."""
    rules = plan.terms.recalculation
    if rules is None or rules.preclosure is not Preclosure.REST_DATE:
        return False
    return closing if rules.rest is Rest.DAILY else True
