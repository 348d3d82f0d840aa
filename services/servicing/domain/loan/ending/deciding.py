"""What the decisions about a loan's end share: who may, what was approved, how late the loan is."""

from collections.abc import Sequence
from datetime import date

from schemas.decision import Context, Refusal
from services.servicing.domain.loan.arrears import days_past_due, past_due
from services.servicing.domain.loan.state import Loan, Status, running_agreement, terms_of


def unfit(loan: Loan | None, context: Context, *fit: Status) -> Refusal | None:
    """A refusal when there is no loan, or its status is none of ``fit``."""
    if loan is None:
        return Refusal("not-found", f"No loan {context.aggregate_id} is on the books; check its id.")
    if loan.status not in fit:
        return Refusal(f"loan-{loan.status.value}", f"The loan is {loan.status.value}: this can no longer be decided.")
    return None


def bound(loan: Loan) -> Refusal | None:
    """A refusal while a discounted settlement waits for its money: nobody else may be given the claim, nor may it be cut."""
    agreed = running_agreement(loan)
    if agreed is None:
        return None
    return Refusal(
        "settlement-agreed",
        f"A settlement was agreed that can be paid until {agreed.by}; decide when it is paid or has lapsed.",
        rule="settlement.one-at-a-time",
        limit=str(agreed.by),
    )


def unapproved(maker: str, approvals: Sequence[str], context: Context) -> Refusal | None:
    """A refusal when the proposer is missing or the decider, or no approval is named."""
    if not any(reference.strip() for reference in approvals):
        return Refusal(
            "approval-missing",
            "Name the reference of at least one approval.",
            rule="approval.reference",
        )
    if not maker.strip() or maker == context.actor.subject:
        return Refusal(
            "maker-is-checker",
            "Name who proposed it: another person than the one who decides.",
            rule="approval.two-people",
        )
    return None


def days_late(loan: Loan, day: date) -> int:
    """Days past due on ``day``."""
    return days_past_due(past_due(loan, day), terms_of(loan), day)
