"""Fold of a loan's repayments."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schemas.funding.events import RepaymentDistributed, RepaymentPending, SharesRegistered
from services.funding.domain import packed
from services.funding.domain.repayment.state import Repayment, receipt_key, weights_of


def evolve(state: Repayment | None, event: Any) -> Repayment:
    """The repayments after ``event``."""
    return _FOLDS[type(event)](state or Repayment(), event)


def _registered(repayment: Repayment, event: SharesRegistered) -> Repayment:
    return replace(repayment, currency=event.shares[0].amount.currency, weights=weights_of(event.shares))


def _pending(repayment: Repayment, event: RepaymentPending) -> Repayment:
    return replace(repayment, pending=(*repayment.pending, event))


def _distributed(repayment: Repayment, event: RepaymentDistributed) -> Repayment:
    key = receipt_key(event.receipt_id, reversal=event.reversal)
    done = event.receipt_id, event.reversal
    left = tuple(p for p in repayment.pending if (p.receipt_id, p.reversal) != done) if repayment.pending else ()
    return replace(repayment, distributed=packed.added(repayment.distributed, key), pending=left)


_FOLDS: dict[type, Callable[[Repayment, Any], Repayment]] = {
    SharesRegistered: _registered,
    RepaymentPending: _pending,
    RepaymentDistributed: _distributed,
}
