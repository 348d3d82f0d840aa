"""Only a running loan can be decided about."""

from schemas.decision import Refusal
from services.servicing.domain.loan.state import Loan, Status


def not_running(loan: Loan | None, loan_id: str, then: str) -> Refusal | None:
    """A refusal for a loan that is not on the books or not active any more; ``then`` says what cannot be done with it."""
    if loan is None:
        return Refusal("not-found", f"No loan {loan_id} is on the books; check its id.")
    if loan.status is not Status.ACTIVE:
        return Refusal(f"loan-{loan.status.value}", f"The loan is {loan.status.value}: {then}.")
    return None
