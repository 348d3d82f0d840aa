"""A running loan takes over a newer version of the arithmetic 规则升级; without this it keeps its own for ever."""

from collections.abc import Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import AdoptRules
from schemas.servicing.events import RulesAdopted
from services.servicing.domain.loan.draft import Draft
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan, Status, terms_of
from services.servicing.domain.rules import RULES

PERMISSION = "servicing:adopt-rules"


def adopt(loan: Loan | None, command: AdoptRules, context: Context) -> Sequence[Any] | Refusal:
    """``RulesAdopted``, after the penalty up to today was posted by the old version; none when the loan has it already."""
    refusal = missing(PERMISSION, context) or _unfit(loan, command, context)
    if refusal is not None:
        return refusal
    assert loan is not None
    if terms_of(loan).rules_name == command.rules:
        return ()
    draft = Draft(loan, context)
    draft.post_penalty(context.business_date)
    draft.add(
        RulesAdopted(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            previous=terms_of(loan).rules_name,
            rules=command.rules,
            adopted_on=context.business_date,
            reason=command.reason,
            authority=context.actor.subject,
        )
    )
    return draft.events


def _unfit(loan: Loan | None, command: AdoptRules, context: Context) -> Refusal | None:
    if loan is None:
        return Refusal("not-found", f"No loan {context.aggregate_id} is on the books; check its id.")
    if loan.status is not Status.ACTIVE:
        return Refusal(f"loan-{loan.status.value}", f"The loan is {loan.status.value}: nothing more is computed on it.")
    if command.rules not in RULES:
        return Refusal(
            "rules-unknown",
            f"There is no arithmetic {command.rules!r}; this release has {', '.join(RULES)}.",
            rule="rules",
            limit=", ".join(RULES),
        )
    return None
