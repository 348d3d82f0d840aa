"""Recoveries 核销后收回: money after a write-off goes to costs, written-off principal, memo interest, then the rest (rule 28)."""

from collections.abc import Sequence
from typing import Any

from schemas.decision import Context
from schemas.money import of_minor
from schemas.servicing.commands import ApplyPayment
from schemas.servicing.events import InstalmentAmounts, RecoveryReceived
from services.servicing.domain.loan.ending.claim import claim_on
from services.servicing.domain.loan.ending.vertical import allocate
from services.servicing.domain.loan.money import amounts, components
from services.servicing.domain.loan.state import Loan

ORDER = (("cost",), ("principal",), ("interest", "compound", "penalty"), ("fee",))
"""Costs, principal, memo interest, rest; a step is finished for all instalments, oldest first, before the next begins."""
MEMO_INTEREST = ORDER[2]


def recover(loan: Loan, command: ApplyPayment, context: Context, amount: int) -> Sequence[Any]:
    """``RecoveryReceived`` with its allocation; the books are not touched. What is above the claim stays on the receipt.

    No event when nothing is owed any more.
    """
    currency = command.amount.currency
    allocations = allocate(claim_on(loan, command.value_date), amount, ORDER)
    if not allocations:
        return ()
    taken = sum(allocation.total for allocation in allocations)
    memo = sum(getattr(allocation, name) for allocation in allocations for name in MEMO_INTEREST)
    return [
        RecoveryReceived(
            loan_id=context.aggregate_id,
            party_ref=loan.party_ref,
            receipt_id=command.receipt_id,
            value_date=command.value_date,
            amount=of_minor(taken, currency),
            allocation=components(allocations, currency),
            memo_interest=of_minor(memo, currency),
            surplus=of_minor(amount - taken, currency) if amount > taken else None,
            instalments=tuple(InstalmentAmounts(number=part.number, **amounts(part, currency)) for part in allocations),
        )
    ]
