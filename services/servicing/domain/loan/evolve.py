"""Folding a loan's events: decided numbers are applied, never computed again."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from schemas.agreement import ChargedOffAccrual
from schemas.money import Money, minor
from schemas.servicing.events import (
    AccrualStatusChanged,
    AmountWaived,
    AssetClassChanged,
    ChargedOff,
    ClaimSold,
    DelinquencyBucketChanged,
    FeeCharged,
    InstallmentDue,
    InterestAccrued,
    LoanAccelerated,
    LoanBooked,
    LoanCorrected,
    Overdue,
    OverdueCured,
    PaymentReceived,
    PaymentReversed,
    PenaltyCharged,
    PenaltyRateRaised,
    RecoveryReceived,
    RecoveryReversed,
    RulesAdopted,
    ScheduleRevised,
    Settled,
    SettlementAgreed,
    SettlementLapsed,
    WrittenOff,
)
from schemas.state import replace
from services.servicing.domain.loan.changes.fold import CHANGED, outdated, revised_changes
from services.servicing.domain.loan.daily.standing import NONE
from services.servicing.domain.loan.daily.tables import worse
from services.servicing.domain.loan.money import component_units, total_units
from services.servicing.domain.loan.packing import (
    Allocation,
    Balance,
    Base,
    Payment,
    Touched,
    bits,
    digest,
    is_claim,
    is_waiver,
    mark_reversed,
    pack_balances,
    pack_base,
    pack_bits,
    pack_claim,
    pack_payment,
    pack_payments,
    pack_schedule,
    pack_waiver,
    payments,
    unpack_balances,
    unpack_base,
)
from services.servicing.domain.loan.state import (
    NO_ENDING,
    Agreed,
    Ending,
    Loan,
    Status,
    balance,
    done_bits,
    due_date,
    months_of,
    running_agreement,
    schedule_of,
    terms_of,
)
from services.servicing.domain.loan.terms import condition_text, conditions, with_rules, without_penalty
from services.servicing.domain.rules import RULES, Row

COMPENSATION = "compensation"
"""Channel of money from a guarantor, an insurer or a reserve that pays for the debtor 代偿."""
DISCOUNTED_SETTLEMENT = "discounted-settlement"
"""Cause of a waiver that follows from an agreed settlement."""


def evolve(loan: Loan | None, event: Any) -> Loan | None:
    """The loan after ``event``; an event that changes nothing here, such as a declined payment, leaves it as it was."""
    if isinstance(event, LoanBooked):
        return _booked(event)
    apply = _APPLY.get(type(event))
    if loan is None:
        return None
    before = loan if loan.changes is None and loan.undo is None else outdated(loan, event)
    if apply is None:
        return before
    after, day = apply(before, event), _for_good(loan, event)
    return after if day is None else _from(after, after, day)


def _for_good(loan: Loan, event: Any) -> date | None:
    """The day before which no ledger is written anew once this was decided: it rests on what was owed then."""
    if isinstance(event, ChargedOff):
        return event.charged_off_on
    if isinstance(event, SettlementAgreed):
        return event.agreed_on
    if isinstance(event, SettlementLapsed):
        return event.lapsed_on
    if isinstance(event, PaymentReceived) and running_agreement(loan) is not None:
        return event.value_date
    if isinstance(event, AmountWaived) and event.cause == DISCOUNTED_SETTLEMENT:
        return event.waived_on
    return None


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
    component = "compound" if event.kind == "compound" else "penalty"
    grown = {component: getattr(before, component) + minor(event.amount)}
    return with_balances(loan, [before._replace(through=max(before.through, event.to_date), **grown)])


def _received(loan: Loan, event: PaymentReceived) -> Loan:
    allocations = tuple(_allocation(part) for part in event.instalments)
    changed = [balance(loan, allocation.number).less(allocation) for allocation in allocations]
    payment = Payment(event.value_date, False, allocations, kind=event.kind)
    return replace(
        with_balances(loan, changed),
        payments=loan.payments + pack_payment(event.receipt_id, payment, schedule_of(loan)),
        repaid=loan.repaid + minor(event.allocation.principal),
        ending=_ending_received(loan, event),
    )


def _ending_received(loan: Loan, event: PaymentReceived) -> Ending | None:
    agreed, ending = running_agreement(loan), loan.ending
    if agreed is not None and event.value_date <= agreed.by:
        receipts = (*agreed.receipts, event.receipt_id)
        ending = replace(
            ending or NO_ENDING, agreed=replace(agreed, paid=agreed.paid + minor(event.amount), receipts=receipts)
        )
    if event.channel == COMPENSATION:
        ending = replace(ending or NO_ENDING, compensated=(*(ending or NO_ENDING).compensated, event.receipt_id))
    return ending


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
        ending=_ending_reversed(loan, event),
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


def _ending_reversed(loan: Loan, event: PaymentReversed) -> Ending | None:
    ending = loan.ending
    if ending is None:
        return None
    compensated = tuple(each for each in ending.compensated if each != event.receipt_id)
    agreed = ending.agreed
    if agreed is not None and event.receipt_id in agreed.receipts:
        receipts = tuple(each for each in agreed.receipts if each != event.receipt_id)
        agreed = replace(agreed, paid=agreed.paid - minor(event.amount), receipts=receipts)
    return replace(ending, agreed=agreed, compensated=compensated)


def _recovered(loan: Loan, event: RecoveryReceived) -> Loan:
    """What is owed after a write-off is what was owed then less the recoveries, so the balances stay as they were."""
    stated = tuple(_allocation(part) for part in event.instalments)
    unstated = 0 if stated else minor(event.amount)
    payment = Payment(event.value_date, False, (Allocation(0, unstated, 0, 0), *stated))
    return replace(loan, payments=loan.payments + pack_payment(event.receipt_id, payment, schedule_of(loan)))


def _recovery_reversed(loan: Loan, event: RecoveryReversed) -> Loan:
    return replace(loan, payments=mark_reversed(loan.payments, event.receipt_id, schedule_of(loan)))


def _waived(loan: Loan, event: AmountWaived) -> Loan:
    before = [balance(loan, part.number) for part in event.instalments]
    parts = [_allocation(part) for part in event.instalments]
    return replace(
        with_balances(loan, [owed.less(part) for owed, part in zip(before, parts, strict=True)]),
        payments=_with_waiver(loan, event),
        forgiven=loan.forgiven + minor(event.waived.principal),
        waived=loan.waived + total_units(event.waived),
        ending=_ending_waived(loan, event, before, parts),
    )


def _with_waiver(loan: Loan, event: AmountWaived) -> bytes:
    if event.waived_on is None:
        return loan.payments
    allocations = [_allocation(part) for part in event.instalments]
    return loan.payments + pack_waiver(event.waived_on, allocations, schedule_of(loan))


def _ending_waived(loan: Loan, event: AmountWaived, before: list[Balance], parts: list[Allocation]) -> Ending | None:
    """What was waived because the agreed sum was paid is owed again if that money is taken back."""
    if event.cause != DISCOUNTED_SETTLEMENT or loan.ending is None or loan.ending.agreed is None:
        return loan.ending
    waived = tuple((part.number, owed.through.toordinal(), *part[1:]) for owed, part in zip(before, parts, strict=True))
    return replace(loan.ending, agreed=replace(loan.ending.agreed, waived=waived))


def _charged_off(loan: Loan, event: ChargedOff) -> Loan:
    stopped = event.accrual is ChargedOffAccrual.STOPPED
    return replace(
        loan,
        terms=without_penalty(loan.terms) if stopped else loan.terms,
        ending=replace(loan.ending or NO_ENDING, charged_off=event.charged_off_on),
    )


def _agreed(loan: Loan, event: SettlementAgreed) -> Loan:
    agreed = Agreed(minor(event.amount), event.by, event.authority, event.reason)
    return replace(loan, ending=replace(loan.ending or NO_ENDING, agreed=agreed))


def _lapsed(loan: Loan, event: SettlementLapsed) -> Loan:
    revived = [
        balance(loan, part.number).less(_allocation(part), sign=-1)._replace(through=part.penalty_through)
        for part in event.instalments
    ]
    return replace(
        with_balances(loan, revived),
        forgiven=loan.forgiven - minor(event.revived.principal),
        waived=loan.waived - total_units(event.revived),
        ending=replace(loan.ending or NO_ENDING, agreed=None),
    )


def _sold(loan: Loan, event: ClaimSold) -> Loan:
    ending = loan.ending or NO_ENDING
    return replace(loan, status=Status.SOLD, ending=replace(ending, sold=ending.sold + minor(event.principal)))


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
        paid = not (is_waiver(receipt) or is_claim(receipt))
        number += paid
        part = corrected.get(number) if paid else None
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
    changed = [
        Balance(row.number, row.due_date, through=row.penalty_through or row.due_date, **component_units(row.unpaid))
        for row in event.rows
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
    history, earlier = list(payments(loan.payments, schedule_of(loan))), unpack_base(loan.base)
    day = max(day, earlier.day) if earlier else day
    base = Base(day, len(history), loan.bucket, loan.overdue_since, after.done, after.touched)
    return replace(after, payments=pack_payments(history, schedule_of(after)), base=pack_base(base))


def _optional(money: Money | None) -> int:
    return 0 if money is None else minor(money)


def _overdue(loan: Loan, event: Overdue) -> Loan:
    return replace(loan, overdue_since=event.since)


def _bucket(loan: Loan, event: DelinquencyBucketChanged) -> Loan:
    return replace(loan, bucket=event.bucket)


def _cured(loan: Loan, event: OverdueCured) -> Loan:
    cured = replace(loan, overdue_since=None)
    agreement = terms_of(loan).agreement
    if agreement.classification is None and agreement.accrual is None:
        return cured
    return _standing(cured, clean_since=event.cured_on, clean_number=loan.announced)


def _accelerated(loan: Loan, event: LoanAccelerated) -> Loan:
    return _standing(loan, accelerated=event.effective)


def _rate_raised(loan: Loan, event: PenaltyRateRaised) -> Loan:
    return _standing(loan, heavier_from=event.since)


def _fee(loan: Loan, event: FeeCharged) -> Loan:
    charged = Allocation(event.number, 0, 0, 0)._replace(**{event.component: minor(event.amount)})
    owed = with_balances(loan, [balance(loan, event.number).less(charged, sign=-1)])
    return replace(owed, payments=loan.payments + pack_claim(event.charged_on, [charged], schedule_of(loan)))


def _classified(loan: Loan, event: AssetClassChanged) -> Loan:
    falls = worse(event.asset_class, event.previous)
    changed = _standing(
        loan,
        asset_class=event.asset_class,
        by_person=event.by == "person" and event.excepted_since is None and falls,
        excepted=event.excepted_since or (loan.standing or NONE).excepted,
    )
    return _on_trial(changed, event.effective) if falls else changed


def _accrual(loan: Loan, event: AccrualStatusChanged) -> Loan:
    if event.accruing:
        return _standing(loan, non_accrual=None)
    return _on_trial(_standing(loan, non_accrual=event.effective), event.effective)


def _on_trial(loan: Loan, since: date) -> Loan:
    """Trouble without an episode of arrears: the time in which payments have to be punctual begins with it, else with the cure."""
    if loan.overdue_since is not None:
        return loan
    return _standing(loan, clean_since=since, clean_number=loan.announced)


def _accrued(loan: Loan, event: InterestAccrued) -> Loan:
    return _standing(loan, accrued_until=event.until)


def _standing(loan: Loan, **changes: Any) -> Loan:
    return replace(loan, standing=replace(loan.standing or NONE, **changes))


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
    LoanAccelerated: _accelerated,
    PenaltyRateRaised: _rate_raised,
    FeeCharged: _fee,
    AssetClassChanged: _classified,
    AccrualStatusChanged: _accrual,
    InterestAccrued: _accrued,
    ChargedOff: _charged_off,
    SettlementAgreed: _agreed,
    SettlementLapsed: _lapsed,
    ClaimSold: _sold,
    **CHANGED,
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
