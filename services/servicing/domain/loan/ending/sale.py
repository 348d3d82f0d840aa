"""Sale of the claim 债权转让: the loan leaves the books, on or off the balance; later money is its owner's (rule 12)."""

from collections.abc import Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import SellClaim
from schemas.servicing.events import ClaimSold
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.ending.claim import claim_on
from services.servicing.domain.loan.ending.deciding import bound, unapproved, unfit
from services.servicing.domain.loan.money import components, units
from services.servicing.domain.loan.packing import Payment
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan, Status, outstanding_principal, terms_of, unpaid

PERMISSION = "servicing:sell-claim"


def sell_claim(loan: Loan | None, command: SellClaim, context: Context) -> Sequence[Any] | Refusal:
    """``ClaimSold`` with what is owed today; refused for a loan that is settled or sold."""
    refusal = (
        missing(PERMISSION, context)
        or unfit(loan, context, Status.ACTIVE, Status.WRITTEN_OFF)
        or unapproved(command.maker, command.approvals, context)
    )
    if refusal is not None:
        return refusal
    assert loan is not None
    refusal = bound(loan)
    if refusal is not None:
        return refusal
    price = units(command.price) if command.price.currency == terms_of(loan).currency else None
    if price is None or price < 0:
        return Refusal("amount-invalid", f"The price is an amount in {terms_of(loan).currency}, zero or more.")
    draft = Draft(loan, context)
    if loan.status is Status.ACTIVE:
        draft.post_penalty(context.business_date)
    draft.add(_sold(draft, command))
    return draft.events


def also_sold(loan: Loan, context: Context, payment: Payment) -> ClaimSold:
    """A payment of before the sale was taken back: what it had paid is the buyer's to claim, too."""
    currency = terms_of(loan).currency
    return ClaimSold(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        buyer="",
        price=of_minor(0, currency),
        sold_on=context.business_date,
        claim=components(payment.allocations, currency),
        principal=of_minor(sum(part.principal for part in payment.allocations), currency),
        authority=context.actor.subject,
        supplement=True,
    )


def _sold(draft: Draft, command: SellClaim) -> ClaimSold:
    loan, context = draft.loan, draft.context
    day, currency = context.business_date, terms_of(draft.loan).currency
    owed = claim_on(loan, day) if loan.status is Status.WRITTEN_OFF else list(unpaid(loan))
    return ClaimSold(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        buyer=command.buyer,
        price=command.price,
        sold_on=day,
        claim=components(owed, currency),
        principal=of_minor(outstanding_principal(loan), currency),
        authority=context.actor.subject,
        approvals=command.approvals,
        reason=command.reason,
    )
