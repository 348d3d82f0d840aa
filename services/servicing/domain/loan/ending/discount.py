"""Discounted settlement 减免结清: an agreed sum, paid by its date, settles the loan; else the full claim stands (rule 28)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import AgreeSettlement, ApplyPayment
from schemas.servicing.events import (
    AmountWaived,
    InstallmentPaid,
    InstalmentAmounts,
    PaymentReceived,
    RestoredInstalment,
    SettlementAgreed,
    SettlementLapsed,
)
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.ending.deciding import bound, unapproved, unfit
from services.servicing.domain.loan.ending.lapsing import lapsed
from services.servicing.domain.loan.ending.tiers import above_tier
from services.servicing.domain.loan.ending.vertical import allocate, reduce
from services.servicing.domain.loan.evolve import DISCOUNTED_SETTLEMENT
from services.servicing.domain.loan.money import COMPONENT_NAMES, amounts, components, units
from services.servicing.domain.loan.packing import Allocation
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.rewriting import payment_count
from services.servicing.domain.loan.state import (
    Agreed,
    Loan,
    Status,
    balance,
    outstanding_principal,
    running_agreement,
    terms_of,
    unpaid,
)

PERMISSION = "servicing:agree-settlement"

REDUCTION_ORDER = ("penalty", "compound", "interest", "principal")
"""What is waived first; costs and fees are never waived by it."""
PAID_ORDER = (("cost",), ("fee",), ("principal",), ("interest",), ("compound",), ("penalty",))
"""The other way round: what money pays while the agreement stands, so that what is left over is what is waived first."""

LONGEST_WAIT = 366
"""Days within which an agreed sum must be paid."""
LIMIT_SOURCE = "house parameter of 2026-01-01, proposal: an open offer longer than a year is a restructuring"


def agree_settlement(loan: Loan | None, command: AgreeSettlement, context: Context) -> Sequence[Any] | Refusal:
    """``SettlementAgreed``, after the penalty up to today was posted; nothing is waived before the sum is paid."""
    refusal = (
        missing(PERMISSION, context)
        or unfit(loan, context, Status.ACTIVE)
        or unapproved(command.maker, command.approvals, context)
    )
    if refusal is not None:
        return refusal
    assert loan is not None
    refusal = bound(loan) or _misdated(command.by, context.business_date)
    if refusal is not None:
        return refusal
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    owed = {name: sum(getattr(row, name) for row in unpaid(draft.loan)) for name in COMPONENT_NAMES}
    amount = units(command.amount) if command.amount.currency == terms_of(loan).currency else None
    refusal = _unreal(amount, owed, terms_of(loan).currency)
    if refusal is not None:
        return refusal
    assert amount is not None
    reduction = reduce(owed, sum(owed.values()) - amount, REDUCTION_ORDER)
    refusal = above_tier(reduction, terms_of(loan).currency, command.maker, command.approvals, context)
    if refusal is not None:
        return refusal
    draft.add(_agreed(draft, command, owed, reduction))
    return draft.events


def counts_towards_agreement(loan: Loan, value_date: date) -> bool:
    """Whether money of this value date goes by the agreement."""
    agreed = running_agreement(loan)
    return agreed is not None and value_date <= agreed.by


def pay_agreed(loan: Loan, command: ApplyPayment, context: Context, amount: int) -> Sequence[Any]:
    """Money towards the agreed sum; with the last of it the rest is waived and the loan settled. More than that is surplus."""
    agreed = running_agreement(loan)
    assert agreed is not None
    draft = Draft(loan, context)
    draft.post_penalty(command.value_date)
    before = list(unpaid(draft.loan))
    shares = allocate(before, min(amount, agreed.amount - agreed.paid), PAID_ORDER)
    draft.add(_received(draft, command, shares, amount))
    for row in before:
        if balance(draft.loan, row.number).total == 0:
            draft.add(_paid(draft, row.number, row.due_date, command.value_date))
    if running_agreement(draft.loan) is None and any(unpaid(draft.loan)):
        draft.add(_rest_waived(draft, agreed))
    return draft.conclude()


def revived(loan: Loan, before: Loan, context: Context, receipt_id: str) -> list[SettlementLapsed]:
    """``before`` was settled by this receipt among others: what was waived for it is owed again on ``loan``."""
    agreed = before.ending.agreed if before.ending else None
    if agreed is None or not agreed.met or receipt_id not in agreed.receipts:
        return []
    assert loan.ending is not None
    assert loan.ending.agreed is not None
    rows = tuple(_restored(loan, *part) for part in agreed.waived)
    return [lapsed(loan, context, loan.ending.agreed, "payment-reversed", rows)]


def _misdated(by: date, today: date) -> Refusal | None:
    if 0 <= (by - today).days <= LONGEST_WAIT:
        return None
    return Refusal(
        "settlement-date-invalid",
        f"The sum must be payable from today on and within {LONGEST_WAIT} days.",
        rule="settlement.by",
        limit=str(today + timedelta(days=LONGEST_WAIT)),
        source=LIMIT_SOURCE,
    )


def _unreal(amount: int | None, owed: dict[str, int], currency: str) -> Refusal | None:
    """A sum that is none, that is no discount, or that would waive costs and fees."""
    if amount is None or amount <= 0:
        return Refusal("amount-invalid", f"Agree a positive amount in {currency}, with its decimals at most.")
    whole, least = sum(owed.values()), owed["cost"] + owed["fee"]
    if amount >= whole:
        return Refusal(
            "settlement-no-discount",
            f"The loan owes {of_minor(whole, currency).amount} {currency}: as much settles it without any agreement.",
            rule="settlement.amount",
            limit=str(of_minor(whole, currency).amount),
        )
    if amount < least:
        return Refusal(
            "settlement-below-costs",
            f"Costs and fees of {of_minor(least, currency).amount} {currency} are not reduced; agree at least as much.",
            rule="settlement.order",
            limit=str(of_minor(least, currency).amount),
        )
    return None


def _agreed(
    draft: Draft, command: AgreeSettlement, owed: dict[str, int], reduction: dict[str, int]
) -> SettlementAgreed:
    loan, context = draft.loan, draft.context
    currency = terms_of(loan).currency
    return SettlementAgreed(
        loan_id=context.aggregate_id,
        party_ref=loan.party_ref,
        agreed_on=context.business_date,
        amount=command.amount,
        by=command.by,
        claim=components([Allocation(0, **owed)], currency),
        reduction=components([Allocation(0, **reduction)], currency),
        authority=context.actor.subject,
        maker=command.maker,
        approvals=command.approvals,
        reason=command.reason,
    )


def _received(draft: Draft, command: ApplyPayment, shares: list[Allocation], amount: int) -> PaymentReceived:
    currency = command.amount.currency
    applied = sum(share.total for share in shares)
    principal = sum(share.principal for share in shares)
    return PaymentReceived(
        loan_id=draft.context.aggregate_id,
        party_ref=draft.loan.party_ref,
        receipt_id=command.receipt_id,
        value_date=command.value_date,
        channel=command.channel,
        amount=of_minor(applied, currency),
        allocation=components(shares, currency),
        surplus=of_minor(amount - applied, currency),
        outstanding_principal=of_minor(outstanding_principal(draft.loan) - principal, currency),
        instalments=tuple(InstalmentAmounts(number=share.number, **amounts(share, currency)) for share in shares),
        number=payment_count(draft.loan) + 1,
        kind=command.kind,
    )


def _paid(draft: Draft, number: int, due: date, paid_on: date) -> InstallmentPaid:
    return InstallmentPaid(
        loan_id=draft.context.aggregate_id,
        party_ref=draft.loan.party_ref,
        number=number,
        due_date=due,
        paid_on=paid_on,
    )


def _rest_waived(draft: Draft, agreed: Agreed) -> AmountWaived:
    loan, currency = draft.loan, terms_of(draft.loan).currency
    rest = list(unpaid(loan))
    forgiven = sum(row.principal for row in rest)
    return AmountWaived(
        loan_id=draft.context.aggregate_id,
        party_ref=loan.party_ref,
        waived=components(rest, currency),
        instalments=tuple(InstalmentAmounts(number=row.number, **amounts(row, currency)) for row in rest),
        outstanding_principal=of_minor(outstanding_principal(loan) - forgiven, currency),
        authority=agreed.authority,
        reason=agreed.reason,
        cause=DISCOUNTED_SETTLEMENT,
        waived_on=draft.context.business_date,
    )


def _restored(loan: Loan, number: int, through: int, *parts: int) -> RestoredInstalment:
    """Penalty runs on from where it stood, or from where the payment that is taken back leaves it."""
    now = balance(loan, number)
    allocation = Allocation(number, *parts)
    return RestoredInstalment(
        number=number,
        **amounts(allocation, terms_of(loan).currency),
        penalty_through=now.through if now.total else date.fromordinal(through),
    )
