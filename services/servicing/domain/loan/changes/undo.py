"""Taking a change back: the rows that it replaced come again, by a new event."""

from collections.abc import Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import UndoChange
from schemas.servicing.events import ChangeFacts, ChangeUndone
from schemas.state import replace
from services.servicing.domain.loan.changes.conditions import unfit
from services.servicing.domain.loan.changes.rows import NewRow, replace_rows, revise, spread, standing
from services.servicing.domain.loan.changes.running import Ahead, running
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.packing import digest
from services.servicing.domain.loan.state import (
    Changes,
    Loan,
    Undo,
    balance,
    changes_of,
    due_date,
    months_of,
    schedule_of,
    terms_of,
)
from services.servicing.domain.loan.terms import conditions

_ENTRY = 10
"""Bytes of a prepayment in state: a receipt's digest and the number of its row."""


def undo(loan: Loan | None, command: UndoChange, context: Context) -> Sequence[Any] | Refusal:
    """``ChangeUndone`` and the old rows, on the day of the change only: its notice goes out when the day closes."""
    refusal = unfit(loan, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    memory = loan.undo
    if memory is None:
        return Refusal(
            "nothing-to-undo",
            "There is no change of the schedule, or a later event depends on it; agree on a new change instead.",
            rule="change.undo",
            source="precise-rules 27",
        )
    if memory.cause == "prepayment":
        return Refusal(
            "reverse-the-receipt",
            "A prepayment is money: reverse its receipt, and the old rows come again.",
            rule="change.undo",
        )
    if context.business_date != memory.effective:
        return Refusal(
            "borrower-notified",
            f"The borrower was told when {memory.effective} closed; agree on a new change instead.",
            rule="change.undo",
            limit=str(memory.effective),
            source="precise-rules 27: undo only until the borrower is notified",
        )
    draft = Draft(loan, context)
    draft.add(
        ChangeUndone(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            change=memory.cause,
            annual_rate=conditions(memory.terms).annual_rate,
            facts=_facts(memory.changes or Changes()),
            reason=command.reason,
        )
    )
    restore(draft, memory, "undo")
    return draft.events


def _facts(facts: Changes) -> ChangeFacts:
    return ChangeFacts(
        extended_months=facts.extended_months,
        restructured=facts.restructured,
        observed_from=facts.observed_from,
        observed_until=facts.observed_until,
        oldest_breach=facts.oldest_breach,
        reset_on=facts.reset_on,
        holiday_until=facts.holiday_until,
    )


def restore(draft: Draft, memory: Undo, cause: str) -> None:
    """The rows that a change replaced, as they stood then."""
    before = replace(
        draft.loan, schedule=memory.schedule, done=memory.done, touched=memory.touched, announced=memory.announced
    )
    schedule, fees, credited = schedule_of(before), dict(memory.fees), dict(memory.credited)
    rows = []
    for number in range(memory.from_number, months_of(before) + 1):
        row = Ahead(schedule.principal[number - 1], schedule.interest[number - 1], balance(before, number))
        rows.append(_as_before(standing(row), fees.get(number, 0), credited.get(number, 0)))
    facts = memory.changes or Changes()
    replace_rows(
        draft,
        cause,
        memory.effective,
        memory.from_number,
        rows,
        facts.accrued,
        facts.accrued_to,
        -memory.capitalised,
    )


def _as_before(row: NewRow, fee: int, credited: int) -> NewRow:
    charges = row.charges | {"fee": row.charges["fee"] + fee}
    return NewRow(
        due=row.due,
        principal=row.principal,
        interest=row.interest,
        settled_principal=row.settled_principal,
        settled_interest=row.settled_interest,
        charges=charges,
        fee=-fee,
        credited=-credited,
        through=row.through,
    )


# -- a prepayment whose money is taken back --------------------------------------------------------------------------------


def unprepay(draft: Draft, receipt_id: str) -> bool:
    """The bank took the money of a prepayment back: its row goes, exactly while the old rows are known, else spread anew.

    Comes after ``PaymentReversed``, which made the row owed again. Whether the receipt had brought a prepayment.
    """
    facts, memory = changes_of(draft.loan), draft.loan.undo
    number = _row_of(facts.prepayments, receipt_id)
    if number is None:
        return False
    latest = facts.prepayments[-_ENTRY:-2] == digest(receipt_id)
    if memory is not None and memory.cause == "prepayment" and latest:
        restore(draft, memory, "reversal")
    else:
        _spread_anew(draft, number)
    return True


def _spread_anew(draft: Draft, number: int) -> None:
    """What the row asked for goes into the rows that are not due; if there are none, it stays due."""
    loan = draft.loan
    now = running(loan, draft.context.business_date)
    first, schedule = now.free_from, schedule_of(loan)
    if first > months_of(loan) or first <= number:
        return
    rows = []
    back = balance(loan, number)
    for n in range(number, first):
        row = Ahead(schedule.principal[n - 1], schedule.interest[n - 1], balance(loan, n))
        rows.append(standing(row))
    rows[0] = NewRow(
        due=back.due_date,
        settled_principal=schedule.principal[number - 1] - back.principal,
        settled_interest=schedule.interest[number - 1] - back.interest,
        charges=rows[0].charges,
        fee=-back.fee,
        through=back.through,
    )
    ahead = range(first, months_of(loan) + 1)
    principal = back.principal + sum(balance(loan, n).principal for n in ahead)
    interest = back.interest + balance(loan, first).interest
    rows += spread(terms_of(loan), principal, [due_date(loan, n) for n in ahead], interest)
    revise(draft, "reversal", draft.context.business_date, number, rows, back.interest + now.earned)


def _row_of(prepayments: bytes, receipt_id: str) -> int | None:
    wanted = digest(receipt_id)
    for at in range(0, len(prepayments), _ENTRY):
        if prepayments[at : at + _ENTRY - 2] == wanted:
            return int.from_bytes(prepayments[at + _ENTRY - 2 : at + _ENTRY], "little")
    return None
