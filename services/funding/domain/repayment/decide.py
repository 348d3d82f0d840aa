"""Decisions of a loan's repayments."""

from typing import Any

from schemas import ids
from schemas.decision import Context, Refusal
from schemas.funding.commands import DistributeRepayment, RegisterShares
from schemas.funding.events import RepaymentDistributed, RepaymentPending, Share, SharesRegistered
from schemas.money import minor, of_minor
from services.funding.domain import Decision, books, shares
from services.funding.domain.repayment.state import Repayment, is_known, weights_of


def decide(state: Repayment | None, command: Any, context: Context) -> Decision:
    """Events or a refusal for any command of a loan's repayments."""
    repayment = state or Repayment()
    if isinstance(command, RegisterShares):
        return _register(repayment, command, context.aggregate_id)
    return _distribute(repayment, command, context.aggregate_id)


def distribution_id(loan_id: str, receipt_id: str, *, reversal: bool) -> str:
    """Id of the distribution of a receipt in one direction: names its in-transit account and the lenders' credits."""
    return ids.derived("distribution", loan_id, receipt_id, "reversal" if reversal else "payment")


def _register(repayment: Repayment, command: RegisterShares, loan_id: str) -> Decision:
    weights = weights_of(command.shares)
    currencies = {share.amount.currency for share in command.shares} | {p.amount.currency for p in repayment.pending}
    if not weights or len(currencies) != 1 or any(lent <= 0 for _, lent in weights):
        return Refusal("bad-shares", f"The shares of loan {loan_id} must be above 0 and in the loan's one currency.")
    if repayment.weights:
        same = repayment.weights == weights
        return [] if same else Refusal("shares-registered", f"Loan {loan_id} has its shares; they do not change.")
    known = Repayment(currency=currencies.pop(), weights=weights)
    waiting = [_distributed(known, pending, loan_id) for pending in repayment.pending]
    return [SharesRegistered(loan_id=loan_id, shares=command.shares), *waiting]


def _distribute(repayment: Repayment, command: DistributeRepayment, loan_id: str) -> Decision:
    if is_known(repayment, command.receipt_id, reversal=command.reversal):
        return []
    currency = repayment.currency or command.amount.currency
    units = books.bookable(command.amount, currency)
    if isinstance(units, Refusal):
        return units
    asked = RepaymentPending(
        loan_id=loan_id,
        receipt_id=command.receipt_id,
        amount=command.amount,
        components=command.components,
        kind=command.kind,
        reversal=command.reversal,
    )
    return [_distributed(repayment, asked, loan_id) if repayment.weights else asked]


def _distributed(repayment: Repayment, asked: RepaymentPending, loan_id: str) -> RepaymentDistributed:
    currency, units = repayment.currency, minor(asked.amount)
    distribution = distribution_id(loan_id, asked.receipt_id, reversal=asked.reversal)
    signed = -units if asked.reversal else units
    return RepaymentDistributed(
        loan_id=loan_id,
        receipt_id=asked.receipt_id,
        amount=asked.amount,
        components=asked.components,
        shares=_shares(repayment, units),
        reversal=asked.reversal,
        postings=books.from_bank(books.in_transit(distribution), signed, currency),
        distribution_id=distribution,
        kind=asked.kind,
    )


def _shares(repayment: Repayment, units: int) -> tuple[Share, ...]:
    weights = repayment.weights
    parts = zip(weights, shares.split(units, weights), shares.fractions(weights), strict=True)
    return tuple(
        Share(account_id=account_id, amount=of_minor(part, repayment.currency), share=fraction)
        for (account_id, _), part, fraction in parts
    )
