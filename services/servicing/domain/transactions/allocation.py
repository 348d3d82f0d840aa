"""Allocation 冲账: which row and component a payment settles, in the order agreed for its kind."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from services.servicing.domain.schedule.arithmetic import ratio
from services.servicing.domain.schedule.movements import asked_on, pay_interest, pay_principal, to_due_date
from services.servicing.domain.terms import (
    Allocation,
    Component,
    Due,
    FutureRule,
    Processing,
    Slot,
)
from services.servicing.domain.transactions.ledger import Ledger, Move, show_plan
from services.servicing.domain.transactions.recounting import due_only, note_repaid, prepay
from services.servicing.domain.transactions.rows import Row

_BEARING = (Component.INTEREST, Component.PRINCIPAL)
"""Components that are part of the plan."""


def allocate(ledger: Ledger, move: Move, amount: int, rule: Allocation) -> int:
    """Settle rows with ``amount``; what is left when nothing remains to be paid."""
    ledger.asked.clear()
    if ledger.recounts:
        due = replace(rule, order=due_only(rule.order))
        left = _settle(ledger, move, amount, due)
        left = prepay(ledger, move, left, rule.order) if left > 0 else left
        return _settle(ledger, move, left, rule)
    return _settle(ledger, move, amount, rule)


def _settle(ledger: Ledger, move: Move, amount: int, rule: Allocation) -> int:
    """Settle rows in the order of a rule."""
    if ledger.terms.processing is Processing.VERTICAL:
        return _settle_vertically(ledger, move, amount, rule)
    in_runs = ledger.terms.processing is Processing.IN_RUNS
    for slots in _runs(rule.order) if in_runs else _classes(rule.order):
        if amount > 0:
            ledger.skipped.clear()
            amount = _settle_class(ledger, move, amount, slots, rule)
    return amount


def _settle_vertically(ledger: Ledger, move: Move, amount: int, rule: Allocation) -> int:
    """Settle one slot after the other; again while principal that was paid has made interest due in a slot already passed."""
    while amount > 0:
        left = amount
        for slot in rule.order:
            amount = _settle_component(ledger, move, amount, slot, rule.future)
        if amount == left:
            break
    return amount


def _classes(order: Sequence[Slot]) -> list[list[Slot]]:
    """The slots of each class, classes in the order in which they are first named."""
    names = list(dict.fromkeys(slot.due for slot in order))
    return _runs(sorted(order, key=lambda slot: names.index(slot.due)))


def _runs(order: Sequence[Slot]) -> list[list[Slot]]:
    """Slots of one class that follow each other."""
    return [list(slots) for _, slots in groupby(order, key=lambda slot: slot.due)]


def _settle_class(ledger: Ledger, move: Move, amount: int, slots: list[Slot], rule: Allocation) -> int:
    """Settle one row of the class after the other, or evenly where the rule spreads."""
    parts = None if len(slots) == len(Component) else [slot.component for slot in slots]
    while amount > 0 and any(row.open for row in ledger.rows):
        rows = _of_class(ledger, move.day, slots[0].due, rule.future, parts)
        if not rows:
            break
        before = _progress(ledger, amount)
        if rule.charges_by_own_date and slots[0].due is Due.IN_ADVANCE:
            amount = _settle_charges_due(ledger, move, amount, rule, rows)
        for slot in slots:
            amount = _spread(ledger, move, amount, slot, rows)
        if _progress(ledger, amount) == before:
            break
    return amount


def _settle_charges_due(ledger: Ledger, move: Move, amount: int, rule: Allocation, rows: list[Row]) -> int:
    """Settle charges whose own date has come in rows that fall due later, in the order of what is due."""
    for row in rows:
        for slot in rule.order:
            if slot.due is Due.DUE and slot.component not in _BEARING:
                due = _charges_due(ledger, row, slot.component, move.day)
                amount -= _pay(ledger, move, row, slot, min(amount, due))
    return amount


def _charges_due(ledger: Ledger, row: Row, component: Component, day: date) -> int:
    """What is unpaid of the charges of a row that are due by ``day``."""
    due = row.recurring[component]
    for charged in ledger.charged.values():
        if charged.row is row and charged.component is component and charged.due is not None and charged.due <= day:
            due += charged.amount
    return max(0, due - row.paid[component])


def _progress(ledger: Ledger, amount: int) -> tuple[int, int, int]:
    """What changes while a payment settles rows: money, rows found to ask for nothing, open rows."""
    return amount, len(ledger.skipped), sum(row.open for row in ledger.rows)


def _settle_component(ledger: Ledger, move: Move, amount: int, slot: Slot, future: FutureRule) -> int:
    """Settle one component in all rows of a class."""
    while amount > 0:
        rows = _of_class(ledger, move.day, slot.due, future, [slot.component])
        left = amount
        amount = _spread(ledger, move, amount, slot, rows)
        if amount == left:
            break
    return amount


def _of_class(
    ledger: Ledger, day: date, due: Due, future: FutureRule, parts: Sequence[Component] | None = None
) -> list[Row]:
    """The rows of a class that are next: one, or several where the rule spreads; with parts those that ask for one of them."""

    def wanted(row: Row) -> bool:
        return row.open if parts is None else any(row.left(part) > 0 for part in parts)

    if due is Due.PAST_DUE:
        return [row for row in ledger.rows if wanted(row) and row.due < day][:1]
    if due is Due.DUE:
        return [row for row in ledger.rows if wanted(row) and row.due == day][:1]
    coming = [row for row in ledger.rows if wanted(row) and row.due > day]
    if future is FutureRule.REAMORTISE:
        return coming
    if future is FutureRule.NEXT:
        return coming[:1]
    if future is FutureRule.NEXT_LAST and (running := [row for row in coming if row.begins <= day]):
        return running
    return _last(ledger, day, coming, parts)


def _last(ledger: Ledger, day: date, coming: list[Row], parts: Sequence[Component] | None) -> list[Row]:
    """The last row; with recalculation one that asks for nothing now may still ask for principal."""
    if ledger.recalculates and parts is None:
        coming = [
            row
            for row in ledger.rows
            if row.due > day and (row.open or (row.total == 0 and id(row) not in ledger.skipped))
        ]
    return coming[-1:]


def _spread(ledger: Ledger, move: Move, amount: int, slot: Slot, rows: list[Row]) -> int:
    """Pay a component of each row an equal part; the last one gets what the division leaves."""
    if amount <= 0 or not rows:
        return amount
    part, rest = _parts(ledger, amount, len(rows))
    for row in rows:
        share = part + rest if row is rows[-1] else part
        amount -= _pay(ledger, move, row, slot, share)
    return amount


def _parts(ledger: Ledger, amount: int, count: int) -> tuple[int, int]:
    rounding = ledger.terms.rounding
    part = ratio(amount, count, rounding)
    if part + amount - part * count < 0:
        part = amount // count
    return part, amount - part * count


def _pay(ledger: Ledger, move: Move, row: Row, slot: Slot, amount: int) -> int:
    """Pay a component of one row; with recalculation the plan follows."""
    plan = ledger.plan
    assert plan is not None
    day = move.day
    outside = row.down_payment or row.due > plan.matures
    follows = ledger.recalculates and not outside
    if ledger.recalculates and outside:
        ledger.skipped.add(id(row))
    asks = follows and slot.due is Due.IN_ADVANCE and slot.component in _BEARING
    if asks:
        day = _day_of_advance(ledger, row, day)
        _ask_for_day(ledger, row, slot.component, day)
    taken = row.pay(slot.component, amount, move.day)
    move.allocation[slot.component] += taken
    if ledger.recounts and slot.component is Component.PRINCIPAL and taken:
        note_repaid(ledger, row, taken, move.day)
    if follows and slot.component in _BEARING:
        if taken:
            ledger.asked.clear()
        if slot.component is Component.PRINCIPAL:
            pay_principal(plan, row.span, day, taken)
        elif taken:
            pay_interest(plan, row.span, day, taken)
        if taken or asks:
            show_plan(ledger, move.day)
    return taken


def _day_of_advance(ledger: Ledger, row: Row, day: date) -> date:
    """The day up to which a payment in advance owes interest."""
    plan = ledger.plan
    assert plan is not None
    running = row.begins < day <= row.due
    return row.due if running and to_due_date(plan, closing=ledger.closing) else day


def _ask_for_day(ledger: Ledger, row: Row, component: Component, day: date) -> None:
    """A row paid in advance asks for interest up to the day of the payment only."""
    assert ledger.plan is not None
    asked = ledger.asked.get((row.span, day))
    if asked is None:
        asked = ledger.asked[row.span, day] = asked_on(ledger.plan, row.span, day)
    if asked.principal == 0 and asked.interest == 0:
        ledger.skipped.add(id(row))
    if component is Component.INTEREST:
        row.owed[Component.INTEREST] = asked.interest
    elif component is Component.PRINCIPAL:
        row.owed[Component.PRINCIPAL] = asked.principal
