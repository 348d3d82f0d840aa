"""What a contract does by business day: without both signatures in time the approval lapses."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from schemas.decision import Context
from schemas.origination.events import ContractClosed
from services.origination.domain.contract.state import Contract, Status


def due(state: Contract) -> date | None:
    """The day after the last day of signing, while the contract is not signed by both sides."""
    return state.valid_until + timedelta(days=1) if state.status is Status.DRAFTED else None


def business_day(state: Contract, context: Context) -> Sequence[Any]:
    """Close a contract whose approval lapsed."""
    lapses = due(state)
    if lapses is None or context.business_date < lapses:
        return []
    return [ended(state, context, "approval-lapsed")]


def ended(state: Contract, context: Context, reason: str) -> ContractClosed:
    """The contract ended unsigned, for ``reason``."""
    return ContractClosed(
        contract_id=context.aggregate_id,
        contract_no=state.contract_no,
        application_id=state.application_id,
        loan_id=state.loan_id,
        party_ref=state.party_ref,
        reason=reason,
    )
