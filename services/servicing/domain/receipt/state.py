"""A receipt as it stands: where each unit of the money is. Amounts in minor units."""

from datetime import date

from schemas.agreement import PaymentKind
from schemas.state import State


class Receipt(State, frozen=True):
    """State of one receipt; ``amount`` = pending + applied + suspended + refunded + reversed after every event."""

    loan_id: str
    currency: str
    amount: int
    value_date: date
    channel: str
    pending: int
    """Not yet applied."""
    kind: PaymentKind = PaymentKind.REPAYMENT
    applied: int = 0
    suspended: int = 0
    """Held unallocated 挂账."""
    reversed: int = 0
    reversal_cause: str | None = None
    """Why the bank took the money back, while the loan has yet to undo the payment."""
    refunded: int = 0
    """Paid back to who paid it 退款."""
    refunds: tuple[str, ...] = ()
    """References of the payouts that refunded it: each counts once."""


def closed(receipt: Receipt) -> bool:
    """Whether nothing is left to be done with it."""
    return receipt.pending + receipt.suspended == 0 and receipt.reversal_cause is None
