"""Assignment 管户: which unit and officer look after a loan. Nothing is computed from it, so the state does not keep it."""

from collections.abc import Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import AssignLoan
from schemas.servicing.events import LoanAssigned
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan

PERMISSION = "servicing:assign"


def assign(loan: Loan | None, command: AssignLoan, context: Context) -> Sequence[Any] | Refusal:
    """``LoanAssigned``, whatever the loan's status: somebody looks after a written-off one, too."""
    refusal = missing(PERMISSION, context)
    if refusal is not None:
        return refusal
    if loan is None:
        return Refusal("not-found", f"No loan {context.aggregate_id} is on the books; check its id.")
    return [
        LoanAssigned(loan_id=context.aggregate_id, party_ref=loan.party_ref, unit=command.unit, officer=command.officer)
    ]
