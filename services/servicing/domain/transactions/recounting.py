"""Payments on a loan of the cumulative family whose rows are counted anew from what was really repaid."""

from datetime import date

from services.servicing.domain.schedule.recounted import Repaid, accrued, rest_day
from services.servicing.domain.terms import Component, Due, Preclosure, Slot
from services.servicing.domain.transactions.ledger import Ledger, Move, amortised, show_cumulative
from services.servicing.domain.transactions.rows import Row


def note_repaid(ledger: Ledger, row: Row, taken: int, day: date) -> None:
    """Keep what was repaid of the scheduled principal of a row; what was charged back in it is paid last."""
    plan = ledger.plan
    number = next((n for n, other in enumerate(ledger.instalments) if other is row), None)
    if plan is None or number is None:
        return
    scheduled = row.owed[Component.PRINCIPAL] - row.beside[Component.PRINCIPAL]
    noted = sum(part.amount for part in ledger.repaid if part.row == number)
    part = min(taken, max(0, min(scheduled, row.paid[Component.PRINCIPAL]) - noted))
    if part:
        since = rest_day(ledger.terms, plan.begins, day)
        in_time = day <= row.due  # then the row leaves the balance when it falls due, though the next rest is later
        ledger.repaid.append(Repaid(min(since, row.due) if in_time else since, number, part))


def prepay(ledger: Ledger, move: Move, amount: int, order: tuple[Slot, ...]) -> int:
    """Settle the running row: interest to the day, and any principal that is not due yet; what is left."""
    running = next((row for row in ledger.instalments if row.due > move.day), None)
    if running is None or ledger.plan is None:
        return amount
    coming = [row for row in ledger.instalments if row.due > move.day]
    closing = amount >= sum(row.left(Component.PRINCIPAL) for row in coming) + running.left(Component.INTEREST)
    _ask_to_day(ledger, running, move.day, closing=closing)
    for slot in order:
        if slot.due is not Due.IN_ADVANCE or amount <= 0:
            continue
        if slot.component is Component.PRINCIPAL:
            running.owed[Component.PRINCIPAL] += _take_from_later(ledger, running)
        taken = running.pay(slot.component, amount, move.day)
        move.allocation[slot.component] += taken
        amount -= taken
        if slot.component is Component.PRINCIPAL and taken:
            note_repaid(ledger, running, taken, move.day)
    show_cumulative(ledger, move.day)
    return amount


def _ask_to_day(ledger: Ledger, running: Row, day: date, *, closing: bool) -> None:
    """The running row asks for interest up to ``day``; to its due date where a loan that is closed early owes that."""
    plan, rules = ledger.plan, ledger.terms.recalculation
    assert plan is not None
    assert rules is not None
    if closing and rules.preclosure is Preclosure.REST_DATE:
        return
    number = next(n for n, row in enumerate(ledger.instalments) if row is running)
    until = min(rest_day(ledger.terms, plan.begins, max(day, running.begins)), running.due)
    parts = amortised(ledger)
    whole, part = (
        accrued(ledger.terms, plan.begins, parts, ledger.repaid, number, end) for end in (running.due, until)
    )
    running.owed[Component.INTEREST] -= min(max(0, whole - part), running.left(Component.INTEREST))


def _take_from_later(ledger: Ledger, running: Row) -> int:
    """The scheduled principal that is unpaid in rows after the running one."""
    return sum(
        max(0, row.left(Component.PRINCIPAL) - row.beside[Component.PRINCIPAL])
        for row in ledger.instalments
        if row.due > running.due
    )


def due_only(order: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """The slots of an order for what is past due or due."""
    return tuple(slot for slot in order if slot.due is not Due.IN_ADVANCE)
