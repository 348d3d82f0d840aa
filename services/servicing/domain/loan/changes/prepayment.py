"""Early repayment 提前还款: asked for before the money comes, carried out when it does.

The prepayment becomes a row of the schedule that is due on its day, so that the receipt pays it as it pays any row: arrears and
what is due that day first, then charges, interest to the day, the fee and the principal.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from schemas.agreement import AccruedInterest
from schemas.decision import Context, Refusal
from schemas.money import Money, of_minor
from schemas.servicing.changes import PrepaymentMode
from schemas.servicing.commands import ApplyPayment, Prepay
from schemas.servicing.events import Prepaid, PrepaymentInstructed
from schemas.terms import RepaymentMethod
from services.servicing.domain.loan.business_day import became_due
from services.servicing.domain.loan.changes.conditions import unfit
from services.servicing.domain.loan.changes.payoff import day_of_effect, due_by, fee, payoff
from services.servicing.domain.loan.changes.rows import (
    NewRow,
    closed_ahead,
    in_proportion,
    keeping_level,
    revise,
    spread,
    with_deferred,
)
from services.servicing.domain.loan.changes.running import PLAIN, Running, running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.money import units
from services.servicing.domain.loan.packing import Balance, digest
from services.servicing.domain.loan.state import Loan, changes_of, months_of, schedule_of, terms_of, unpaid


class Early(NamedTuple):
    """One early repayment as it will be carried out, minor units."""

    mode: PrepaymentMode
    now: Running
    principal: int
    interest: int
    """Paid with it."""
    fee: int
    due: int
    """What is due by then, and charges on rows that are not."""

    @property
    def to_pay(self) -> int:
        """The money that carries it out."""
        return self.due + self.interest + self.fee + self.principal


def early(loan: Loan, mode: PrepaymentMode, principal: int, day: date, value_date: date) -> Early:
    """What repaying ``principal`` (0: all) on ``day`` takes."""
    if mode is PrepaymentMode.FULL:
        found = payoff(loan, day, value_date)
        due = found.due_total + found.now.charges
        return Early(mode, found.now, found.principal, found.interest, found.fee, due)
    now = running(loan, day)
    agreed = terms_of(loan).agreement.prepayment or PLAIN
    interest = now.owed if agreed.accrued_interest is AccruedInterest.WITH_PREPAYMENT else 0
    due = sum(part.total for part in due_by(loan, day, value_date)) + now.charges
    return Early(mode, now, principal, interest, fee(loan, principal, day), due)


# -- asking for it ---------------------------------------------------------------------------------------------------------


def prepay(loan: Loan | None, command: Prepay, context: Context) -> Sequence[Any] | Refusal:
    """``PrepaymentInstructed``: money that comes by its last day is taken as a prepayment."""
    refusal = unfit(loan, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    today = context.business_date
    until = command.valid_until or today
    principal = 0 if command.principal is None else units(command.principal)
    now = running(loan, today)
    refusal = _misasked(loan, command, principal, now, until < today)
    if refusal is not None:
        return refusal
    assert principal is not None
    day = day_of_effect(loan, today)
    return [
        PrepaymentInstructed(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            mode=command.mode,
            principal=command.principal,
            receipt_id=command.receipt_id,
            valid_until=until,
            to_pay=of_minor(early(loan, command.mode, principal, day, today).to_pay, terms_of(loan).currency),
        )
    ]


def _misasked(loan: Loan, command: Prepay, principal: int | None, now: Running, past: bool) -> Refusal | None:
    agreed, currency = terms_of(loan).agreement.prepayment or PLAIN, terms_of(loan).currency
    if past:
        return Refusal(
            "day-passed", "The last value date of the money lies before the open business day; name a later one."
        )
    if command.mode is PrepaymentMode.FULL:
        if command.principal is None:
            return None
        return Refusal(
            "principal-not-asked", "A full prepayment takes all principal; leave it out.", rule="prepayment.mode"
        )
    if principal is None or principal <= 0 or command.principal is None or command.principal.currency != currency:
        return Refusal(
            "principal-invalid",
            f"Name the principal to prepay, a positive amount in {currency}.",
            rule="prepayment.principal",
        )
    if principal >= now.principal - now.unused:
        left = of_minor(now.principal - now.unused, currency)
        sentence = "A partial prepayment leaves principal; ask for a full one instead. Not due yet is"
        return _limit("principal-not-partial", "prepayment.principal", left, sentence)
    if agreed.minimum is not None and principal < (units(agreed.minimum) or 0):
        return _limit("principal-below-minimum", "agreement.prepayment.minimum", agreed.minimum, "The least is")
    step = units(agreed.multiple) if agreed.multiple is not None else None
    if agreed.multiple is not None and step and principal % step:
        return _limit("principal-no-multiple", "agreement.prepayment.multiple", agreed.multiple, "Name a multiple of")
    return None


def _limit(code: str, rule: str, limit: Money, sentence: str) -> Refusal:
    said = f"{sentence} {limit.amount} {limit.currency}."
    return Refusal(code, said, rule=rule, limit=str(limit.amount), source="the loan's contract")


# -- carrying it out -------------------------------------------------------------------------------------------------------


def wanted(draft: Draft, loan: Loan, command: ApplyPayment, amount: int) -> Early | None:
    """The early repayment that this money is for and suffices for: the one asked for, or the payoff that was quoted.

    ``loan`` is as it was when the money came: posting penalty is an event that makes a quote void.
    """
    facts, day = changes_of(loan), day_of_effect(loan, command.value_date)
    if facts.quoted_on == command.value_date and amount == facts.quoted:
        return _sufficient(early(draft.loan, PrepaymentMode.FULL, 0, day, command.value_date), amount)
    if facts.mode is None or facts.valid_until is None or command.value_date > facts.valid_until:
        return None
    if facts.receipt and facts.receipt != digest(command.receipt_id):
        return None
    return _sufficient(early(draft.loan, facts.mode, facts.prepay, day, command.value_date), amount)


def _sufficient(found: Early, amount: int) -> Early | None:
    """Nothing when the money is short, or when what was to be a part is by now all there is."""
    too_much = found.mode is not PrepaymentMode.FULL and found.principal >= found.now.principal - found.now.unused
    return found if found.now.ahead and not too_much and found.to_pay <= amount else None


def carry_out(draft: Draft, found: Early, receipt_id: str) -> Iterable[Balance]:
    """The prepayment as a row of the schedule, due on its day; what the money pays."""
    loan, now = draft.loan, found.now
    day, currency = now.day, terms_of(loan).currency
    number = now.free_from
    rows = _rows(loan, found)
    later = sum(row.interest for row in rows) - found.interest
    scheduled = sum(row.unpaid.interest for row in now.ahead)
    draft.add(
        Prepaid(
            loan_id=draft.context.aggregate_id,
            party_ref=loan.party_ref,
            receipt_id=receipt_id,
            mode=found.mode,
            on=day,
            number=number,
            principal=of_minor(found.principal, currency),
            interest=of_minor(found.interest, currency),
            fee=of_minor(found.fee, currency),
            unused_prepaid=of_minor(now.unused, currency),
            interest_saved=of_minor(scheduled - later - found.interest + now.unused, currency),
        )
    )
    earned = now.owed - found.interest
    revise(draft, "prepayment", day, now.first, rows, earned)
    draft.add(*became_due(draft.loan, draft.context.aggregate_id, day))
    return [row for row in unpaid(draft.loan) if row.due_date <= day]


def _rows(loan: Loan, found: Early) -> list[NewRow]:
    """What was paid ahead ends, the prepayment is due, what is left is spread over the dates there were.

    Level instalments over rows that were not level (a term cut short has a small last one) would repay later and cost more: then
    each row shrinks in proportion.
    """
    now = found.now
    rows = closed_ahead(now)
    rows.append(NewRow(due=now.day, principal=found.principal, interest=found.interest, fee=found.fee))
    left = now.principal - now.unused - found.principal
    if left == 0:
        return rows
    dates = [row.unpaid.due_date for row in now.ahead]
    first_interest = now.rest(left) + now.owed - found.interest
    anew = _left_over(loan, found, left, dates, first_interest)
    return rows + with_deferred(anew, now.deferred)


def _left_over(loan: Loan, found: Early, left: int, dates: list[date], first_interest: int) -> list[NewRow]:
    terms, now = terms_of(loan), found.now
    if found.mode is PrepaymentMode.SHORTEN_TERM:
        return keeping_level(terms, left, level(loan, now), dates, first_interest)
    anew = spread(terms, left, dates, first_interest)
    dearer = sum(row.interest for row in anew[1:]) > sum(row.asked_interest for row in now.ahead[1:])
    return in_proportion(terms, left, now.ahead, first_interest) if dearer else anew


def level(loan: Loan, now: Running) -> int:
    """The instalment that stays 月供; its principal when that is what is equal. The last row only when there is no other."""
    schedule = schedule_of(loan)
    number = min(now.first + 1, max(now.first, months_of(loan) - 1))
    principal = schedule.principal[number - 1]
    if terms_of(loan).method is RepaymentMethod.EQUAL_PRINCIPAL:
        return principal
    return principal + schedule.interest[number - 1]
