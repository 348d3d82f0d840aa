"""Folding a loan's events: decided numbers are applied, never computed again."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from schemas.money import Money, minor
from schemas.servicing.events import (
    AmountWaived,
    DelinquencyBucketChanged,
    InstallmentDue,
    LoanBooked,
    LoanCorrected,
    Overdue,
    OverdueCured,
    PaymentReceived,
    PaymentReversed,
    PenaltyCharged,
    RecoveryReceived,
    RecoveryReversed,
    ScheduleRevised,
    Settled,
    WrittenOff,
)
from schemas.state import replace
from services.servicing.domain.loan.changes.fold import CHANGED, outdated, revised_changes
from services.servicing.domain.loan.money import component_units, total_units
from services.servicing.domain.loan.packing import (
    Allocation,
    Balance,
    Payment,
    Touched,
    bits,
    mark_reversed,
    pack_balances,
    pack_bits,
    pack_payment,
    pack_payments,
    pack_schedule,
    payments,
    unpack_balances,
)
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    done_bits,
    due_date,
    schedule_of,
    terms_of,
)
from services.servicing.domain.loan.terms import condition_text
from services.servicing.domain.rules import RULES, Row


def evolve(loan: Loan | None, event: Any) -> Loan | None:
    """The loan after ``event``; an event that changes nothing here, such as a declined payment, leaves it as it was."""
    if isinstance(event, LoanBooked):
        return _booked(event)
    apply = _APPLY.get(type(event))
    if loan is None:
        return None
    before = loan if loan.changes is None and loan.undo is None else outdated(loan, event)
    return before if apply is None else apply(before, event)


def _booked(event: LoanBooked) -> Loan:
    rules = RULES[event.terms.rules]
    rows = [Row(row.number, row.due_date, minor(row.principal), minor(row.interest)) for row in event.schedule]
    implied = [rules.due_date(event.value_date, row.number) for row in rows]
    return Loan(
        party_ref=event.party_ref,
        contract_no=event.contract_no,
        terms=condition_text(event.terms),
        value_date=_shared(event.value_date),
        principal=sum(row.principal for row in rows),
        schedule=pack_schedule(rows, event.value_date, implied),
        done=bits(row.number for row in rows if row.principal + row.interest == 0),
    )


@lru_cache(maxsize=1024)
def _shared(day: date) -> date:
    """One object for all loans of a day: a host keeps a million."""
    return day


def _due(loan: Loan, event: InstallmentDue) -> Loan:
    return replace(loan, announced=event.number)


def _penalty(loan: Loan, event: PenaltyCharged) -> Loan:
    before = balance(loan, event.number)
    after = before._replace(penalty=before.penalty + minor(event.amount), through=max(before.through, event.to_date))
    return _with_balances(loan, [after])


def _received(loan: Loan, event: PaymentReceived) -> Loan:
    allocations = tuple(_allocation(part) for part in event.instalments)
    changed = [balance(loan, allocation.number).less(allocation) for allocation in allocations]
    payment = Payment(event.value_date, False, allocations)
    return replace(
        _with_balances(loan, changed),
        payments=loan.payments + pack_payment(event.receipt_id, payment, schedule_of(loan)),
        repaid=loan.repaid + minor(event.allocation.principal),
    )


def _reversed(loan: Loan, event: PaymentReversed) -> Loan:
    restored = [
        balance(loan, part.number).less(_allocation(part), sign=-1)._replace(through=part.penalty_through)
        for part in event.instalments
    ]
    return replace(
        _with_balances(loan, restored),
        status=Status.ACTIVE if event.reopened else loan.status,
        payments=mark_reversed(loan.payments, event.receipt_id, schedule_of(loan)),
        repaid=loan.repaid - minor(event.allocation.principal),
    )


def _recovered(loan: Loan, event: RecoveryReceived) -> Loan:
    payment = Payment(event.value_date, False, (Allocation(0, minor(event.amount), 0, 0),))
    return replace(loan, payments=loan.payments + pack_payment(event.receipt_id, payment, schedule_of(loan)))


def _recovery_reversed(loan: Loan, event: RecoveryReversed) -> Loan:
    return replace(loan, payments=mark_reversed(loan.payments, event.receipt_id, schedule_of(loan)))


def _waived(loan: Loan, event: AmountWaived) -> Loan:
    changed = [balance(loan, part.number).less(_allocation(part)) for part in event.instalments]
    return replace(
        _with_balances(loan, changed),
        forgiven=loan.forgiven + minor(event.waived.principal),
        waived=loan.waived + total_units(event.waived),
    )


def _corrected(loan: Loan, event: LoanCorrected) -> Loan:
    changed = [balance(loan, part.number).asking(component_units(part.corrected)) for part in event.instalments]
    return _with_balances(loan, changed)


def _revised(loan: Loan, event: ScheduleRevised) -> Loan:
    """New rows take the place of those from ``from_number`` on; what earlier payments did to the old ones stays known."""
    kept = event.from_number - 1
    old = schedule_of(loan)
    rows = [Row(n, due_date(loan, n), old.principal[n - 1], old.interest[n - 1]) for n in range(1, event.from_number)]
    rows += [Row(row.number, row.due_date, minor(row.principal), minor(row.interest)) for row in event.rows]
    implied = [terms_of(loan).rules.due_date(loan.value_date, row.number) for row in rows]
    packed = pack_schedule(rows, loan.value_date, implied)
    touched = unpack_balances(loan.touched)
    facts, undo = revised_changes(loan, event)
    fallen_due = sum(row.due_date <= event.effective for row in event.rows)
    before = replace(
        loan,
        schedule=packed,
        done=pack_bits(done_bits(loan) & ((1 << kept) - 1)),
        touched=pack_balances({number: record for number, record in touched.items() if number <= kept}),
        announced=min(loan.announced, kept + fallen_due),
        principal=loan.principal + _optional(event.capitalised),
        repaid=loan.repaid + sum(_optional(row.credited) for row in event.rows),
        changes=facts,
        undo=undo,
    )
    history = list(payments(loan.payments, old))
    changed = [
        Balance(row.number, row.due_date, through=row.penalty_through or row.due_date, **component_units(row.unpaid))
        for row in event.rows
    ]
    return replace(_with_balances(before, changed), payments=pack_payments(history, schedule_of(before)))


def _optional(money: Money | None) -> int:
    return 0 if money is None else minor(money)


def _overdue(loan: Loan, event: Overdue) -> Loan:
    return replace(loan, overdue_since=event.since)


def _bucket(loan: Loan, event: DelinquencyBucketChanged) -> Loan:
    return replace(loan, bucket=event.bucket)


def _cured(loan: Loan, _event: OverdueCured) -> Loan:
    return replace(loan, overdue_since=None)


def _written_off(loan: Loan, event: WrittenOff) -> Loan:
    return replace(loan, status=Status.WRITTEN_OFF, written_off=loan.written_off + minor(event.written_off.principal))


def _settled(loan: Loan, _event: Settled) -> Loan:
    return replace(loan, status=Status.SETTLED)


_APPLY: dict[type[Any], Callable[[Loan, Any], Loan]] = {
    InstallmentDue: _due,
    PenaltyCharged: _penalty,
    PaymentReceived: _received,
    PaymentReversed: _reversed,
    RecoveryReceived: _recovered,
    RecoveryReversed: _recovery_reversed,
    AmountWaived: _waived,
    LoanCorrected: _corrected,
    ScheduleRevised: _revised,
    Overdue: _overdue,
    DelinquencyBucketChanged: _bucket,
    OverdueCured: _cured,
    WrittenOff: _written_off,
    Settled: _settled,
    **CHANGED,
}


def _allocation(part: Any) -> Allocation:
    return Allocation(number=part.number, **component_units(part))


def _with_balances(loan: Loan, changed: Iterable[Balance]) -> Loan:
    """The loan with these instalments as they now stand: done, as scheduled, or touched."""
    touched, done = unpack_balances(loan.touched), done_bits(loan)
    schedule = schedule_of(loan)
    for now in changed:
        bit = 1 << (now.number - 1)
        touched.pop(now.number, None)
        done &= ~bit
        record = Touched(now.through, now.principal, now.interest, now.penalty, now.compound, now.fee, now.cost)
        principal, interest = schedule.principal[now.number - 1], schedule.interest[now.number - 1]
        if now.total == 0:
            done |= bit
        elif record != Touched(due_date(loan, now.number), principal, interest, 0):
            touched[now.number] = record
    return replace(loan, touched=pack_balances(touched), done=pack_bits(done))
