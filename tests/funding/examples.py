"""Short ways to say the facts that the funding tests are about."""

from datetime import date
from decimal import Decimal
from typing import Any

from schemas import ids
from schemas.funding.events import (
    AccountOpened,
    FundingRequested,
    MoneyCredited,
    MoneyDeposited,
    MoneyReserved,
    Share,
    TransferOpened,
)
from schemas.money import Money, of_minor
from schemas.origination.events import ContractSigned, Disbursed, DisbursementFailed
from schemas.servicing.events import PaymentReceived, PaymentReversed, RecoveryReceived, RecoveryReversed
from schemas.terms import Components, Language, LoanTerms, Posting, RepaymentMethod
from services.funding.domain.books import in_transit, loan_account
from services.funding.domain.funding.state import transfer_of
from tests.support.deciding import A_DAY

OWN = "own-capital-CNY"
APPLICATION = ids.derived("test", "application")
LOAN = ids.derived("test", "loan")
CONTRACT = ids.derived("test", "contract")
TRANSFER = ids.derived("test", "transfer")
EXPIRY = date(2026, 2, 4)
"""Thirty days after the tests' business day."""


def cny(amount: str) -> Money:
    """An amount in CNY."""
    return Money(Decimal(amount), "CNY")


def opened(account_id: str = OWN, owner: str = "own-capital", currency: str = "CNY") -> AccountOpened:
    """An account exists."""
    return AccountOpened(account_id=account_id, owner=owner, currency=currency)


def deposited(amount: str, *, balance: str = "", reference: str = "B-1", account_id: str = OWN) -> MoneyDeposited:
    """The bank confirmed money."""
    money = cny(amount)
    return MoneyDeposited(
        account_id=account_id,
        amount=money,
        bank_reference=reference,
        balance=cny(balance or amount),
        postings=(posting("bank", f"-{amount}"), posting(account_id, amount)),
    )


def reserved(amount: str, *, balance: str, transfer: str = TRANSFER, account_id: str = OWN) -> MoneyReserved:
    """Money is set aside for a transfer."""
    return MoneyReserved(
        account_id=account_id,
        transfer_id=transfer,
        amount=cny(amount),
        balance=cny(balance),
        postings=(posting(account_id, f"-{amount}"), posting(in_transit(transfer), amount)),
    )


def credited(
    amount: str, *, balance: str, transfer: str = TRANSFER, account_id: str = OWN, purpose: str = "transfer"
) -> MoneyCredited:
    """Money in transit arrived."""
    return MoneyCredited(
        account_id=account_id,
        transfer_id=transfer,
        amount=cny(amount),
        balance=cny(balance),
        postings=(posting(in_transit(transfer), f"-{amount}"), posting(account_id, amount)),
        purpose=purpose,
    )


def posting(account: str, amount: str) -> Posting:
    """One leg."""
    return Posting(account=account, amount=cny(amount))


def transfer_opened(amount: str = "100.00", **changes: Any) -> TransferOpened:
    """A transfer between two lenders' accounts."""
    facts: dict[str, Any] = {
        "transfer_id": TRANSFER,
        "from_account": OWN,
        "to_account": "reserve-CNY",
        "amount": cny(amount),
        "purpose": "transfer",
        "reference": "top up",
        "expires_on": EXPIRY,
    }
    return TransferOpened(**{**facts, **changes})


def funding_requested(amount: str = "1000.00", attempt: int = 1) -> FundingRequested:
    """The loan's money is asked for."""
    return FundingRequested(
        application_id=APPLICATION,
        loan_id=LOAN,
        contract_id=CONTRACT,
        amount=cny(amount),
        transfer_id=transfer_of(APPLICATION, attempt),
        lender_account=OWN,
        loan_account=loan_account(LOAN),
    )


def share(account_id: str, amount: str, fraction: str) -> Share:
    """A lender's part."""
    return Share(account_id=account_id, amount=cny(amount), share=Decimal(fraction))


def components(principal: str, interest: str = "0.00", penalty: str = "0.00") -> Components:
    """An amount by component."""
    return Components(principal=cny(principal), interest=cny(interest), penalty=cny(penalty))


def terms(principal: Money) -> LoanTerms:
    """Terms of a loan of this amount."""
    return LoanTerms(
        product_id="personal-credit",
        product_version=1,
        principal=principal,
        months=12,
        annual_rate=Decimal("0.144"),
        method=RepaymentMethod.EQUAL_INSTALMENT,
        penalty_multiplier=Decimal("1.5"),
        day_basis=360,
        grace_days=0,
        allocation_order=("penalty", "interest", "principal"),
        rules="cn-bank/1",
    )


def contract_signed(principal: Money, *, application_id: str = APPLICATION, loan_id: str = LOAN) -> ContractSigned:
    """Both sides signed."""
    return ContractSigned(
        contract_id=CONTRACT,
        contract_no="C-1",
        application_id=application_id,
        loan_id=loan_id,
        party_ref="party",
        terms=terms(principal),
        digest="0" * 64,
        signatories=("borrower", "lender"),
        effective_date=A_DAY,
        language=Language.EN,
    )


def disbursed(amount: Money, *, application_id: str = APPLICATION, loan_id: str = LOAN) -> Disbursed:
    """The bank paid the borrower."""
    return Disbursed(
        drawdown_id=ids.derived("drawdown", loan_id),
        contract_id=CONTRACT,
        contract_no="C-1",
        application_id=application_id,
        loan_id=loan_id,
        party_ref="party",
        amount=amount,
        value_date=A_DAY,
        bank_reference=f"PAYOUT-{loan_id}",
        terms=terms(amount),
    )


def disbursement_failed(amount: Money, *, application_id: str = APPLICATION, loan_id: str = LOAN) -> DisbursementFailed:
    """The bank finally refused the payout."""
    return DisbursementFailed(
        drawdown_id=ids.derived("drawdown", loan_id),
        application_id=application_id,
        loan_id=loan_id,
        party_ref="party",
        amount=amount,
        reason="account-closed",
    )


def payment(amount: Money, *, receipt: str = "R-1", loan_id: str = LOAN) -> PaymentReceived:
    """Money was applied to the loan, all of it to principal."""
    zero = of_minor(0, amount.currency)
    return PaymentReceived(
        loan_id=loan_id,
        party_ref="party",
        receipt_id=receipt,
        value_date=A_DAY,
        channel="transfer",
        amount=amount,
        allocation=Components(principal=amount, interest=zero, penalty=zero),
        surplus=zero,
        outstanding_principal=zero,
    )


def payment_reversed(amount: Money, *, receipt: str = "R-1", loan_id: str = LOAN) -> PaymentReversed:
    """The bank took a payment back."""
    zero = of_minor(0, amount.currency)
    return PaymentReversed(
        loan_id=loan_id,
        party_ref="party",
        receipt_id=receipt,
        amount=amount,
        allocation=Components(principal=amount, interest=zero, penalty=zero),
        cause="bank-error",
        outstanding_principal=amount,
    )


def recovery(amount: Money, *, receipt: str = "R-1", loan_id: str = LOAN) -> RecoveryReceived:
    """Money came in after write-off."""
    return RecoveryReceived(loan_id=loan_id, party_ref="party", receipt_id=receipt, value_date=A_DAY, amount=amount)


def recovery_reversed(amount: Money, *, receipt: str = "R-1", loan_id: str = LOAN) -> RecoveryReversed:
    """The bank took a recovery back."""
    return RecoveryReversed(loan_id=loan_id, party_ref="party", receipt_id=receipt, amount=amount, cause="bank-error")
