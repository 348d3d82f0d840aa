"""What funding does because something happened, here or in another context. Pure: events in, commands out.

The chain of a funding: ContractSigned → RequestFunding → FundingRequested → OpenAccount (the loan's), OpenTransfer →
TransferOpened → Reserve → MoneyReserved → MarkReserved → TransferReserved → Credit → MoneyCredited → MarkCredited →
TransferCredited → Capture → ReservationCaptured → MarkCaptured → TransferCaptured → ConfirmFunding → Funded. The loan's
account is asked to open in the same sending as its transfer, hence before any credit.

A repayment's surplus is not distributed: it stays on its receipt, outside custody (see :mod:`services.funding.domain.books`).
"""

from collections.abc import Callable, Sequence

from loanstream.runtime.definitions import Effect, Reaction, Send
from schemas import ids
from schemas.envelope import EventMeta
from schemas.funding import commands as ask
from schemas.funding import events as happened
from schemas.money import Money, of_minor
from schemas.origination.events import ContractSigned, Disbursed, DisbursementFailed
from schemas.servicing.events import PaymentReceived, PaymentReversed, RecoveryReceived, RecoveryReversed
from schemas.terms import Components
from services.funding.domain.books import loan_account, own_capital
from services.funding.domain.transfer.decide import FUNDING, RETURN

DISTRIBUTION = "distribution"
"""Purpose of a credit that shares out a repayment; no transfer waits for it."""

Sends = Sequence[Send | Effect]


def request_funding(event: ContractSigned, _meta: EventMeta) -> Sends:
    """A signed contract needs its money."""
    amount = event.terms.principal
    command = ask.RequestFunding(contract_id=event.contract_id, loan_id=event.loan_id, amount=amount)
    return [Send(event.application_id, command)]


def open_transfer(event: happened.FundingRequested, _meta: EventMeta) -> Sends:
    """Open the loan's account, and the transfer to it."""
    account = ask.OpenAccount(owner=event.loan_account, currency=event.amount.currency)
    transfer = ask.OpenTransfer(
        from_account=event.lender_account,
        to_account=event.loan_account,
        amount=event.amount,
        purpose=FUNDING,
        reference=event.application_id,
    )
    return [Send(event.loan_account, account), Send(event.transfer_id, transfer)]


def reserve(event: happened.TransferOpened, _meta: EventMeta) -> Sends:
    """The paying account reserves first."""
    return [Send(event.from_account, ask.Reserve(transfer_id=event.transfer_id, amount=event.amount))]


def mark_reserved(event: happened.MoneyReserved, _meta: EventMeta) -> Sends:
    """The transfer learns that the money is reserved."""
    return [Send(event.transfer_id, ask.MarkReserved())]


def mark_refused(event: happened.ReservationRefused, _meta: EventMeta) -> Sends:
    """The transfer learns that there is no money for it."""
    return [Send(event.transfer_id, ask.MarkRefused(reason=event.reason))]


def credit(event: happened.TransferReserved, _meta: EventMeta) -> Sends:
    """What is reserved goes to the receiving account."""
    command = ask.Credit(transfer_id=event.transfer_id, amount=event.amount, purpose="transfer")
    return [Send(event.to_account, command)]


def mark_credited(event: happened.MoneyCredited, _meta: EventMeta) -> Sends:
    """The transfer learns that the money arrived; a distribution has none."""
    return [] if event.purpose == DISTRIBUTION else [Send(event.transfer_id, ask.MarkCredited())]


def mark_credit_refused(event: happened.CreditRefused, _meta: EventMeta) -> Sends:
    """The transfer learns that the receiving account does not take the money."""
    return [Send(event.transfer_id, ask.MarkCreditRefused(reason=event.reason))]


def capture(event: happened.TransferCredited, _meta: EventMeta) -> Sends:
    """The paying account forgets the reservation."""
    return [Send(event.from_account, ask.Capture(transfer_id=event.transfer_id))]


def mark_captured(event: happened.ReservationCaptured, _meta: EventMeta) -> Sends:
    """The transfer is complete."""
    return [Send(event.transfer_id, ask.MarkCaptured())]


def release(event: happened.TransferCancelled, _meta: EventMeta) -> Sends:
    """The paying account takes the money back, or never reserves it."""
    return [Send(event.from_account, ask.Release(transfer_id=event.transfer_id, amount=event.amount))]


def mark_released(event: happened.ReservationReleased, _meta: EventMeta) -> Sends:
    """The transfer learns that the money is back."""
    return [Send(event.transfer_id, ask.MarkReleased())]


def confirm_funding(event: happened.TransferCaptured, _meta: EventMeta) -> Sends:
    """The money is on the loan's account."""
    if event.purpose != FUNDING:
        return []
    return [Send(event.reference, ask.ConfirmFunding(transfer_id=event.transfer_id))]


