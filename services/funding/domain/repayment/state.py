"""State of a loan's repayments."""

from dataclasses import dataclass

from schemas.funding.events import RepaymentPending, Share
from schemas.money import minor
from services.funding.domain import packed


@dataclass(frozen=True, slots=True)
class Repayment:
    """Who lent how much of a loan, and which receipts were shared out."""

    currency: str = ""
    """Empty until the shares are known."""
    weights: tuple[tuple[str, int], ...] = ()
    """Lenders' accounts and the minor units they lent."""
    distributed: bytes = b""
    """Receipts with their direction, packed."""
    pending: tuple[RepaymentPending, ...] = ()
    """What came before the shares, in the order of arrival."""


def weights_of(sources: tuple[Share, ...]) -> tuple[tuple[str, int], ...]:
    """Lenders' accounts, each once, and the minor units they lent."""
    lent: dict[str, int] = {}
    for source in sources:
        lent[source.account_id] = lent.get(source.account_id, 0) + minor(source.amount)
    return tuple(lent.items())


def receipt_key(receipt_id: str, *, reversal: bool) -> bytes:
    """The business key of a distribution within its loan."""
    return packed.key("receipt", receipt_id, "reversal" if reversal else "payment")


def is_known(state: Repayment, receipt_id: str, *, reversal: bool) -> bool:
    """Whether this receipt was shared out, or waits for it, in this direction."""
    waiting = any((p.receipt_id, p.reversal) == (receipt_id, reversal) for p in state.pending)
    return waiting or packed.contains(state.distributed, receipt_key(receipt_id, reversal=reversal))
