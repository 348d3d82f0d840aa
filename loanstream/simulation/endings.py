"""What people do to end a loan otherwise than by payment, and with money that nobody needed."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from schemas.money import minor, of_minor
from schemas.servicing.commands import AgreeSettlement, AssignLoan, ChargeOffLoan, RefundReceipt, SellClaim
from schemas.servicing.events import LoanBooked, Overdue, PaymentSuspended, SettlementAgreed, WrittenOff

PERMISSIONS = frozenset(
    {
        "servicing:charge-off",
        "servicing:agree-settlement",
        "servicing:sell-claim",
        "servicing:assign",
        "servicing:refund",
    }
)

_FINANCE = "user:finance-officer"
_APPROVED: dict[str, Any] = {"reason": "hardship", "maker": "user:collector", "approvals": ("committee-1",)}

Plan = Callable[[str, Any, str], None]
Receive = Callable[..., None]


class Endings:
    """Decides by chance; sends through ``plan``, and money through ``receive``."""

    def __init__(self, random: Random, plan: Plan, receive: Receive) -> None:
        self._random = random
        self._plan = plan
        self._receive = receive
        self._refunds = 0

    def booked(self, event: LoanBooked) -> None:
        """Some loans get an officer."""
        if self._random.random() < 0.3:
            self._plan(event.loan_id, AssignLoan(unit="north", officer="officer-1"), _FINANCE)

    def late(self, event: Overdue) -> None:
        """Some are charged off, some may settle with less, a few are sold at once."""
        chance = self._random.random()
        if chance < 0.2:
            self._plan(event.loan_id, ChargeOffLoan(reason="no contact"), _FINANCE)
        elif chance < 0.5:
            owed = minor(event.past_due.principal) + minor(event.past_due.interest)
            by = event.since + timedelta(days=event.days_past_due + self._random.randint(0, 40))
            agreed = AgreeSettlement(amount=of_minor(owed, "CNY"), by=by, **_APPROVED)
            self._plan(event.loan_id, agreed, _FINANCE)
        elif chance < 0.6:
            self._sell(event.loan_id)

    def agreed(self, event: SettlementAgreed) -> None:
        """Some pay, a part of them in full and in time."""
        if self._random.random() < 0.6:
            self._receive(event.loan_id, max(1, minor(event.amount) // self._random.choice([1, 1, 2])))

    def written_off(self, event: WrittenOff) -> None:
        """Some claims are sold after all."""
        if self._random.random() < 0.2:
            self._sell(event.loan_id)

    def suspended(self, event: PaymentSuspended) -> None:
        """Money that nobody needs goes back, sometimes more than there is is asked for."""
        if self._random.random() < 0.5:
            self._refunds += 1
            amount = of_minor(minor(event.amount) + self._random.choice([0, 0, 1]), "CNY")
            refund = RefundReceipt(amount=amount, reason="not needed", refund_reference=f"refund-{self._refunds}")
            self._plan(event.receipt_id, refund, _FINANCE)

    def _sell(self, loan_id: str) -> None:
        price = of_minor(self._random.randint(0, 10_000), "CNY")
        self._plan(loan_id, SellClaim(buyer="buyer-1", price=price, **_APPROVED), _FINANCE)
