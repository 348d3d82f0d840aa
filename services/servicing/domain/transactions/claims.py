"""Claims that come back: chargebacks and refunds of a credit balance."""

from services.servicing.domain.schedule.movements import claim_back, pay_principal
from services.servicing.domain.terms import Component
from services.servicing.domain.transactions.allocation import allocate
from services.servicing.domain.transactions.ledger import CLAIMS, Ledger, Move, extra_row, show_plan
from services.servicing.domain.transactions.rows import Row


def charge_back(ledger: Ledger, move: Move, payment: int) -> None:
    """Claim back what a payment had settled: principal, or in the agreed order."""
    move.payment = payment
    parts = _claimed(ledger, move, payment)
    move.allocation.update(parts)
    if ledger.recalculates:
        _into_plan(ledger, move, parts)
    elif ledger.terms.credit_order is None:
        _as_principal(ledger, move, move.amount)
        return
    else:
        row = _row_for(ledger, move)
        _ask(row, parts)
        row.review(move.day)
    move.claimed = parts[Component.PRINCIPAL]
    settle_with_credit(ledger, move)


def refund_credit(ledger: Ledger, move: Move) -> None:
    """Pay a credit balance out; what exceeds it is claimed as principal."""
    beyond = max(0, move.amount - ledger.overpaid)
    if beyond == 0:
        ledger.overpaid -= move.amount
        move.overpaid = move.amount
        return
    if not ledger.recalculates:
        _as_principal(ledger, move, move.amount)
        return
    covered = min(move.amount, ledger.overpaid)
    _into_plan(ledger, move, {Component.PRINCIPAL: move.amount})
    move.allocation[Component.PRINCIPAL] = beyond
    move.claimed = beyond
    ledger.overpaid -= covered
    if covered:
        _pay_from_credit(ledger, move, covered)


def _pay_from_credit(ledger: Ledger, move: Move, amount: int) -> None:
    """The credit balance pays principal of the row that the claim is asked for in, from the day of the claim."""
    row = _row_for(ledger, move)
    taken = row.pay(Component.PRINCIPAL, amount, move.day)
    if ledger.plan is not None and not row.additional:
        pay_principal(ledger.plan, row.span, move.day, taken)
        show_plan(ledger, move.day)


def settle_with_credit(ledger: Ledger, move: Move) -> None:
    """Use a credit balance for what has become due, in the default order."""
    if ledger.overpaid <= 0:
        return
    move.overpaid = min(move.amount, ledger.overpaid)
    scratch = Move(move.entry, move.kind, move.day, ledger.overpaid)
    ledger.overpaid = allocate(ledger, scratch, ledger.overpaid, ledger.rule(None))
    move.claimed = max(0, move.claimed - scratch.allocation[Component.PRINCIPAL])


def _claimed(ledger: Ledger, move: Move, payment: int) -> dict[Component, int]:
    """How a chargeback is shared out: at most what the payment settled, less what was claimed back before."""
    parts = dict.fromkeys(Component, 0)
    if ledger.terms.credit_order is None:
        parts[Component.PRINCIPAL] = move.amount
        return parts
    original = next((other for other in ledger.moves if other.entry == payment and other.kind not in CLAIMS), None)
    settled = dict.fromkeys(Component, 0) if original is None else dict(original.allocation)
    for other in ledger.moves:
        if other.payment == payment:
            for component in Component:
                settled[component] -= other.allocation[component]
    left = move.amount
    for component in ledger.terms.credit_order.order:
        parts[component] = min(left, settled[component])
        left -= parts[component]
    return parts


def _into_plan(ledger: Ledger, move: Move, parts: dict[Component, int]) -> None:
    """Principal and interest change the plan; fees and penalties only the row."""
    plan = ledger.plan
    assert plan is not None
    if move.day > plan.matures:
        row = _row_for(ledger, move)
        _ask(row, parts)
    else:
        claim_back(plan, move.day, parts[Component.PRINCIPAL], parts.get(Component.INTEREST, 0))
        show_plan(ledger, move.day)
        row = _running(ledger, move)
        _ask(row, {part: amount for part, amount in parts.items() if part in (Component.FEE, Component.PENALTY)})
    row.review(move.day)


def _running(ledger: Ledger, move: Move) -> Row:
    """The row in whose days the claim falls; on the day of maturity the last one."""
    rows = list(ledger.instalments)
    return next((row for row in rows if row.begins <= move.day < row.due), rows[-1])


def _as_principal(ledger: Ledger, move: Move, amount: int) -> None:
    """The amount is principal of the next row, and a credit balance pays its part at once; where it pays all, no row asks."""
    covered = min(amount, ledger.overpaid)
    ledger.overpaid -= covered
    move.overpaid = covered
    move.allocation = dict.fromkeys(Component, 0)
    move.allocation[Component.PRINCIPAL] = move.claimed = amount - covered
    if covered == amount:
        return
    row = _row_for(ledger, move)
    _ask(row, {Component.PRINCIPAL: amount})
    row.review(move.day)
    if covered:
        row.pay(Component.PRINCIPAL, covered, move.day)


def _row_for(ledger: Ledger, move: Move) -> Row:
    """The next row after the claim's day, on the day of maturity the last one, after it the extra row."""
    rows = list(ledger.instalments)
    later = next((row for row in rows if row.due > move.day), None)
    if later is not None:
        return later
    if ledger.extra is None and rows and rows[-1].due == move.day:
        return rows[-1]
    return extra_row(ledger, move.day)


def _ask(row: Row, parts: dict[Component, int]) -> None:
    row.credited += parts.get(Component.PRINCIPAL, 0)
    for component, amount in parts.items():
        row.claim(component, amount)
