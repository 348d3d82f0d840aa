"""What a loan stops asking for without being paid: waived charges, the write-off, and what a charge-off makes of its interest."""

from datetime import date, timedelta

from services.servicing.domain.schedule.arithmetic import ratio
from services.servicing.domain.schedule.movements import pause_interest, till
from services.servicing.domain.schedule.plan import figures
from services.servicing.domain.terms import AfterChargeOff, Component, Family, TransactionKind
from services.servicing.domain.transactions.entries import ChargedOff, ChargeWaived, WrittenOff
from services.servicing.domain.transactions.ledger import Ledger, Move, show_change
from services.servicing.domain.transactions.rows import Row


def waive_charge(ledger: Ledger, number: int, entry: ChargeWaived) -> Move:
    """Waive what is unpaid of a charge; of one of every instalment, what is unpaid of it in every row."""
    move = Move(number, TransactionKind.CHARGE_WAIVER, entry.value_date, 0)
    charged = ledger.charged.get(entry.charge)
    if charged is None:
        return move
    rows = list(ledger.instalments) if charged.row is None else [charged.row]
    for row in rows:
        taken = row.relieve(
            charged.component, row.recurring[charged.component] if charged.row is None else charged.amount
        )
        row.waived += taken
        move.allocation[charged.component] += taken
        if taken:
            row.review(entry.value_date)
    move.amount = sum(move.allocation.values())
    return move


def write_off(ledger: Ledger, number: int, entry: WrittenOff) -> Move:
    """Write off all that is outstanding."""
    move = Move(number, TransactionKind.WRITE_OFF, entry.value_date, 0)
    for row in ledger.rows:
        for component in Component:
            taken = row.relieve(component, row.left(component))
            row.written_off += taken
            move.allocation[component] += taken
        row.review(entry.value_date)
    move.amount = sum(move.allocation.values())
    ledger.written_off = entry.value_date
    ledger.detached = True
    return move


def charge_off(ledger: Ledger, number: int, entry: ChargedOff) -> Move:
    """Charge off: a note of what is outstanding, and what was agreed for its interest."""
    day = entry.value_date
    if ledger.written_off is not None:
        return Move(number, TransactionKind.CHARGE_OFF, day, 0)
    if entry.interest is AfterChargeOff.STOPS:
        _stop_interest(ledger, day)
    elif entry.interest is AfterChargeOff.ACCELERATES:
        _accelerate(ledger, day)
    move = Move(number, TransactionKind.CHARGE_OFF, day, 0)
    for row in ledger.rows:
        for component in Component:
            move.allocation[component] += row.left(component)
    move.amount = sum(move.allocation.values())
    return move


def _stop_interest(ledger: Ledger, day: date) -> None:
    """No interest after ``day``: in the progressive family by the plan, otherwise row by row."""
    plan = ledger.plan
    if plan is None:
        return
    if ledger.terms.family is Family.PROGRESSIVE and not ledger.detached:
        if day < plan.matures:
            pause_interest(plan, day + timedelta(days=1), plan.matures)
            show_change(ledger, day + timedelta(days=1))
        return
    _pay_principal_sooner(ledger, [row for row in ledger.instalments if row.due > day and row.open], day)
    ledger.detached = True


def _pay_principal_sooner(ledger: Ledger, rows: list[Row], day: date) -> None:
    """Rows ask for the same sum as before with less interest, the last ones for what is left."""
    unpaid = sum(row.left(Component.PRINCIPAL) for row in rows)
    for row in rows:
        before = row.owed[Component.PRINCIPAL] + row.owed[Component.INTEREST]
        interest = max(_interest_until(ledger, row, day), row.paid[Component.INTEREST])
        paid = row.paid[Component.PRINCIPAL]
        more = unpaid if row is rows[-1] else min(unpaid, max(0, before - interest - paid))
        row.owed[Component.PRINCIPAL] = paid + more
        row.owed[Component.INTEREST] = interest
        row.review(day)
        unpaid -= more


def _interest_until(ledger: Ledger, row: Row, day: date) -> int:
    """The interest of a row that arises by ``day``."""
    if day <= row.begins:
        return 0
    return ratio(
        row.owed[Component.INTEREST] * (day - row.begins).days, (row.due - row.begins).days, ledger.terms.rounding
    )


def _accelerate(ledger: Ledger, day: date) -> None:
    """The row ``day`` lies in falls due on it and takes in the rows after it."""
    coming = [row for row in ledger.instalments if row.due > day]
    if not coming or ledger.plan is None:
        return
    running, *later = coming
    if ledger.terms.family is Family.PROGRESSIVE and not ledger.detached:
        asked = figures(till(ledger.plan, day))
        passed = sum(row.owed[Component.INTEREST] for row in ledger.instalments if row.due <= day)
        interest = max(0, sum(figure.interest for figure in asked) - passed)
    else:
        interest = _interest_until(ledger, running, day)
    for row in later:
        _take_in(running, row)
    running.owed[Component.INTEREST] = max(interest, running.paid[Component.INTEREST])
    running.due = day
    ledger.rows = [row for row in ledger.rows if row not in later]
    ledger.rows.sort(key=lambda row: row.order)
    running.review(day)
    ledger.detached = True


def _take_in(running: Row, row: Row) -> None:
    for component in Component:
        running.owed[component] += row.owed[component]
        running.paid[component] += row.paid[component]
        running.recurring[component] += row.recurring[component]
        running.relief[component] += row.relief[component]
    running.credited += row.credited
    running.in_advance += row.in_advance
    running.late += row.late
    running.waived += row.waived
