"""Folding a loan's events: decided numbers are applied, never computed again."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from schemas.money import minor
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
    Settled,
    WrittenOff,
)
from schemas.state import replace
from schemas.terms import Components
from services.servicing.domain.loan.packing import (
    Allocation,
    Balance,
    Payment,
    bits,
    mark_reversed,
    pack_balances,
    pack_bits,
    pack_payment,
    pack_schedule,
    unpack_balances,
)
from services.servicing.domain.loan.state import Loan, Status, balance, done_bits, due_date, schedule_of
from services.servicing.domain.loan.terms import condition_text
from services.servicing.domain.rules import RULES, Row


def evolve(loan: Loan | None, event: Any) -> Loan | None:
    """The loan after ``event``; an event that changes nothing here, such as a declined payment, leaves it as it was."""
    if isinstance(event, LoanBooked):
        return _booked(event)
    apply = _APPLY.get(type(event))
    return loan if apply is None or loan is None else apply(loan, event)


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
    allocations = tuple(
        Allocation(part.number, minor(part.principal), minor(part.interest), minor(part.penalty))
        for part in event.instalments
    )
    changed = []
    for allocation in allocations:
        before = balance(loan, allocation.number)
        changed.append(_less(before, allocation))
    payment = Payment(event.value_date, False, allocations)
    return replace(
        _with_balances(loan, changed),
        payments=loan.payments + pack_payment(event.receipt_id, payment, schedule_of(loan)),
        repaid=loan.repaid + minor(event.allocation.principal),
    )


def _reversed(loan: Loan, event: PaymentReversed) -> Loan:
    restored = []
    for part in event.instalments:
        before = balance(loan, part.number)
        restored.append(
            Balance(
                part.number,
                before.due_date,
                before.principal + minor(part.principal),
                before.interest + minor(part.interest),
                before.penalty + minor(part.penalty),
                part.penalty_through,
            )
        )
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
    changed = [
        _less(
            balance(loan, part.number),
            Allocation(part.number, minor(part.principal), minor(part.interest), minor(part.penalty)),
        )
        for part in event.instalments
    ]
    return replace(
        _with_balances(loan, changed),
        forgiven=loan.forgiven + minor(event.waived.principal),
        waived=loan.waived + _total(event.waived),
    )


def _corrected(loan: Loan, event: LoanCorrected) -> Loan:
    changed = []
    for part in event.instalments:
        before, now = balance(loan, part.number), part.corrected
        changed.append(
            before._replace(principal=minor(now.principal), interest=minor(now.interest), penalty=minor(now.penalty))
        )
    return _with_balances(loan, changed)


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
    Overdue: _overdue,
    DelinquencyBucketChanged: _bucket,
    OverdueCured: _cured,
    WrittenOff: _written_off,
    Settled: _settled,
}


def _less(before: Balance, part: Allocation) -> Balance:
    return before._replace(
        principal=before.principal - part.principal,
        interest=before.interest - part.interest,
        penalty=before.penalty - part.penalty,
    )


def _total(components: Components) -> int:
    return minor(components.principal) + minor(components.interest) + minor(components.penalty)


def _with_balances(loan: Loan, changed: Iterable[Balance]) -> Loan:
    """The loan with these instalments as they now stand: done, as scheduled, or touched."""
    touched, done = unpack_balances(loan.touched), done_bits(loan)
    schedule = schedule_of(loan)
    for now in changed:
        bit = 1 << (now.number - 1)
        touched.pop(now.number, None)
        done &= ~bit
        as_scheduled = (
            now.principal == schedule.principal[now.number - 1]
            and now.interest == schedule.interest[now.number - 1]
            and now.penalty == 0
            and now.through == due_date(loan, now.number)
        )
        if now.total == 0:
            done |= bit
        elif not as_scheduled:
            touched[now.number] = (now.through, now.principal, now.interest, now.penalty)
    records = ((number, *touched[number]) for number in sorted(touched))
    return replace(loan, touched=pack_balances(records), done=pack_bits(done))
