"""The books 账务恒等: each term summed on its own over folded states, never as a difference of the others."""

from collections import defaultdict
from collections.abc import Callable, Iterable

from services.servicing.domain.loan.state import Loan, outstanding_principal, terms_of
from services.servicing.domain.receipt.state import Receipt

BOOK_TERMS: dict[str, Callable[[Loan], int]] = {
    "disbursed": lambda loan: loan.principal,
    "repaid": lambda loan: loan.repaid,
    "outstanding": outstanding_principal,
    "written_off": lambda loan: loan.written_off,
    "forgiven": lambda loan: loan.forgiven,
    "sold": lambda loan: loan.ending.sold if loan.ending else 0,
}
"""Principal by what became of it."""

RECEIPT_TERMS: dict[str, Callable[[Receipt], int]] = {
    "received": lambda receipt: receipt.amount,
    "not_yet_applied": lambda receipt: receipt.pending,
    "applied": lambda receipt: receipt.applied,
    "suspended": lambda receipt: receipt.suspended,
    "refunded": lambda receipt: receipt.refunded,
    "reversed": lambda receipt: receipt.reversed,
}
"""Incoming money by where it is."""


def book_terms(loans: Iterable[Loan]) -> dict[str, dict[str, int]]:
    """Minor units by currency and term; balanced when disbursed = repaid + outstanding + written_off + forgiven + sold."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(BOOK_TERMS, 0))
    for loan in loans:
        currency = terms_of(loan).currency
        for name, term in BOOK_TERMS.items():
            totals[currency][name] += term(loan)
    return dict(totals)


def receipt_terms(receipts: Iterable[Receipt]) -> dict[str, dict[str, int]]:
    """Minor units by currency and place; balanced when received is the sum of the other terms."""
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(RECEIPT_TERMS, 0))
    for receipt in receipts:
        for name, term in RECEIPT_TERMS.items():
            totals[receipt.currency][name] += term(receipt)
    return dict(totals)


def balanced(terms: dict[str, int]) -> bool:
    """Whether the first term is the sum of the others."""
    whole, *parts = terms.values()
    return whole == sum(parts)
