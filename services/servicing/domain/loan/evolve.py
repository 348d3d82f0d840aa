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
    RulesAdopted,
    ScheduleRevised,
    Settled,
    WrittenOff,
)
from schemas.state import replace
from services.servicing.domain.loan.money import component_units, total_units
from services.servicing.domain.loan.packing import (
    Allocation,
    Balance,
    Base,
    Payment,
    Touched,
    bits,
    digest,
    is_waiver,
    mark_reversed,
    pack_balances,
    pack_base,
    pack_bits,
    pack_payment,
    pack_payments,
    pack_schedule,
    pack_waiver,
    payments,
    unpack_balances,
    unpack_base,
)
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    done_bits,
    due_date,
    months_of,
    schedule_of,
    terms_of,
)
from services.servicing.domain.loan.terms import condition_text, conditions, with_rules
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
    return with_balances(loan, [after])


def _received(loan: Loan, event: PaymentReceived) -> Loan:
    allocations = tuple(_allocation(part) for part in event.instalments)
    changed = [balance(loan, allocation.number).less(allocation) for allocation in allocations]
    payment = Payment(event.value_date, False, allocations, kind=event.kind)
    return replace(
        with_balances(loan, changed),
        payments=loan.payments + pack_payment(event.receipt_id, payment, schedule_of(loan)),
        repaid=loan.repaid + minor(event.allocation.principal),
    )


def _reversed(loan: Loan, event: PaymentReversed) -> Loan:
    restored = [
        balance(loan, part.number).less(_allocation(part), sign=-1)._replace(through=part.penalty_through)
        for part in event.instalments
    ]
    return replace(
        with_balances(loan, restored),
        status=Status.ACTIVE if event.reopened else loan.status,
        payments=mark_reversed(loan.payments, event.receipt_id, schedule_of(loan)),
        base=_base_without(loan, event),
        repaid=loan.repaid - minor(event.allocation.principal),
    )


def _base_without(loan: Loan, event: PaymentReversed) -> bytes:
    """The base, where the undone payment had paid on it."""
    base, wanted = unpack_base(loan.base), digest(event.receipt_id)
    if (
        base is None
        or wanted not in [receipt for receipt, _ in payments(loan.payments, schedule_of(loan))][: base.payments]
    ):
        return loan.base
    then = replace(loan, done=base.done, touched=base.touched)
    owed = [balance(then, part.number).less(_allocation(part), sign=-1) for part in event.instalments]
    restored = with_balances(then, owed)
    return pack_base(base._replace(done=restored.done, touched=restored.touched))


def _recovered(loan: Loan, event: RecoveryReceived) -> Loan:
    payment = Payment(event.value_date, False, (Allocation(0, minor(event.amount), 0, 0),))
    return replace(loan, payments=loan.payments + pack_payment(event.receipt_id, payment, schedule_of(loan)))


def _recovery_reversed(loan: Loan, event: RecoveryReversed) -> Loan:
    return replace(loan, payments=mark_reversed(loan.payments, event.receipt_id, schedule_of(loan)))


def _waived(loan: Loan, event: AmountWaived) -> Loan:
    changed = [balance(loan, part.number).less(_allocation(part)) for part in event.instalments]
    return replace(
        with_balances(loan, changed),
        payments=_with_waiver(loan, event),
        forgiven=loan.forgiven + minor(event.waived.principal),
        waived=loan.waived + total_units(event.waived),
    )


def _with_waiver(loan: Loan, event: AmountWaived) -> bytes:
    if event.waived_on is None:
        return loan.payments
    allocations = [_allocation(part) for part in event.instalments]
    return loan.payments + pack_waiver(event.waived_on, allocations, schedule_of(loan))


def _corrected(loan: Loan, event: LoanCorrected) -> Loan:
    changed = []
    for part in event.instalments:
        before = balance(loan, part.number)
        through = part.penalty_through or before.through
        changed.append(before.asking(component_units(part.corrected))._replace(through=through))
    principal = sum(minor(part.corrected.principal) - minor(part.previous.principal) for part in event.payments)
    return replace(with_balances(loan, changed), payments=_reallocated(loan, event), repaid=loan.repaid + principal)


def _reallocated(loan: Loan, event: LoanCorrected) -> bytes:
    """The payments with those that pay something else now."""
    if not event.payments:
        return loan.payments
    schedule, corrected = schedule_of(loan), {part.number: part for part in event.payments}
    history, number = [], 0
    for receipt, payment in payments(loan.payments, schedule):
        number += not is_waiver(receipt)
        part = None if is_waiver(receipt) else corrected.get(number)
        if part is not None:
            allocations = tuple(_allocation(instalment) for instalment in part.instalments)
            payment = payment._replace(allocations=allocations, left=minor(part.credit))
        history.append((receipt, payment))
    return pack_payments(history, schedule)


def _revised(loan: Loan, event: ScheduleRevised) -> Loan:
    """New rows take the place of those from ``from_number`` on; what earlier payments did to the old ones stays known."""
    kept = event.from_number - 1
    old = schedule_of(loan)
    rows = [Row(n, due_date(loan, n), old.principal[n - 1], old.interest[n - 1]) for n in range(1, event.from_number)]
    rows += [Row(row.number, row.due_date, minor(row.principal), minor(row.interest)) for row in event.rows]
    implied = [terms_of(loan).rules.due_date(loan.value_date, row.number) for row in rows]
    packed = pack_schedule(rows, loan.value_date, implied)
    touched = unpack_balances(loan.touched)
    before = replace(
        loan,
        schedule=packed,
        done=pack_bits(done_bits(loan) & ((1 << kept) - 1)),
        touched=pack_balances({number: record for number, record in touched.items() if number <= kept}),
    )
    changed = [
        Balance(row.number, row.due_date, through=row.due_date, **component_units(row.unpaid)) for row in event.rows
    ]
    return _from(loan, with_balances(before, changed), event.effective)


def _adopted(loan: Loan, event: RulesAdopted) -> Loan:
    """Due dates stay those that were decided, whatever the new version would give."""
    terms = with_rules(loan.terms, event.rules)
    schedule = schedule_of(loan)
    rows = [
        Row(number, due_date(loan, number), schedule.principal[number - 1], schedule.interest[number - 1])
        for number in range(1, months_of(loan) + 1)
    ]
    implied = [conditions(terms).rules.due_date(loan.value_date, row.number) for row in rows]
    after = replace(loan, terms=terms, schedule=pack_schedule(rows, loan.value_date, implied))
    return _from(loan, after, event.adopted_on)


def _from(loan: Loan, after: Loan, day: date) -> Loan:
    """What was decided before ``day`` is not written anew: the loan stands there as ``after``, with its payments so far."""
    history = list(payments(loan.payments, schedule_of(loan)))
    base = Base(day, len(history), loan.bucket, loan.overdue_since, after.done, after.touched)
    return replace(after, payments=pack_payments(history, schedule_of(after)), base=pack_base(base))


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
    RulesAdopted: _adopted,
    Overdue: _overdue,
    DelinquencyBucketChanged: _bucket,
    OverdueCured: _cured,
    WrittenOff: _written_off,
    Settled: _settled,
}


def _allocation(part: Any) -> Allocation:
    return Allocation(number=part.number, **component_units(part))


def with_balances(loan: Loan, changed: Iterable[Balance]) -> Loan:
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