def fail_funding(event: happened.TransferReleased, _meta: EventMeta) -> Sends:
    """The loan did not get its money."""
    if event.purpose != FUNDING:
        return []
    return [Send(event.reference, ask.FailFunding(transfer_id=event.transfer_id, reason=event.reason))]


def register_shares(event: happened.Funded, _meta: EventMeta) -> Sends:
    """The loan's repayments are shared out by who lent what."""
    return [Send(event.loan_id, ask.RegisterShares(shares=event.sources))]


def pay_out(event: Disbursed, _meta: EventMeta) -> Sends:
    """The bank paid the borrower: the money leaves the loan's account."""
    command = ask.PayOut(amount=event.amount, bank_reference=event.bank_reference)
    return [Send(loan_account(event.loan_id), command)]


def return_money(event: DisbursementFailed, _meta: EventMeta) -> Sends:
    """The payout finally failed: the loan's money goes back to its lender."""
    transfer = ask.OpenTransfer(
        from_account=loan_account(event.loan_id),
        to_account=own_capital(event.amount.currency),
        amount=event.amount,
        purpose=RETURN,
        reference=event.application_id,
    )
    return [Send(ids.derived("return-transfer", event.drawdown_id), transfer)]


def distribute_payment(event: PaymentReceived, _meta: EventMeta) -> Sends:
    """What was applied to the loan goes to its lenders."""
    return _distribute(event.loan_id, event.receipt_id, event.amount, event.allocation, "payment")


def distribute_recovery(event: RecoveryReceived, _meta: EventMeta) -> Sends:
    """A recovery after write-off goes to the lenders too."""
    return _distribute(event.loan_id, event.receipt_id, event.amount, _recovered(event), "recovery")


def take_payment_back(event: PaymentReversed, _meta: EventMeta) -> Sends:
    """What an undone payment brought is taken back from the lenders."""
    return _distribute(event.loan_id, event.receipt_id, event.amount, event.allocation, "payment", reversal=True)


def take_recovery_back(event: RecoveryReversed, _meta: EventMeta) -> Sends:
    """What an undone recovery brought is taken back from the lenders."""
    components = _recovered(event)
    return _distribute(event.loan_id, event.receipt_id, event.amount, components, "recovery", reversal=True)


def credit_lenders(event: happened.RepaymentDistributed, _meta: EventMeta) -> Sends:
    """Each lender's account gets its part, or gives it back."""
    return [
        Send(share.account_id, _lender_command(event, share.amount)) for share in event.shares if share.amount.amount
    ]


def _lender_command(event: happened.RepaymentDistributed, amount: Money) -> ask.Credit | ask.TakeBack:
    if event.reversal:
        return ask.TakeBack(transfer_id=event.distribution_id, amount=amount)
    return ask.Credit(transfer_id=event.distribution_id, amount=amount, purpose=DISTRIBUTION)


def _recovered(event: RecoveryReceived | RecoveryReversed) -> Components:
    """A recovery by component, as servicing states it; under principal as a whole in events of before it did."""
    if event.allocation is not None:
        return event.allocation
    zero = of_minor(0, event.amount.currency)
    return Components(principal=event.amount, interest=zero, penalty=zero)


def _distribute(
    loan_id: str, receipt_id: str, amount: Money, components: Components, kind: str, *, reversal: bool = False
) -> Sends:
    if not amount.amount:
        return []
    command = ask.DistributeRepayment(
        receipt_id=receipt_id, amount=amount, components=components, kind=kind, reversal=reversal
    )
    return [Send(loan_id, command)]


_REACTIONS: tuple[tuple[type, Callable[..., Sends]], ...] = (
    (ContractSigned, request_funding),
    (happened.FundingRequested, open_transfer),
    (happened.TransferOpened, reserve),
    (happened.MoneyReserved, mark_reserved),
    (happened.ReservationRefused, mark_refused),
    (happened.TransferReserved, credit),
    (happened.MoneyCredited, mark_credited),
    (happened.CreditRefused, mark_credit_refused),
    (happened.TransferCredited, capture),
    (happened.ReservationCaptured, mark_captured),
    (happened.TransferCancelled, release),
    (happened.ReservationReleased, mark_released),
    (happened.TransferCaptured, confirm_funding),
    (happened.TransferReleased, fail_funding),
    (happened.Funded, register_shares),
    (Disbursed, pay_out),
    (DisbursementFailed, return_money),
    (PaymentReceived, distribute_payment),
    (RecoveryReceived, distribute_recovery),
    (PaymentReversed, take_payment_back),
    (RecoveryReversed, take_recovery_back),
    (happened.RepaymentDistributed, credit_lenders),
)

REACTIONS = tuple(Reaction(name.__name__.replace("_", "-"), on, name) for on, name in _REACTIONS)
"""Named after their functions: the names are part of the commands' ids and never change."""
