"""Misused funds 挪用: from the day of the misuse on the heavier penalty rate, never both (银发〔2003〕251号)."""

from collections.abc import Sequence
from typing import Any

from schemas.decision import Context, Refusal
from schemas.servicing.commands import RaisePenaltyRate
from schemas.servicing.events import PenaltyRateRaised
from services.servicing.domain.loan.arrears import accruing, past_due
from services.servicing.domain.loan.daily.running import not_running
from services.servicing.domain.loan.permissions import missing
from services.servicing.domain.loan.state import Loan

PERMISSION = "servicing:raise-penalty"


def raise_penalty_rate(loan: Loan | None, command: RaisePenaltyRate, context: Context) -> Sequence[Any] | Refusal:
    """``PenaltyRateRaised``; none when it was raised before. Days that were posted already stay at the rate they were posted at."""
    refusal = missing(PERMISSION, context) or not_running(loan, context.aggregate_id, "no rate of it can be raised")
    if refusal is not None:
        return refusal
    assert loan is not None
    if loan.standing is not None and loan.standing.heavier_from is not None:
        return ()
    rules = accruing(loan)
    if rules.heavier_rate == rules.rate:
        return Refusal(
            "heavier-rate-not-agreed",
            f"No rate above {rules.rate} a year is agreed for misused funds.",
            rule="agreement.overdue.misuse_multiplier",
            limit=str(rules.rate),
        )
    if not loan.value_date <= command.since <= context.business_date:
        return Refusal(
            "misuse-date-invalid",
            f"The misuse began between {loan.value_date} and {context.business_date}; name that day.",
            rule="misuse.since",
        )
    return [
        PenaltyRateRaised(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            since=max([command.since, *(late.through for late in past_due(loan, context.business_date))]),
            annual_rate=rules.heavier_rate,
            reference=command.reference,
            authority=context.actor.subject,
        )
    ]
