"""Deciding a loan's commands: which handler decides which command. Each handler stands in the file of its subject."""

from collections.abc import Callable, Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import (
    AccelerateLoan,
    AdoptRules,
    AgreeSettlement,
    ApplyPayment,
    AssignLoan,
    BookLoan,
    ChangeDueDate,
    ChargeFee,
    ChargeOffLoan,
    ExtendLoan,
    GrantHoliday,
    Prepay,
    QuotePayoff,
    RaisePenaltyRate,
    ReAge,
    ReAmortise,
    ResetRate,
    RestructureLoan,
    ReversePayment,
    SellClaim,
    SetAssetClass,
    UndoChange,
    WaiveAmount,
    WriteOffLoan,
)
from services.servicing.domain.loan.adoption import adopt
from services.servicing.domain.loan.assignment import assign
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
from services.servicing.domain.loan.daily.acceleration import accelerate
from services.servicing.domain.loan.daily.classify import set_class
from services.servicing.domain.loan.daily.fees import charge_fee
from services.servicing.domain.loan.daily.penalty_rate import raise_penalty_rate
from services.servicing.domain.loan.ending.charge_off import charge_off
from services.servicing.domain.loan.ending.discount import agree_settlement
from services.servicing.domain.loan.ending.sale import sell_claim
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
    AccelerateLoan: accelerate,
    RaisePenaltyRate: raise_penalty_rate,
    ChargeFee: charge_fee,
    SetAssetClass: set_class,
    ChargeOffLoan: charge_off,
    AgreeSettlement: agree_settlement,
    SellClaim: sell_claim,
    AssignLoan: assign,
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
