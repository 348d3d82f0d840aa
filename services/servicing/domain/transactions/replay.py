"""Entries in the order of value dates, written into a ledger one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.servicing.domain.schedule.movements import (
    ask_to_rest_date,
    change_rate,
    extend,
    outstanding_on,
    pause_interest,
    reamortise,
    till,
)
from services.servicing.domain.schedule.plan import Plan, figures
from services.servicing.domain.terms import Charge, ChargeTime, Preclosure, Terms, TransactionKind
from services.servicing.domain.transactions.allocation import allocate
from services.servicing.domain.transactions.claims import charge_back, refund_credit, settle_with_credit
from services.servicing.domain.transactions.entries import (
    ChargeAdded,
    Chargeback,
    ChargedOff,
    ChargeWaived,
    Disbursed,
    Entry,
    Extended,
    InterestPaused,
    Paid,
    RateChanged,
    Reamortised,
    Refunded,
    WrittenOff,
)
from services.servicing.domain.transactions.impairment import charge_off, waive_charge, write_off
from services.servicing.domain.transactions.ledger import (
    CLAIMS,
    Key,
    Ledger,
    Move,
    add_charge,
    add_disbursement,
    catch_up,
    row_on,
    show_change,
    show_plan,
    spread_overdue,
)

Dated = (
    Disbursed
    | Paid
    | Chargeback
    | Refunded
    | ChargeWaived
    | WrittenOff
    | ChargedOff
    | RateChanged
    | InterestPaused
    | Extended
    | Reamortised
)
"""Entries with a value date of their own."""

Numbered = tuple[int, Entry]
"""An entry and its number in the order of recording."""


def replay(
    terms: Terms, kept: Sequence[Numbered], before: Mapping[Key, Move], paid_down: Mapping[int, int] | None = None
) -> Ledger:
    """The ledger that entries make in the order of their value dates.

    ``before`` are the transactions as they were; ``paid_down`` what was paid down with each disbursement, by its number, where
    payments find the rows of all disbursements.
    """
    ledger = Ledger(terms, before=before)
    ordered = in_order(kept)
    for number, entry in ordered if paid_down is None else _rows_first(ordered, paid_down):
        apply(ledger, number, entry, kept)
    return ledger


def in_order(kept: Sequence[Numbered]) -> list[Numbered]:
    """Entries by value date, those of a day as they were recorded."""
    return sorted(kept, key=lambda numbered: (value_date(numbered[1]), numbered[0]))


def _rows_first(ordered: Sequence[Numbered], paid_down: Mapping[int, int]) -> list[Numbered]:
    """All that makes rows comes first, disbursements and charges; what was paid down with a disbursement keeps its day."""
    disbursed = [(number, entry) for number, entry in ordered if isinstance(entry, Disbursed)]
    charges = [(number, entry) for number, entry in ordered if isinstance(entry, ChargeAdded)]
    others = [(number, entry) for number, entry in ordered if not isinstance(entry, Disbursed | ChargeAdded)]
    down = [
        (number, _paid_down(entry, paid_down[number]))
        for number, entry in disbursed
        if entry.pay_down_payment and paid_down.get(number)
    ]
    rows: list[Numbered] = [(number, replace(entry, pay_down_payment=False)) for number, entry in disbursed]
    return [*rows, *charges, *in_order([*others, *down])]


def _paid_down(disbursed: Disbursed, amount: int) -> Paid:
    return Paid(
        known=disbursed.known, value_date=disbursed.value_date, amount=amount, kind=TransactionKind.DOWN_PAYMENT
    )


def value_date(entry: Entry) -> date:
    """From when an entry counts."""
    if isinstance(entry, Dated):
        return entry.value_date
    if isinstance(entry, ChargeAdded) and entry.charge.due is not None:
        return min(entry.charge.due, entry.known)
    return entry.known


def apply(ledger: Ledger, number: int, entry: Entry, kept: Sequence[Numbered]) -> None:
    """Write one entry into the ledger."""
    if isinstance(entry, ChargeAdded):
        _charge(ledger, number, entry.charge)
        return
    if isinstance(entry, RateChanged | InterestPaused | Extended | Reamortised):
        _change(ledger, entry)
        return
    day = value_date(entry)
    ledger.closing = isinstance(entry, Paid) and _closes(ledger, day, entry.amount)
    catch_up(ledger, day)
    if ledger.closing and ledger.plan is not None and ask_to_rest_date(ledger.plan, day):
        show_plan(ledger, day)
    if isinstance(entry, Disbursed):
        _disburse(ledger, number, entry)
    elif isinstance(entry, Paid):
        _pay(ledger, number, entry, kept)
    elif isinstance(entry, Chargeback):
        move = Move(number, TransactionKind.CHARGEBACK, day, entry.amount)
        charge_back(ledger, move, entry.payment)
        ledger.moves.append(move)
    elif isinstance(entry, Refunded):
        move = Move(number, TransactionKind.CREDIT_BALANCE_REFUND, day, entry.amount)
        refund_credit(ledger, move)
        ledger.moves.append(move)
    elif isinstance(entry, ChargeWaived):
        ledger.moves.append(waive_charge(ledger, number, entry))
    elif isinstance(entry, WrittenOff):
        ledger.moves.append(write_off(ledger, number, entry))
    elif isinstance(entry, ChargedOff):
        ledger.moves.append(charge_off(ledger, number, entry))
    ledger.closing = False


def _change(ledger: Ledger, entry: RateChanged | InterestPaused | Extended | Reamortised) -> None:
    """The plan changes by agreement; rows that are open on its day follow."""
    plan = ledger.plan
    if plan is None or ledger.written_off is not None or not any(row.open for row in ledger.instalments):
        return
    if isinstance(entry, Reamortised):
        _reamortise(ledger, plan, entry.value_date)
        return
    if isinstance(entry, RateChanged):
        change_rate(plan, entry.value_date, entry.percent)
    elif isinstance(entry, InterestPaused):
        pause_interest(plan, entry.value_date, entry.until)
    else:
        extend(plan, entry.value_date, entry.instalments)
    show_change(ledger, entry.value_date)


def _reamortise(ledger: Ledger, plan: Plan, day: date) -> None:
    """With recalculation the plan is levelled; without, the unpaid principal is spread evenly over the rows after ``day``."""
    if ledger.recalculates:
        catch_up(ledger, day)
        reamortise(plan, day)
        show_plan(ledger, day)
    else:
        spread_overdue(ledger, day)


def _closes(ledger: Ledger, day: date, amount: int) -> bool:
    """Whether a payment would pay all, interest up to the next due date included."""
    rules = ledger.terms.recalculation
    if ledger.plan is None or not ledger.recalculates or rules is None or rules.preclosure is not Preclosure.REST_DATE:
        return False
    row = row_on(ledger, day)
    return row is not None and amount >= sum(outstanding_on(ledger.plan, row.due))


def _disburse(ledger: Ledger, number: int, entry: Disbursed) -> None:
    down = add_disbursement(ledger, number, entry.value_date, entry.amount)
    disbursed = ledger.moves[-1]
    settle_with_credit(ledger, disbursed)
    rule = ledger.terms.down_payment
    if rule is None or not rule.automatic or not entry.pay_down_payment:
        return
    move = Move(number, TransactionKind.DOWN_PAYMENT, entry.value_date, max(0, down - disbursed.overpaid))
    if disbursed.key in ledger.before:
        move.amount = _amount_before(ledger, move.key)
    if move.amount:
        _settle(ledger, move)


def _amount_before(ledger: Ledger, key: Key) -> int:
    """The amount of a transaction that follows from another one stays when the loan is made anew; where there was none, none."""
    return ledger.before[key].amount if key in ledger.before else 0


def _pay(ledger: Ledger, number: int, entry: Paid, kept: Sequence[Numbered]) -> None:
    refund = Move(number, entry.kind, entry.value_date, entry.amount)
    _settle(ledger, refund)
    if entry.refund_interest and entry.kind in ledger.terms.interest_refund_for:
        interest = Move(number, TransactionKind.INTEREST_REFUND, entry.value_date, 0)
        if refund.key not in ledger.before:
            interest.amount = _interest_refund(ledger, kept, number, entry)
        else:
            interest.amount = _amount_before(ledger, interest.key)
            if interest.amount and _corrected(ledger):
                interest.amount = _interest_refund_anew(ledger, kept, number, entry)
        if interest.amount > 0:
            _settle(ledger, interest)


def _corrected(ledger: Ledger) -> bool:
    """Whether any transaction so far is another than before the loan was made anew."""
    before = ledger.before
    return any(move.key not in before or move.figures != before[move.key].figures for move in ledger.moves)


def _settle(ledger: Ledger, move: Move) -> None:
    if ledger.written_off is not None:
        move.kind = TransactionKind.RECOVERY
        ledger.moves.append(move)
        return
    left = allocate(ledger, move, move.amount, ledger.rule(move.kind))
    move.overpaid = left
    ledger.overpaid = ledger.overpaid + left if left > 0 else 0
    ledger.moves.append(move)


def _charge(ledger: Ledger, number: int, charge: Charge) -> None:
    """A charge; money that was paid too much earlier settles it on the day it was paid."""
    row = add_charge(ledger, number, charge)
    if charge.time is ChargeTime.DUE_DATE and (row is None or not row.open):
        return
    for move in ledger.moves:
        usable = min(move.overpaid, ledger.overpaid)
        if usable <= 0 or move.kind in CLAIMS:
            continue
        left = allocate(ledger, move, usable, ledger.rule(move.kind))
        move.overpaid += left - usable
        ledger.overpaid += left - usable


def _interest_refund(ledger: Ledger, kept: Sequence[Numbered], number: int, refund: Paid) -> int:
    """The interest that a refunded amount has borne since it was disbursed.

    It is the difference between the interest due on the refund's day with the earlier refunds taken as never disbursed, and
    with this one taken so as well.
    """
    earlier = _refunded_before(ledger, kept, number, refund)
    before = _interest_due(ledger, kept, number, refund, earlier)
    return before - _interest_due(ledger, kept, number, refund, earlier + refund.amount)


def _interest_refund_anew(ledger: Ledger, kept: Sequence[Numbered], number: int, refund: Paid) -> int:
    """The same after a correction: from the interest due in the loan as it now stands, less what was given back before."""
    assert ledger.plan is not None
    due = sum(figure.interest for figure in figures(till(ledger.plan, refund.value_date)))
    given = sum(move.amount for move in ledger.moves if move.kind is TransactionKind.INTEREST_REFUND)
    never = _refunded_before(ledger, kept, number, refund) + refund.amount
    return due - given - _interest_due(ledger, kept, number, refund, never)


def _refunded_before(ledger: Ledger, kept: Sequence[Numbered], number: int, refund: Paid) -> int:
    kinds = ledger.terms.interest_refund_for
    return sum(
        entry.amount
        for other, entry in kept
        if isinstance(entry, Paid) and entry.kind in kinds and (entry.value_date, other) < (refund.value_date, number)
    )


def _interest_due(ledger: Ledger, kept: Sequence[Numbered], number: int, refund: Paid, never: int) -> int:
    """Interest due on the day of ``refund`` when the amount ``never`` goes back on the days of disbursement."""
    day = refund.value_date
    kinds = ledger.terms.interest_refund_for
    entries: list[Numbered] = []
    for other, entry in in_order(kept):
        if (value_date(entry), other) >= (day, number) or (isinstance(entry, Paid) and entry.kind in kinds):
            continue
        entries.append((other, entry))
        if isinstance(entry, Disbursed) and never > 0:
            back = min(never, entry.amount)
            never -= back
            entries.append((other, Paid(known=entry.known, value_date=entry.value_date, amount=back)))
    plain = replace(ledger.terms, interest_refund_for=frozenset())
    made = Ledger(plain, before={move.key: move for move in ledger.moves})
    for other, entry in entries:
        apply(made, other, entry, entries)
    catch_up(made, day)
    return sum(figure.interest for figure in figures(till(made.plan, day))) if made.plan is not None else 0
