"""The ledger of one calculation: a plan, the rows it asks for, and what transactions made of them.

Like the plan it is changed in place while one position is computed, and never handed out.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from services.servicing.domain.schedule.arithmetic import context, percentage, ratio, to_multiple, units
from services.servicing.domain.schedule.cumulative import amounts
from services.servicing.domain.schedule.dates import start_of
from services.servicing.domain.schedule.movements import Asked, disburse, let_overdue_bear
from services.servicing.domain.schedule.plan import Plan, figures, new_plan
from services.servicing.domain.schedule.recounted import Repaid, recounted, recounts
from services.servicing.domain.terms import (
    Allocation,
    Charge,
    ChargeBasis,
    ChargeTime,
    Component,
    Family,
    Terms,
    TransactionKind,
)
from services.servicing.domain.transactions.rows import Row

CLAIMS = frozenset({TransactionKind.DISBURSEMENT, TransactionKind.CHARGEBACK, TransactionKind.CREDIT_BALANCE_REFUND})
"""Kinds that add to what is outstanding."""

Key = tuple[int, TransactionKind]
"""A transaction: the number of its entry and its kind."""

STATUS_ONLY = frozenset({TransactionKind.CHARGE_OFF, TransactionKind.RECOVERY})
"""Kinds that leave what is outstanding as it is."""


@dataclass(slots=True)
class Move:
    """A transaction while the ledger is written."""

    entry: int
    kind: TransactionKind
    day: date
    amount: int
    allocation: dict[Component, int] = field(default_factory=lambda: dict.fromkeys(Component, 0))
    overpaid: int = 0
    claimed: int = 0
    """Principal the transaction added to what is outstanding."""
    payment: int | None = None
    """Number of the entry whose money a chargeback claims back."""

    @property
    def key(self) -> Key:
        return self.entry, self.kind

    @property
    def figures(self) -> tuple[object, ...]:
        """What a correction may change."""
        return self.amount, self.allocation, self.overpaid


class Charged(NamedTuple):
    """A charge in the row it fell into; without a row it is one of every instalment."""

    component: Component
    amount: int
    row: Row | None
    due: date | None = None


@dataclass(slots=True)
class Ledger:
    """Plan, rows and moves of a loan."""

    terms: Terms
    plan: Plan | None = None
    rows: list[Row] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    disbursed: list[tuple[date, int]] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    """Charges of disbursements and of every instalment."""
    waiting: list[tuple[int, Charge]] = field(default_factory=list)
    """Charges that are known before there is a row for them."""
    overpaid: int = 0
    skipped: set[int] = field(default_factory=set)
    """Rows a payment in advance found nothing to pay in, by identity."""
    asked: dict[tuple[tuple[date, date], date], Asked] = field(default_factory=dict)
    """What rows ask for when they are paid in advance on a day, until a payment changes the plan."""
    changed: bool = False
    """Rows without recalculation were changed by agreement: some keep what was paid on them whatever the plan says."""
    detached: bool = False
    """Rows were changed beside the plan and follow it no more."""
    charged: dict[int, Charged] = field(default_factory=dict)
    """Where each charge went, by the number of its entry."""
    repaid: list[Repaid] = field(default_factory=list)
    """Scheduled principal as it was repaid, where rows are counted anew from it."""
    written_off: date | None = None
    closing: bool = False
    """The transaction would pay all that is outstanding."""
    before: Mapping[Key, Move] = field(default_factory=dict)
    """The transactions as they were before the loan was made anew."""

    @property
    def recalculates(self) -> bool:
        """Interest follows what is really outstanding."""
        progressive = self.terms.family is Family.PROGRESSIVE
        bears = self.terms.recalculation is not None and self.terms.rate.percent > 0
        return progressive and bears and not self.detached

    @property
    def recounts(self) -> bool:
        """Rows are counted anew from what was repaid."""
        return recounts(self.terms) and not self.detached

    @property
    def instalments(self) -> Iterable[Row]:
        """Rows of the plan."""
        return (row for row in self.rows if not row.down_payment and not row.additional)

    @property
    def extra(self) -> Row | None:
        """The row after maturity."""
        return next((row for row in self.rows if row.additional), None)

    def rule(self, kind: TransactionKind | None) -> Allocation:
        """The allocation order of a kind of transaction."""
        orders = {allocation.kind: allocation for allocation in self.terms.allocations}
        return orders.get(kind) or orders[None]


def catch_up(ledger: Ledger, day: date) -> None:
    """Let overdue principal bear interest up to ``day``."""
    rules = ledger.terms.recalculation
    if ledger.plan is not None and ledger.recounts:
        show_cumulative(ledger, day)
        return
    if ledger.plan is None or not ledger.recalculates or rules is None or not rules.on_past_due:
        return
    if let_overdue_bear(ledger.plan, day, closing=ledger.closing):
        show_plan(ledger)


def show_plan(ledger: Ledger, day: date | None = None, since: date | None = None, keep: Container[date] = ()) -> None:
    """Rows ask for what the plan says; with a day, rows that are settled or open by that are marked so.

    Rows due before ``since`` and those due on a date of ``keep`` stay as they are.
    """
    plan = ledger.plan
    assert plan is not None
    by_due = {row.due: row for row in ledger.instalments}
    for period, figure in zip(plan.periods, figures(plan), strict=True):
        if (since is not None and period.due < since) or period.due in keep:
            continue
        row = by_due.get(period.due)
        if row is None:
            row = Row(period.begins, period.due)
            ledger.rows.append(row)
        row.ask(figure.principal, figure.interest)
        row.credited = period.credited_principal + row.beside[Component.PRINCIPAL]
        if day is not None:
            row.review(day)
    ledger.rows.sort(key=lambda row: row.order)


def show_change(ledger: Ledger, day: date) -> None:
    """Rows due from ``day`` on ask for what a changed plan says.

    Without recalculation the plan does not know what was paid: settled rows stay, and no row asks for less than was paid on it.
    The last rows take in what that makes of the principal.
    """
    settled = set() if ledger.recalculates else {row.due for row in ledger.instalments if not row.open and row.total}
    show_plan(ledger, day, since=day, keep=settled)
    if ledger.recalculates or ledger.plan is None:
        return
    ledger.changed = True
    rows = list(ledger.instalments)
    for row in rows:
        for component in (Component.PRINCIPAL, Component.INTEREST):
            row.owed[component] = max(row.owed[component], row.paid[component])
    _take_in_rest(ledger, ledger.plan, day)


def _take_in_rest(ledger: Ledger, plan: Plan, day: date) -> None:
    """The last rows take in what the plan has of principal and the rows do not ask for, or what they ask for beyond it."""
    rows = list(ledger.instalments)
    missing = sum(figure.principal for figure in figures(plan))
    missing -= sum(row.owed[Component.PRINCIPAL] - row.beside[Component.PRINCIPAL] for row in rows)
    for row in reversed(rows):
        taken = max(missing, -row.left(Component.PRINCIPAL))
        row.owed[Component.PRINCIPAL] += taken
        missing -= taken
        row.review(day)


def add_disbursement(ledger: Ledger, entry: int, day: date, amount: int) -> int:
    """Disburse; the down payment that falls due with it."""
    if ledger.plan is None:
        ledger.plan = new_plan(ledger.terms, start_of(ledger.terms, day))
        ledger.rows = [Row(period.begins, period.due) for period in ledger.plan.periods]
    ledger.disbursed.append((day, amount))
    ledger.moves.append(Move(entry, TransactionKind.DISBURSEMENT, day, amount, claimed=amount))
    down = down_payment(ledger.terms, amount)
    if ledger.terms.down_payment is not None:
        row = Row(day, day, down_payment=True)
        row.owed[Component.PRINCIPAL] = down
        row.review(day)
        ledger.rows.append(row)
    _schedule(ledger, day, amount - down)
    _recharge(ledger)
    _free_excess(ledger, day)
    waiting, ledger.waiting = ledger.waiting, []
    for number, charge in waiting:
        add_charge(ledger, number, charge)
    return down


def _schedule(ledger: Ledger, day: date, amount: int) -> None:
    """Bring the amortised part into the plan, or after maturity into the extra row."""
    plan = ledger.plan
    assert plan is not None
    if ledger.detached:
        _spread(ledger, day, amount)
        return
    late = day > plan.matures and not ledger.terms.full_term_tranches
    if late:
        row = extra_row(ledger, day, since=day)
        row.owed[Component.PRINCIPAL] += amount
        row.review(day)
    if ledger.terms.family is Family.CUMULATIVE:
        show_cumulative(ledger, day)
        return
    disburse(plan, day, amount)
    show_plan(ledger, day, since=day)
    if ledger.changed:
        _take_in_rest(ledger, plan, day)


def _free_excess(ledger: Ledger, day: date) -> None:
    """What was paid in a row beyond what it still asks for is credit again, for the rows that now ask for more."""
    for row in ledger.rows:
        excess = {component: row.give_back(component) for component in Component}
        if any(excess.values()):
            ledger.overpaid += sum(excess.values())
            ledger.moves[-1].claimed += excess[Component.PRINCIPAL]
            row.review(day)


def spread_overdue(ledger: Ledger, day: date) -> None:
    """Principal that is unpaid in rows due by ``day`` is asked for in equal parts in the rows after it."""
    if not any(row.due > day for row in ledger.instalments):
        return
    unpaid = 0
    for row in ledger.rows:
        if row.due <= day and not row.additional:
            unpaid += row.left(Component.PRINCIPAL)
            row.owed[Component.PRINCIPAL] = row.paid[Component.PRINCIPAL]
            row.review(day)
    ledger.detached = True
    _spread(ledger, day, unpaid)


def _spread(ledger: Ledger, day: date, amount: int) -> None:
    """More principal in equal parts, in multiples, in the rows after ``day``; the last one takes what the division leaves."""
    rows = [row for row in ledger.instalments if row.due > day] or [extra_row(ledger, day, since=day)]
    part = to_multiple(ratio(amount, len(rows), ledger.terms.rounding), ledger.terms.rounding)
    for row in rows:
        added = amount if row is rows[-1] else min(part, amount)
        row.owed[Component.PRINCIPAL] += added
        amount -= added
        row.review(day)


def show_cumulative(ledger: Ledger, day: date) -> None:
    """Rows of the cumulative family follow from all that was disbursed, with recalculation from what was repaid too.

    Then no row asks for less interest than was paid on it.
    """
    plan = ledger.plan
    assert plan is not None
    parts = amortised(ledger)
    if ledger.recounts:
        rows = recounted(ledger.terms, plan.begins, parts, ledger.repaid, day)
    else:
        rows = amounts(ledger.terms, plan.begins, parts)
    for row, asked in zip(ledger.instalments, rows, strict=True):
        paid = row.paid[Component.INTEREST] - row.beside[Component.INTEREST] if ledger.recounts else 0
        row.ask(asked.principal, max(asked.interest, paid))
        row.review(day)
    ledger.rows.sort(key=lambda row: row.order)


def amortised(ledger: Ledger) -> list[tuple[date, int]]:
    """What was disbursed by the day of maturity, without down payments."""
    assert ledger.plan is not None
    return [
        (since, amount - down_payment(ledger.terms, amount))
        for since, amount in ledger.disbursed
        if since <= ledger.plan.matures
    ]


def down_payment(terms: Terms, amount: int) -> int:
    """The part of a disbursement that is due at once, in multiples where instalments are."""
    if terms.down_payment is None:
        return 0
    multiple = terms.rounding.multiple
    if not multiple:
        return percentage(amount, terms.down_payment.percent, terms.rounding)
    exact = context(terms.rounding)
    part = exact.divide(exact.multiply(terms.down_payment.percent, amount), 100)
    return units(exact.divide(part, multiple), terms.rounding) * multiple


def extra_row(ledger: Ledger, day: date, since: date | None = None) -> Row:
    """The row after maturity, reaching from there to ``day``; one that a disbursement opens begins with that."""
    row = ledger.extra
    if row is None:
        assert ledger.plan is not None
        row = Row(since or ledger.plan.matures, day, additional=True)
        ledger.rows.append(row)
    row.due = max(row.due, day)
    return row


def row_on(ledger: Ledger, day: date) -> Row | None:
    """The instalment a charge of ``day`` belongs to: after its beginning up to its due date, the first from its beginning."""
    for number, row in enumerate(ledger.instalments):
        if row.begins < day <= row.due or (number == 0 and day <= row.due):
            return row
    return None


def add_charge(ledger: Ledger, number: int, charge: Charge) -> Row | None:
    """Charge a fee or penalty; the row it falls into, ``None`` where it falls into several or into none yet."""
    if charge.time is not ChargeTime.DUE_DATE:
        ledger.charges.append(charge)
        if charge.time is ChargeTime.INSTALMENT:
            ledger.charged[number] = Charged(_component(charge), 0, None)
        _recharge(ledger)
        return None
    if ledger.plan is None:
        ledger.waiting.append((number, charge))
        return None
    assert charge.due is not None
    row = row_on(ledger, charge.due) or extra_row(ledger, charge.due)
    amount = _amount(ledger, charge)
    row.owed[_component(charge)] += amount
    ledger.charged[number] = Charged(_component(charge), amount, row, charge.due)
    row.review(charge.due)
    return row


def disbursement_fee(ledger: Ledger) -> int:
    """Charges due when the loan is disbursed."""
    return sum(_amount(ledger, charge) for charge in ledger.charges if charge.time is ChargeTime.DISBURSEMENT)


def _component(charge: Charge) -> Component:
    return Component.PENALTY if charge.penalty else Component.FEE


def tranche_fee(ledger: Ledger, amount: int) -> int:
    """Charges due with the disbursement of ``amount``."""
    return sum(_of(ledger, charge, amount, 0) for charge in ledger.charges if charge.time is ChargeTime.TRANCHE)


def _amount(ledger: Ledger, charge: Charge) -> int:
    """A charge on the whole loan: on what was disbursed until it falls due."""
    principal = sum(amount for day, amount in ledger.disbursed if charge.due is None or day <= charge.due)
    interest = sum(row.owed[Component.INTEREST] for row in ledger.rows)
    return _of(ledger, charge, principal, interest)


def _of(ledger: Ledger, charge: Charge, principal: int, interest: int) -> int:
    if charge.basis is ChargeBasis.FLAT:
        return units(charge.amount, ledger.terms.rounding)
    base = {
        ChargeBasis.AMOUNT: principal,
        ChargeBasis.INTEREST: interest,
        ChargeBasis.AMOUNT_AND_INTEREST: principal + interest,
    }[charge.basis]
    return percentage(base, charge.amount, ledger.terms.rounding)


def _recharge(ledger: Ledger) -> None:
    """Charges of every instalment follow what the rows ask for."""
    recurring = [charge for charge in ledger.charges if charge.time is ChargeTime.INSTALMENT]
    if not recurring:
        return
    for row in ledger.instalments:
        sums = dict.fromkeys((Component.FEE, Component.PENALTY), 0)
        for charge in recurring:
            principal, interest = row.owed[Component.PRINCIPAL], row.owed[Component.INTEREST]
            sums[_component(charge)] += _of(ledger, charge, principal, interest)
        for component, amount in sums.items():
            row.recharge(component, amount)
        row.review(row.due)
