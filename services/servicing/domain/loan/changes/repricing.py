"""Repricing 重定价: a floating rate is set anew on its reset day, as the contract agrees; the day itself does it where it can."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.agreement import LprTenor, Repricing
from schemas.decision import Context, Refusal
from schemas.servicing.commands import ResetRate
from schemas.servicing.events import RateReset
from services.servicing.domain.calendar.months import add_months
from services.servicing.domain.cost.lpr import LprUnknown, lpr
from services.servicing.domain.loan.changes.conditions import unfit
from services.servicing.domain.loan.changes.rows import revise, spread, with_deferred
from services.servicing.domain.loan.changes.running import Running, half_up, running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.state import Loan, changes_of, due_date, months_of, terms_of

_BASIS_POINT = Decimal("0.0001")


class Index(NamedTuple):
    """A published value."""

    value: Decimal
    published: date
    source: str


def next_reset(loan: Loan) -> date | None:
    """The next day on which the rate is set anew; ``None`` for a fixed rate, or when the loan ends before."""
    agreed = terms_of(loan).agreement.repricing
    if agreed is None:
        return None
    last, turn = changes_of(loan).reset_on or loan.value_date, 1
    while (day := add_months(loan.value_date, agreed.every_months * turn)) <= last:
        turn += 1
    return day if day < due_date(loan, months_of(loan)) else None


def reset_due(loan: Loan) -> date | None:
    """The next reset day, when the table of the index already speaks for it: that day resets the rate by itself."""
    day = next_reset(loan)
    return day if day is not None and _known(terms_of(loan).agreement.repricing, day) else None


def reset_by_day(draft: Draft, on: date) -> None:
    """The reset day itself sets the rate anew."""
    agreed = terms_of(draft.loan).agreement.repricing
    found = _known(agreed, on)
    assert agreed is not None
    assert found is not None
    _reset(draft, agreed, on, found)


def reset_rate(loan: Loan | None, command: ResetRate, context: Context) -> Sequence[Any] | Refusal:
    """``RateReset`` with a value that a person brings; refused when the table knows another one."""
    refusal = unfit(loan, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    agreed, on = terms_of(loan).agreement.repricing, next_reset(loan)
    if agreed is None:
        return Refusal(
            "rate-fixed", "The contract agrees on a fixed rate; change it by a supplement.", rule="agreement.repricing"
        )
    if on is None or on > context.business_date:
        return Refusal(
            "not-a-reset-day",
            f"The next reset day is {on or 'none before maturity'}; the rate is set anew on it.",
            rule="agreement.repricing.every_months",
            limit=str(on or ""),
            source="the loan's contract",
        )
    refusal = _wrong_value(agreed, on, command)
    if refusal is not None:
        return refusal
    draft = Draft(loan, context)
    _reset(draft, agreed, on, Index(command.index, command.published, command.source))
    return draft.events


def rate_of(agreed: Repricing, index: Decimal) -> Decimal:
    """Index plus spread, within cap and floor; never below zero."""
    rate = max(index + agreed.spread_bp * _BASIS_POINT, agreed.floor or Decimal(0))
    return rate if agreed.cap is None else min(rate, agreed.cap)


def split(loan: Loan, now: Running, rate: Decimal) -> tuple[int, int | None]:
    """The running row's interest when the rate changes today: earned at the old rate, and all of it; split by days.

    The second is ``None`` when the running row was paid ahead and stands.
    """
    if now.free_from != now.first:
        return now.earned, None
    old, due = terms_of(loan).annual_rate, now.ahead[0].unpaid.due_date
    start = due_date(loan, now.first - 1) if now.first > 1 else loan.value_date
    before, facts = 0, changes_of(loan)
    if facts.accrued_to is not None and facts.accrued_to >= start:
        start, before = facts.accrued_to, facts.accrued
    days, left = max(1, (due - start).days), (due - now.day).days
    earned = before + half_up((now.interest - before) * (days - left), days)
    (ours, whole), (theirs, base) = rate.as_integer_ratio(), old.as_integer_ratio()
    if theirs:
        rest = half_up((now.interest - before) * left * ours * base, days * whole * theirs)
    else:
        rest = half_up(now.opening * ours * left, whole * terms_of(loan).day_basis)
    return earned, earned + rest


def _reset(draft: Draft, agreed: Repricing, on: date, index: Index) -> None:
    context, day = draft.context, draft.context.business_date
    draft.post_penalty(day)
    loan, now = draft.loan, running(draft.loan, day)
    rate = rate_of(agreed, index.value)
    earned, interest = split(loan, now, rate) if now.free else (now.earned, None)
    draft.add(
        RateReset(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            reset_on=on,
            tenor=agreed.tenor,
            index=index.value,
            published=index.published,
            source=index.source,
            spread_bp=agreed.spread_bp,
            previous_rate=terms_of(loan).annual_rate,
            annual_rate=rate,
            next_reset=add_months(on, agreed.every_months),
        )
    )
    if now.free and rate != terms_of(loan).annual_rate:
        dates = [row.unpaid.due_date for row in now.free]
        rows = spread(terms_of(draft.loan), now.free_principal, dates, interest)
        revise(draft, "rate-reset", day, now.free_from, with_deferred(rows, now.deferred), earned)


def _known(agreed: Repricing | None, on: date) -> Index | None:
    if agreed is None:
        return None
    try:
        found = lpr(on - timedelta(days=agreed.value_days_before))
    except LprUnknown:
        return None
    value = found.one_year if agreed.tenor is LprTenor.ONE_YEAR else found.five_years
    return Index(value, found.on, found.source)


def _wrong_value(agreed: Repricing, on: date, command: ResetRate) -> Refusal | None:
    known, latest = _known(agreed, on), on - timedelta(days=agreed.value_days_before)
    wrong = command.tenor is not agreed.tenor or command.published > latest or not 0 <= command.index <= 1
    if not wrong and (known is None or known.value == command.index):
        return None
    wanted = f"{agreed.tenor.value} as published by {latest}" + (f": {known.value}" if known else "")
    return Refusal(
        "index-differs",
        f"The contract asks for the loan prime rate {wanted}.",
        rule="agreement.repricing",
        limit=str(known.value) if known else str(latest),
        source=known.source if known else "the loan's contract",
    )
