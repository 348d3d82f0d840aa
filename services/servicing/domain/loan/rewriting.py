"""The ledger of a loan written anew 重算: its payments and waivers in the order of value dates, its days in between.

One function for everything that counts from an earlier day: a back-dated payment, a reversal, a question about a past day. It
starts from the booking, or from the last day on which the schedule was revised: what was decided on the balances of that day
is not decided anew, so an earlier value date counts from there.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from schemas.agreement import PaymentKind
from schemas.decision import Actor, Context
from schemas.state import replace
from schemas.terms import Bucket
from services.servicing.domain.loan.allocation import allocate
from services.servicing.domain.loan.business_day import business_day, due
from services.servicing.domain.loan.daily.standing import Standing
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.evolve import evolve, with_balances
from services.servicing.domain.loan.packing import (
    Allocation,
    Balance,
    Payment,
    bits,
    is_claim,
    is_waiver,
    payments,
    unpack_base,
)
from services.servicing.domain.loan.state import (
    Loan,
    Status,
    balance,
    due_date,
    months_of,
    schedule_of,
    terms_of,
    unpaid,
)

_NOBODY = Actor("rewriting")
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Events of a rewritten ledger are folded and thrown away: nothing of a business day depends on the time of recording."""


class Entry(NamedTuple):
    """Something that counts from a day: money, or amounts waived or charged."""

    day: date
    number: int = 0
    """Number of the payment, counted from 1; 0 for what is none."""
    amount: int = 0
    waived: tuple[Allocation, ...] = ()
    charged: tuple[Allocation, ...] = ()
    kind: PaymentKind = PaymentKind.REPAYMENT


class Happened(NamedTuple):
    """Something of a rewritten ledger, on its day: an event of a business day, or an entry with what became of it."""

    day: date
    what: Any
    """An event, or the :class:`Entry`."""
    allocations: tuple[Allocation, ...] = ()
    """Of an entry: what it paid or waived, by instalment."""


class Rewritten(NamedTuple):
    """The loan at the end, what each payment paid, and all that happened, in order."""

    loan: Loan
    paid: dict[int, Payment]
    """By number of the payment."""
    happened: tuple[Happened, ...]


def entries(loan: Loan) -> list[Entry]:
    """What happened to the loan since its base, in the order in which it was decided; undone payments are left out."""
    base = unpack_base(loan.base)
    kept = numbered(loan)[base.payments if base else 0 :]
    return [_entry(entry.number, entry.payment, entry.receipt) for entry in kept if not entry.payment.reversed]


def _entry(number: int, payment: Payment, receipt: bytes) -> Entry:
    if is_waiver(receipt):
        return Entry(payment.value_date, waived=payment.allocations)
    if is_claim(receipt):
        return Entry(payment.value_date, charged=payment.allocations)
    return Entry(payment.value_date, number, payment.amount, kind=payment.kind)


class Numbered(NamedTuple):
    """A payment with its number; waivers and charges have 0."""

    number: int
    payment: Payment
    receipt: bytes
    """Digest, or what stands for a waiver or a charge."""


def numbered(loan: Loan) -> list[Numbered]:
    """All payments, waivers and charges in the order in which they were decided."""
    found, last = [], 0
    for receipt, payment in payments(loan.payments, schedule_of(loan)):
        paid = not (is_waiver(receipt) or is_claim(receipt))
        last += paid
        found.append(Numbered(last if paid else 0, payment, receipt))
    return found


def payment_count(loan: Loan) -> int:
    """How many payments the loan has had, undone ones included."""
    return max((one.number for one in numbered(loan)), default=0)


def counts_from(loan: Loan, value_date: date) -> date:
    """The day from which money with this value date counts: not before the base."""
    base = unpack_base(loan.base)
    return max(value_date, base.day) if base else value_date


