"""Waivers 减免: a permitted person reduces what is owed, by component, oldest instalment first."""

from collections.abc import Iterable, Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.money import of_minor
from schemas.servicing.commands import WaiveAmount
from schemas.servicing.events import AmountWaived, InstalmentAmounts
from schemas.terms import Components
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.ending.deciding import bound
from services.servicing.domain.loan.ending.tiers import TIERED, WAIVE, above_tier
from services.servicing.domain.loan.money import COMPONENT_NAMES, amounts, components, units
from services.servicing.domain.loan.packing import Allocation, Balance
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan, Status, outstanding_principal, terms_of, unpaid

PERMISSION = WAIVE


def waive(loan: Loan | None, command: WaiveAmount, context: Context) -> Sequence[Any] | Refusal:
    """``AmountWaived``, after the penalty up to today was posted; refused when more is waived than is owed."""
    refusal = _not_entitled(context) or _unfit(loan, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    refusal = bound(loan)
    if refusal is not None:
        return refusal
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    wanted = _wanted(command.amounts, terms_of(loan).currency)
    refusal = _excessive(wanted, draft.loan) or above_tier(
        wanted, terms_of(loan).currency, command.maker, command.approvals, context
    )
    if refusal is not None:
        return refusal
    draft.add(_waived(draft, wanted, command))
    return draft.conclude()


def _not_entitled(context: Context) -> Refusal | None:
    """A higher tier may do what a lower one may."""
    return None if context.actor.permissions & TIERED else missing(PERMISSION, context)


def _unfit(loan: Loan | None, context: Context) -> Refusal | None:
    if loan is None:
        return Refusal("not-found", f"No loan {context.aggregate_id} is on the books; check its id.")
    if loan.status is not Status.ACTIVE:
        return Refusal(f"loan-{loan.status.value}", f"The loan is {loan.status.value}: nothing can be waived.")
    return None


def _wanted(amounts: Components, currency: str) -> dict[str, int]:
    """Minor units by component; an amount that no ledger of this currency can hold counts as −1."""
    wanted = {}
    for name in COMPONENT_NAMES:
        money = getattr(amounts, name)
        if money is None:
            wanted[name] = 0
            continue
        value = units(money) if money.currency == currency else None
        wanted[name] = -1 if value is None else value
    return wanted


def _excessive(wanted: dict[str, int], loan: Loan) -> Refusal | None:
    if min(wanted.values()) < 0 or not any(wanted.values()):
        return Refusal(
            "waiver-invalid",
            f"Waive positive amounts in {terms_of(loan).currency}; leave a component that is not meant at zero.",
            rule="waiver.amounts",
        )
    for name, amount in wanted.items():
        owed = sum(getattr(balance, name) for balance in unpaid(loan))
        if amount > owed:
            limit = of_minor(owed, terms_of(loan).currency)
            return Refusal(
                "waiver-exceeds-owed",
                f"Only {limit.amount} {limit.currency} of {name} is owed; waive no more than that.",
                rule=f"waiver.{name}",
                limit=str(limit.amount),
            )
    return None


def _waived(draft: Draft, wanted: dict[str, int], command: WaiveAmount) -> AmountWaived:
    currency = terms_of(draft.loan).currency
    parts = list(_shares(unpaid(draft.loan), dict(wanted)))
    return AmountWaived(
        loan_id=draft.context.aggregate_id,
        party_ref=draft.loan.party_ref,
        waived=components(parts, currency),
        instalments=tuple(InstalmentAmounts(number=part.number, **amounts(part, currency)) for part in parts),
        outstanding_principal=of_minor(outstanding_principal(draft.loan) - wanted["principal"], currency),
        authority=draft.context.actor.subject,
        reason=command.reason,
        waived_on=draft.context.business_date,
        maker=command.maker,
        approvals=command.approvals,
    )


def _shares(balances: Iterable[Balance], left: dict[str, int]) -> Iterable[Allocation]:
    for balance in balances:
        part = {name: min(left[name], getattr(balance, name)) for name in COMPONENT_NAMES}
        if any(part.values()):
            yield Allocation(balance.number, **part)
        for name in COMPONENT_NAMES:
            left[name] -= part[name]
