"""Deciding a loan's commands: which handler decides which command. Each handler stands in the file of its subject."""

from collections.abc import Callable, Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import (
    ApplyPayment,
    BookLoan,
    ChangeDueDate,
    ExtendLoan,
    GrantHoliday,
    Prepay,
    QuotePayoff,
    ReAge,
    ReAmortise,
    ResetRate,
    RestructureLoan,
    ReversePayment,
    UndoChange,
    WaiveAmount,
    WriteOffLoan,
)
from services.servicing.domain.loan.booking import book
from services.servicing.domain.loan.changes.due_date import change_due_date
from services.servicing.domain.loan.changes.extension import extend
from services.servicing.domain.loan.changes.holiday import grant_holiday
from services.servicing.domain.loan.changes.payoff import quote_payoff
from services.servicing.domain.loan.changes.prepayment import prepay
from services.servicing.domain.loan.changes.re_age import re_age, re_amortise
from services.servicing.domain.loan.changes.repricing import reset_rate
from services.servicing.domain.loan.changes.restructure import restructure
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
    ExtendLoan: extend,
    RestructureLoan: restructure,
    ResetRate: reset_rate,
    ChangeDueDate: change_due_date,
    GrantHoliday: grant_holiday,
    ReAge: re_age,
    ReAmortise: re_amortise,
}


def decide(loan: Loan | None, command: Any, context: Context) -> Sequence[Any] | Refusal:
    """The events of ``command`` on ``loan`` (``None`` when it was never booked), or why not."""
    return _DECIDE[type(command)](loan, command, context)
