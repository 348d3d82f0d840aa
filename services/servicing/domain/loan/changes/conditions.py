"""What must hold before a running loan is changed, whatever the change."""

from datetime import date

from schemas.decision import Context, Refusal
from services.servicing.domain.loan.arrears import past_due
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan, Status, months_of, unpaid

PERMISSION = "servicing:change"


def unfit(loan: Loan | None, context: Context) -> Refusal | None:
    """Why this loan takes no change: not permitted, not there, not running."""
    refusal = missing(PERMISSION, context)
    if refusal is not None:
        return refusal
    if loan is None:
        return Refusal("not-found", f"No loan {context.aggregate_id} is on the books; check its id.")
    if loan.status is not Status.ACTIVE:
        return Refusal(
            f"loan-{loan.status.value}", f"The loan is {loan.status.value}: nothing about it can be changed."
        )
    return None


def ended(loan: Loan, first: int) -> Refusal | None:
    """Why there is nothing left to change: every instalment is due or paid ahead."""
    if first <= months_of(loan):
        return None
    return Refusal(
        "nothing-to-change", "No instalment is left that is neither due nor paid ahead; there is nothing to change."
    )


def in_arrears(loan: Loan, day: date) -> Refusal | None:
    """Why an overdue loan is not changed this way."""
    if not past_due(loan, day):
        return None
    return Refusal(
        "arrears-first",
        "Something is past due; it is paid first, or the loan is restructured or re-aged.",
        rule="change.no-arrears",
    )


def charges_open(loan: Loan) -> Refusal | None:
    """Why arrears are not moved: penalty, compound interest, fees or costs stand beside them."""
    if all(row.total == row.principal + row.interest for row in unpaid(loan)):
        return None
    return Refusal(
        "charges-first",
        "Penalty, compound interest, fees and costs are paid or waived before arrears are moved into later instalments.",
        rule="change.charges-settled",
    )


def without(references: dict[str, str]) -> Refusal | None:
    """Why a change without its papers is refused: the name of the first reference that is empty."""
    empty = next((name for name, reference in references.items() if not reference.strip()), None)
    if empty is None:
        return None
    return Refusal(
        "reference-missing",
        f"Name the {empty.replace('_', ' ')}; this change is not made without it.",
        rule=f"change.{empty}",
        source="precise-rules 23 to 27; Civil Code 543: the parties may modify the contract by agreement",
    )
