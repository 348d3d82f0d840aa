"""Deciding a loan's commands: which handler decides which command. Each handler stands in the file of its subject."""

from collections.abc import Callable, Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import AdoptRules, ApplyPayment, BookLoan, ReversePayment, WaiveAmount, WriteOffLoan
from services.servicing.domain.loan.adoption import adopt
from services.servicing.domain.loan.booking import book
from services.servicing.domain.loan.impairment import write_off
from services.servicing.domain.loan.payments import apply_payment
from services.servicing.domain.loan.reversal import reverse_payment
from services.servicing.domain.loan.state import Loan
from services.servicing.domain.loan.waiver import waive

_DECIDE: dict[type[Any], Callable[[Loan | None, Any, Context], Sequence[Any] | Refusal]] = {
    BookLoan: book,
    ApplyPayment: apply_payment,
    ReversePayment: reverse_payment,
    WaiveAmount: waive,
    WriteOffLoan: write_off,
    AdoptRules: adopt,
}


def decide(loan: Loan | None, command: Any, context: Context) -> Sequence[Any] | Refusal:
    """The events of ``command`` on ``loan`` (``None`` when it was never booked), or why not."""
    return _DECIDE[type(command)](loan, command, context)