def rewrite(loan: Loan, loan_id: str, written: Iterable[Entry], until: date) -> Rewritten:
    """The ledger of these entries up to and including the day ``until``; entries of one day stand as they were decided."""
    now, paid = _start(loan), {}
    happened: list[Happened] = []
    ordered = sorted(written, key=lambda entry: counts_from(loan, entry.day))
    for at, entry in enumerate(ordered):
        day = counts_from(loan, entry.day)
        now, days = _through(now, loan_id, day)
        draft = Draft(now, Context(loan_id, day, _NO_TIME, _NOBODY))
        draft.post_penalty(day)
        happened += [*days, *(Happened(day, event) for event in draft.events)]
        if entry.number:
            to_come = [part for later in ordered[at:] for part in later.waived]
            paid[entry.number] = _pay(draft, entry, to_come)
            happened.append(Happened(day, entry, paid[entry.number].allocations))
        else:
            _charge(draft, entry.charged)
            happened.append(Happened(day, entry, entry.charged or _waive(draft, entry.waived)))
        posted = len(draft.events)
        happened += (Happened(day, event) for event in draft.conclude()[posted:])
        now = draft.loan
    now, days = _through(now, loan_id, until)
    return Rewritten(now, paid, (*happened, *days))


def _through(loan: Loan, loan_id: str, last: date) -> tuple[Loan, list[Happened]]:
    """The loan after all business days up to and including ``last`` on which it had something to do, and their events."""
    happened = []
    while (day := due(loan)) is not None and day <= last:
        for event in business_day(loan, Context(loan_id, day, _NO_TIME, _NOBODY)):
            after = evolve(loan, event)
            assert after is not None
            loan = after
            happened.append(Happened(day, event))
    return loan, happened


def _start(loan: Loan) -> Loan:
    """The loan as it stood at its base."""
    base = unpack_base(loan.base)
    schedule = schedule_of(loan)
    if base is None:
        nothing = (
            n for n, row in enumerate(zip(schedule.principal, schedule.interest, strict=True), 1) if not sum(row)
        )
        return replace(
            loan,
            status=Status.ACTIVE,
            announced=0,
            done=bits(nothing),
            touched=b"",
            bucket=Bucket.M0,
            overdue_since=None,
            standing=_at_first(loan),
        )
    announced = sum(due_date(loan, number) <= base.day for number in range(1, months_of(loan) + 1))
    return replace(
        loan,
        status=Status.ACTIVE,
        announced=announced,
        done=base.done,
        touched=base.touched,
        bucket=base.bucket,
        overdue_since=base.overdue_since,
    )


def _at_first(loan: Loan) -> Standing | None:
    """What decisions changed for the days they name holds; what days past due brought comes again with the days."""
    if loan.standing is None:
        return None
    return Standing(accelerated=loan.standing.accelerated, heavier_from=loan.standing.heavier_from)


def _pay(draft: Draft, entry: Entry, to_be_waived: Sequence[Allocation]) -> Payment:
    """Nothing undoes a waiver: what is waived later, no payment that counts from before it pays."""
    owed = {balance.number: balance for balance in unpaid(draft.loan)}
    for part in to_be_waived:
        if part.number in owed:
            owed[part.number] = owed[part.number].less(_at_most(owed[part.number], part))
    day = draft.context.business_date
    allocations = tuple(allocate(owed.values(), entry.amount, terms_of(draft.loan), entry.kind, day))
    draft.loan = _less(draft.loan, allocations)
    left = entry.amount - sum(allocation.total for allocation in allocations)
    return Payment(entry.day, False, allocations, left, entry.kind)


def _waive(draft: Draft, waived: Sequence[Allocation]) -> tuple[Allocation, ...]:
    """A waiver stays what it was; where less penalty is owed now than was waived, all of it is."""
    parts = tuple(_at_most(balance(draft.loan, part.number), part) for part in waived)
    draft.loan = _less(draft.loan, parts)
    return parts


def _charge(draft: Draft, charged: Sequence[Allocation]) -> None:
    """What was charged is owed, also by a loan that an earlier payment had settled."""
    if charged:
        owed = [balance(draft.loan, part.number).less(part, sign=-1) for part in charged]
        draft.loan = replace(with_balances(draft.loan, owed), status=Status.ACTIVE)


def _at_most(owed: Balance, part: Allocation) -> Allocation:
    return Allocation(part.number, *(min(getattr(owed, name), getattr(part, name)) for name in part._fields[1:]))


def _less(loan: Loan, allocations: Iterable[Allocation]) -> Loan:
    return with_balances(loan, [balance(loan, part.number).less(part) for part in allocations])
