"""Deciding a loan's commands: which handler decides which command. Each handler stands in the file of its subject."""

from collections.abc import Callable, Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import (
    ApplyPayment,
    BookLoan,
    Prepay,
    QuotePayoff,
    ReversePayment,
    UndoChange,
    WaiveAmount,
    WriteOffLoan,
)
from services.servicing.domain.loan.booking import book
from services.servicing.domain.loan.changes.payoff import quote_payoff
from services.servicing.domain.loan.changes.prepayment import prepay
from services.servicing.domain.loan.changes.undo import undo
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
    QuotePayoff: quote_payoff,
    Prepay: prepay,
    UndoChange: undo,
}


def decide(loan: Loan | None, command: Any, context: Context) -> Sequence[Any] | Refusal:
    """The events of ``command`` on ``loan`` (``None`` when it was never booked), or why not."""
    return _DECIDE[type(command)](loan, command, context)
