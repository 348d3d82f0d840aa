"""Payoff quote 结清试算: what settles a loan on a day. One function for the question, the quote and the payment."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from schemas.agreement import PaymentKind
from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import QuotePayoff
from schemas.servicing.events import PayoffQuoted
from services.servicing.domain.calendar.months import whole_months_back
from services.servicing.domain.loan.allocation import allocate
from services.servicing.domain.loan.arrears import accruing
from services.servicing.domain.loan.changes.conditions import unfit
from services.servicing.domain.loan.changes.running import PLAIN, Running, half_up, running
from services.servicing.domain.loan.daily.overdue_interest import COMPOUND, Charge
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.money import COMPONENT_NAMES, components
from services.servicing.domain.loan.packing import Allocation, Balance
from services.servicing.domain.loan.state import Loan, changes_of, due_date, terms_of, unpaid

LONGEST_AHEAD = 31
"""Days after the open business day for which a payoff is quoted."""
LIMIT_SOURCE = "house parameter of 2026-01-01: a quote is void on any other event, and a month always brings one"
_ALL = 1 << 62


class Payoff(NamedTuple):
    """What settles a loan, minor units."""

    now: Running
    due: tuple[Allocation, ...]
    """Of rows that are due by the day, the penalty to it included."""
    principal: int
    interest: int
    fee: int

    @property
    def due_total(self) -> int:
        """Of rows that are due by the day."""
        return sum(part.total for part in self.due)

    @property
    def total(self) -> int:
        """Everything; charges on rows that are not due are in it, too."""
        return self.due_total + self.principal + self.interest + self.fee + self.now.charges


def payoff(loan: Loan, day: date, value_date: date | None = None) -> Payoff:
    """What settles the loan with money of ``day``; of ``value_date`` when the money counts from an earlier one."""
    now = running(loan, day)
    principal = now.principal - now.unused
    return Payoff(now, due_by(loan, day, value_date or day), principal, now.owed_in_all, fee(loan, principal, day))


def due_by(loan: Loan, day: date, value_date: date) -> tuple[Allocation, ...]:
    """What a payment of ``value_date`` pays of the rows that are due by ``day``, were it large enough."""
    terms = terms_of(loan)
    rows = []
    for row in unpaid(loan):
        if row.due_date > day:
            continue
        rows.append(_with_charges(row, accruing(loan).charges(row, value_date), value_date))
    return tuple(allocate(rows, _ALL, terms, PaymentKind.REPAYMENT, value_date))


def fee(loan: Loan, principal: int, day: date) -> int:
    """Fee for prepaying ``principal``: the first agreed step that the loan is still young enough for, half-up."""
    agreed = terms_of(loan).agreement.prepayment or PLAIN
    age = whole_months_back(day, loan.value_date)
    step = next((step for step in agreed.fee if age < step.before_month), None)
    if step is None:
        return 0
    numerator, denominator = step.rate.as_integer_ratio()
    return half_up(principal * numerator, denominator)


def day_of_effect(loan: Loan, value_date: date) -> date:
    """The day from which early money counts: its value date, but no earlier than what the schedule has already seen."""
    seen = [loan.value_date, value_date]
    if loan.announced:
        seen.append(due_date(loan, loan.announced))
    changed = changes_of(loan).accrued_to
    return max([*seen, changed] if changed else seen)


def quote_payoff(loan: Loan | None, command: QuotePayoff, context: Context) -> Sequence[Any] | Refusal:
    """``PayoffQuoted``; for the open day the penalty is posted first, so that it stands in the books as quoted."""
    refusal = unfit(loan, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    today = context.business_date
    on = command.on or today
    if not today <= on <= today + timedelta(days=LONGEST_AHEAD):
        return Refusal(
            "day-out-of-range",
            f"A payoff is quoted for the open business day {today} and the {LONGEST_AHEAD} days after it, not {on}.",
            rule="payoff.on",
            limit=str(LONGEST_AHEAD),
            source=LIMIT_SOURCE,
        )
    draft = Draft(loan, context)
    if on == today:
        draft.post_penalty(today)
    draft.add(_quoted(draft, on))
    return draft.events


def _quoted(draft: Draft, on: date) -> PayoffQuoted:
    loan = draft.loan
    found, currency = payoff(loan, on), terms_of(loan).currency
    charges = (Allocation(0, 0, 0, *_charges(row.unpaid)) for row in found.now.ahead)
    return PayoffQuoted(
        loan_id=draft.context.aggregate_id,
        party_ref=loan.party_ref,
        on=on,
        due=components([*found.due, *charges], currency),
        principal=of_minor(found.principal, currency),
        interest=of_minor(found.interest, currency),
        fee=of_minor(found.fee, currency),
        unused_prepaid=of_minor(found.now.unused, currency),
        total=of_minor(found.total, currency),
    )


def _charges(row: Balance) -> tuple[int, ...]:
    return tuple(getattr(row, name) for name in COMPONENT_NAMES[2:])


def _with_charges(row: Balance, charges: Iterable[Charge], until: date) -> Balance:
    for charge in charges:
        component = "compound" if charge.kind == COMPOUND else "penalty"
        row = row._replace(through=until, **{component: getattr(row, component) + charge.amount})
    return row
