"""Corrections 更正: where a ledger written anew differs from what was published, a new event states old and new."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from schemas.money import of_minor
from schemas.servicing.events import (
    InstalmentAmounts,
    InstalmentCorrection,
    LoanCorrected,
    PaymentCorrection,
)
from schemas.terms import Components
from services.servicing.domain.loan.money import amounts, components
from services.servicing.domain.loan.packing import Allocation, Payment
from services.servicing.domain.loan.rewriting import Rewritten, numbered
from services.servicing.domain.loan.state import Loan, balance, months_of, outstanding_principal, terms_of


class Cause(NamedTuple):
    """Why a ledger was written anew."""

    name: str
    reference: str
    """The receipt."""
    from_date: date
    """First day from which what was published was wrong."""


def corrected(
    loan: Loan, loan_id: str, after: Rewritten, cause: Cause, own: Sequence[Allocation] = ()
) -> list[LoanCorrected]:
    """``LoanCorrected`` from the loan to the ledger written anew, without what a payment that follows pays itself (``own``).

    None when nothing differs.
    """
    before = {one.number: one.payment for one in numbered(loan) if one.number and not one.payment.reversed}
    moved = {
        number: after.paid[number] for number, payment in before.items() if _moves(payment, after.paid.get(number))
    }
    instalments = tuple(_instalments(loan, after.loan, own, [before[n] for n in moved], list(moved.values())))
    if not instalments and not moved:
        return []
    currency = terms_of(loan).currency
    coming = sum(part.principal for part in own)
    return [
        LoanCorrected(
            loan_id=loan_id,
            party_ref=loan.party_ref,
            from_date=cause.from_date,
            cause=cause.name,
            reference=cause.reference,
            instalments=instalments,
            payments=tuple(_payment(number, before[number], moved[number], currency) for number in moved),
            outstanding_principal=of_minor(outstanding_principal(after.loan) + coming, currency) if moved else None,
        )
    ]


def _moves(before: Payment, after: Payment | None) -> bool:
    """Whether a payment pays something else; one from before the base is not written anew."""
    return after is not None and (_by_row(before.allocations), before.left) != (_by_row(after.allocations), after.left)


def _by_row(allocations: Iterable[Allocation]) -> list[Allocation]:
    return sorted(part for part in allocations if part.total)


def _payment(number: int, before: Payment, after: Payment, currency: str) -> PaymentCorrection:
    return PaymentCorrection(
        number=number,
        previous=components(before.allocations, currency),
        corrected=components(after.allocations, currency),
        credit=of_minor(after.left, currency),
        instalments=tuple(
            InstalmentAmounts(number=part.number, **amounts(part, currency)) for part in after.allocations
        ),
    )


def _instalments(
    loan: Loan, after: Loan, own: Sequence[Allocation], before: Sequence[Payment], moved: Sequence[Payment]
) -> Iterator[InstalmentCorrection]:
    currency = terms_of(loan).currency
    coming = {part.number: part for part in own}
    was_paid, is_paid = _by_instalment(before), _by_instalment(moved)
    for number in range(1, months_of(loan) + 1):
        now, then = balance(loan, number), balance(after, number)
        if not then.total:
            then = then._replace(through=now.through)  # no penalty runs on what is paid
        if number in coming:
            then = then.less(coming[number], sign=-1)
        old, new = was_paid.get(number, []), is_paid.get(number, [])
        shifted = components(old, currency) != components(new, currency)
        if now == then and not shifted:
            continue
        yield InstalmentCorrection(
            number=number,
            previous=components([now], currency),
            corrected=components([then], currency),
            previously_paid=_paid(old, currency, shifted),
            paid=_paid(new, currency, shifted),
            penalty_through=then.through if then.through != now.through else None,
        )


def _paid(parts: Sequence[Allocation], currency: str, shifted: bool) -> Components | None:
    return components(parts, currency) if shifted else None


def _by_instalment(payments: Iterable[Payment]) -> dict[int, list[Allocation]]:
    found: dict[int, list[Allocation]] = {}
    for payment in payments:
        for part in payment.allocations:
            found.setdefault(part.number, []).append(part)
    return found
