"""Folding what changes of a loan leave behind besides their rows: facts, and the rows they replaced while that can be undone."""

from collections.abc import Callable
from typing import Any

from schemas.money import Money, minor
from schemas.servicing.events import (
    AmountWaived,
    ChangeUndone,
    DueDateChanged,
    HolidayGranted,
    InstallmentDue,
    LoanCorrected,
    LoanExtended,
    LoanReAged,
    LoanReAmortised,
    LoanRestructured,
    ObservationRestarted,
    PaymentReceived,
    PaymentReversed,
    PayoffQuoted,
    PenaltyCharged,
    Prepaid,
    PrepaymentInstructed,
    RateReset,
    ScheduleRevised,
    WrittenOff,
)
from schemas.state import replace
from services.servicing.domain.loan.packing import digest
from services.servicing.domain.loan.state import Changes, Loan, Undo, changes_of
from services.servicing.domain.loan.terms import with_rate

TAKING_BACK = ("undo", "reversal")
"""Causes of a revision that restores what the one before it replaced."""

_DEPENDENT = (InstallmentDue, PenaltyCharged, PaymentReceived, PaymentReversed, AmountWaived, LoanCorrected, WrittenOff)


def outdated(loan: Loan, event: Any) -> Loan:
    """The loan without what ``event`` makes void: a payoff quote always, the rows kept for undoing by what depends on them."""
    facts, memory = loan.changes, loan.undo
    if facts is not None and facts.quoted_on is not None and not isinstance(event, PayoffQuoted):
        facts = replace(facts, quoted_on=None, quoted=0)
    if memory is not None and isinstance(event, _DEPENDENT) and not _own(loan, memory, event):
        memory = None
    unchanged = facts is loan.changes and memory is loan.undo
    return loan if unchanged else replace(loan, changes=facts, undo=memory)


def _own(loan: Loan, undo: Undo, event: Any) -> bool:
    """Whether the event belongs to the change itself: its row falls due on its day, its receipt pays."""
    if isinstance(event, InstallmentDue):
        return event.due_date <= undo.effective
    if isinstance(event, PaymentReceived | PaymentReversed):
        return undo.cause == "prepayment" and changes_of(loan).prepayments[-10:-2] == digest(event.receipt_id)
    return False


def revised_changes(loan: Loan, event: ScheduleRevised) -> tuple[Changes, Undo | None]:
    """The facts after new rows came: until when interest is earned, and what the new rows replaced."""
    now, memory = changes_of(loan), loan.undo
    if event.cause in TAKING_BACK and memory is not None:
        return replace(memory.changes or Changes(), booked_months=event.booked_months), None
    undo = Undo(
        cause=event.cause,
        effective=event.effective,
        from_number=event.from_number,
        schedule=loan.schedule,
        done=loan.done,
        touched=loan.touched,
        announced=loan.announced,
        terms=memory.terms if memory else loan.terms,
        credited=tuple((row.number, minor(row.credited)) for row in event.rows if row.credited is not None),
        fees=tuple((row.number, minor(row.fee)) for row in event.rows if row.fee is not None),
        capitalised=_units(event.capitalised),
        changes=memory.changes if memory else now,
    )
    facts = replace(
        now,
        accrued=_units(event.earned),
        accrued_to=event.accrues_from,
        booked_months=event.booked_months,
    )
    return facts, undo


def _remembered(loan: Loan) -> Loan:
    """The loan with its facts and terms as they are now kept in mind: the revision that follows adds the rows."""
    memory = Undo("", loan.value_date, 0, b"", b"", b"", 0, loan.terms, changes=changes_of(loan))
    return replace(loan, changes=changes_of(loan), undo=memory)


def _quoted(loan: Loan, event: PayoffQuoted) -> Loan:
    return replace(loan, changes=replace(changes_of(loan), quoted_on=event.on, quoted=minor(event.total)))


def _instructed(loan: Loan, event: PrepaymentInstructed) -> Loan:
    asked = replace(
        changes_of(loan),
        mode=event.mode,
        prepay=_units(event.principal),
        receipt=digest(event.receipt_id) if event.receipt_id else b"",
        valid_until=event.valid_until,
    )
    return replace(loan, changes=asked)


def _prepaid(loan: Loan, event: Prepaid) -> Loan:
    before, now = _remembered(loan), changes_of(loan)
    done = now.prepayments + digest(event.receipt_id) + event.number.to_bytes(2, "little")
    return replace(before, changes=replace(now, mode=None, prepay=0, receipt=b"", valid_until=None, prepayments=done))


def _extended(loan: Loan, event: LoanExtended) -> Loan:
    return replace(_remembered(loan), changes=replace(changes_of(loan), extended_months=event.months_in_all))


def _restructured(loan: Loan, event: LoanRestructured) -> Loan:
    facts = replace(
        changes_of(loan),
        restructured=event.times,
        observed_from=event.observed_from,
        observed_until=event.observed_until,
    )
    return replace(_remembered(loan), terms=with_rate(loan.terms, event.annual_rate), changes=facts)


def _observed(loan: Loan, event: ObservationRestarted) -> Loan:
    now = changes_of(loan)
    return replace(loan, changes=replace(now, observed_from=event.observed_from, observed_until=event.observed_until))


def _rate_reset(loan: Loan, event: RateReset) -> Loan:
    facts = replace(changes_of(loan), reset_on=event.reset_on)
    return replace(_remembered(loan), terms=with_rate(loan.terms, event.annual_rate), changes=facts)


def _holiday(loan: Loan, event: HolidayGranted) -> Loan:
    return replace(_remembered(loan), changes=replace(changes_of(loan), holiday_until=event.until))


def _re_aged(loan: Loan, event: LoanReAged) -> Loan:
    return replace(_remembered(loan), changes=replace(changes_of(loan), oldest_breach=event.oldest_breach))


def _noted(loan: Loan, _event: Any) -> Loan:
    """A change that leaves nothing behind but its rows."""
    return _remembered(loan)


def _undone(loan: Loan, event: ChangeUndone) -> Loan:
    return replace(loan, terms=with_rate(loan.terms, event.annual_rate))


CHANGED: dict[type[Any], Callable[[Loan, Any], Loan]] = {
    PayoffQuoted: _quoted,
    PrepaymentInstructed: _instructed,
    Prepaid: _prepaid,
    LoanExtended: _extended,
    LoanRestructured: _restructured,
    ObservationRestarted: _observed,
    RateReset: _rate_reset,
    HolidayGranted: _holiday,
    LoanReAged: _re_aged,
    DueDateChanged: _noted,
    LoanReAmortised: _noted,
    ChangeUndone: _undone,
}
"""What each change leaves behind; :mod:`services.servicing.domain.loan.evolve` folds the rest."""


def _units(money: Money | None) -> int:
    return 0 if money is None else minor(money)
