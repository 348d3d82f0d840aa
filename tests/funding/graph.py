"""Which events each command of funding may bring about: the other half of the graph that its reactions make."""

from typing import Any

from schemas.funding import commands as ask
from schemas.funding import events as happened

EMITS: dict[type[Any], tuple[type[Any], ...]] = {
    ask.OpenAccount: (happened.AccountOpened,),
    ask.Deposit: (happened.MoneyDeposited,),
    ask.Reserve: (happened.MoneyReserved, happened.ReservationRefused),
    ask.Credit: (happened.MoneyCredited, happened.CreditRefused),
    ask.Capture: (happened.ReservationCaptured,),
    ask.Release: (happened.ReservationReleased, happened.ReservationRefused),
    ask.PayOut: (happened.MoneyWithdrawn,),
    ask.TakeBack: (happened.MoneyTakenBack,),
    ask.OpenTransfer: (happened.TransferOpened,),
    ask.MarkReserved: (happened.TransferReserved,),
    ask.MarkRefused: (happened.TransferReleased,),
    ask.MarkCredited: (happened.TransferCredited,),
    ask.MarkCreditRefused: (happened.TransferCancelled,),
    ask.MarkCaptured: (happened.TransferCaptured,),
    ask.MarkReleased: (happened.TransferReleased,),
    ask.RequestFunding: (happened.FundingRequested,),
    ask.RetryFunding: (happened.FundingRequested,),
    ask.ConfirmFunding: (happened.Funded,),
    ask.FailFunding: (happened.FundingFailed,),
    ask.RegisterShares: (happened.SharesRegistered, happened.RepaymentDistributed),
    ask.DistributeRepayment: (happened.RepaymentDistributed, happened.RepaymentPending),
}
"""The random histories of ``test_saga`` check it: a command that makes another event fails there."""
