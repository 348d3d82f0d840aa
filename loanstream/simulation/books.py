"""Money after every history: custody, deposits, loans and receipts. Each figure is summed twice, from different sources."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loanstream.runtime.messages import command_type
from loanstream.simulation.intents import Intent
from schemas.funding.commands import Deposit
from schemas.funding.events import MoneyDeposited
from schemas.money import minor
from schemas.origination.events import Disbursed, DisbursementOrdered
from schemas.servicing.commands import RecordReceipt
from schemas.servicing.events import (
    AmountWaived,
    ClaimSold,
    LoanBooked,
    LoanCorrected,
    MoneyReceived,
    PaymentReceived,
    PaymentReversed,
    RecoveryReceived,
    RecoveryReversed,
    RefundPaid,
    SettlementLapsed,
    WrittenOff,
)
from services.servicing.domain.books import BOOK_TERMS, RECEIPT_TERMS, balanced, book_terms, receipt_terms
from services.servicing.domain.loan.state import Loan
from services.servicing.domain.receipt.state import Receipt

CLIENTS_MONEY: dict[type[Any], type[Any]] = {Deposit: MoneyDeposited, RecordReceipt: MoneyReceived}
"""What clients bring in, and the event that says it arrived."""


@dataclass(frozen=True, slots=True)
class Books:
    """What the sums are made of."""

    events: tuple[Any, ...]
    """All events of the domain, in any order between partitions and in order within one."""
    states: Mapping[str, Any]
    """Folded states of the servicing hosts by aggregate id."""
    executed: Mapping[str, Intent]
    """The clients' own record of commands that were executed and led to events."""


def check_books(books: Books) -> list[str]:
    """Every sum that does not agree, as sentences."""
    loans = {i: state for i, state in books.states.items() if isinstance(state, Loan)}
    receipts = {i: state for i, state in books.states.items() if isinstance(state, Receipt)}
    return [
        *_custody(books.events),
        *_brought_in(books),
        *_disbursed_once(books.events),
        *_loan_books(loans, books.events),
        *_receipt_books(receipts, books.events),
    ]


def _custody(events: Iterable[Any]) -> Iterator[str]:
    """The postings of every event sum to zero; nothing is in transit when all is quiet."""
    balances: Counter[str] = Counter()
    for event in events:
        postings = getattr(event, "postings", ())
        if sum(minor(p.amount) for p in postings):
            yield f"the postings of {command_type(event)} do not sum to zero: {postings}"
        for posting in postings:
            balances[posting.account] += minor(posting.amount)
    yield from (f"{a} holds {b} at rest" for a, b in balances.items() if a.startswith("in-transit") and b)
    yield from (f"account {a} is at {b}" for a, b in balances.items() if _client_account(a) and b < 0)


def _client_account(account: str) -> bool:
    return account != "bank" and not account.startswith(("in-transit", "due-back", "receivable"))


def _brought_in(books: Books) -> Iterator[str]:
    """What clients brought in, by their own record of executed commands, is what the events say."""
    for sent, arrived in CLIENTS_MONEY.items():
        expected = sum(minor(i.command.amount) for i in books.executed.values() if isinstance(i.command, sent))
        booked = sum(minor(event.amount) for event in books.events if isinstance(event, arrived))
        if booked != expected:
            yield f"{sent.__name__}: clients brought {expected}, {arrived.__name__} says {booked}"


def _disbursed_once(events: Iterable[Any]) -> Iterator[str]:
    """A loan is ordered, paid out and booked once, with the same amount."""
    amounts: dict[type[Any], dict[str, list[int]]] = {
        kind: defaultdict(list) for kind in (DisbursementOrdered, Disbursed, LoanBooked)
    }
    for event in events:
        if isinstance(event, DisbursementOrdered | Disbursed):
            amounts[type(event)][event.loan_id].append(minor(event.amount))
        elif isinstance(event, LoanBooked):
            amounts[LoanBooked][event.loan_id].append(minor(event.terms.principal))
    for loan_id in amounts[Disbursed] | amounts[LoanBooked]:
        paid, booked = amounts[Disbursed][loan_id], amounts[LoanBooked][loan_id]
        ordered = amounts[DisbursementOrdered][loan_id]
        if not (paid == booked == ordered and len(paid) == 1):
            yield f"loan {loan_id}: ordered {ordered}, disbursed {paid}, booked {booked}"


def _loan_books(loans: Mapping[str, Loan], events: Iterable[Any]) -> Iterator[str]:
    """放款 = 已还 + 未还 + 核销 + 减免 + 转让, for every loan, and each term is what the events of its own kind sum to."""
    stated = _stated(events)
    for loan_id in loans.keys() | stated.keys():
        loan = loans.get(loan_id)
        folded = next(iter(book_terms([loan]).values())) if loan else dict.fromkeys(BOOK_TERMS, 0)
        said = stated.get(loan_id, dict.fromkeys(BOOK_TERMS, 0))
        if not balanced(folded):
            yield f"the books of loan {loan_id} do not balance: {folded}"
        for term, amount in folded.items():
            if said[term] != amount:
                yield f"loan {loan_id}: {term} is {amount} in its state, {said[term]} in the events"


def _stated(events: Iterable[Any]) -> dict[str, dict[str, int]]:
    """The terms of each booked loan from events alone; what is disbursed says origination, not servicing."""
    terms: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(BOOK_TERMS, 0))
    disbursed: Counter[str] = Counter()
    for event in events:
        if isinstance(event, Disbursed):
            disbursed[event.loan_id] += minor(event.amount)
        elif isinstance(event, LoanBooked):
            terms[event.loan_id]["outstanding"] = sum(minor(row.principal) for row in event.schedule)
        elif isinstance(event, PaymentReceived | PaymentReversed):
            sign = 1 if isinstance(event, PaymentReceived) else -1
            terms[event.loan_id]["repaid"] += sign * minor(event.allocation.principal)
            terms[event.loan_id]["outstanding"] = minor(event.outstanding_principal)
        elif isinstance(event, AmountWaived):
            terms[event.loan_id]["forgiven"] += minor(event.waived.principal)
            terms[event.loan_id]["outstanding"] = minor(event.outstanding_principal)
        elif isinstance(event, LoanCorrected) and event.outstanding_principal is not None:
            moved = sum(minor(part.corrected.principal) - minor(part.previous.principal) for part in event.payments)
            terms[event.loan_id]["repaid"] += moved
            terms[event.loan_id]["outstanding"] = minor(event.outstanding_principal)
        elif isinstance(event, WrittenOff):
            terms[event.loan_id]["written_off"] += minor(event.written_off.principal)
            terms[event.loan_id]["outstanding"] = 0
        elif isinstance(event, SettlementLapsed):
            terms[event.loan_id]["forgiven"] -= minor(event.revived.principal)
            terms[event.loan_id]["outstanding"] = minor(event.outstanding_principal)
        elif isinstance(event, ClaimSold):
            terms[event.loan_id]["sold"] += minor(event.principal)
            terms[event.loan_id]["outstanding"] = 0
    for loan_id, found in terms.items():
        found["disbursed"] = disbursed[loan_id]
    return dict(terms)


def _receipt_books(receipts: Mapping[str, Receipt], events: Iterable[Any]) -> Iterator[str]:
    """Received = applied + suspended + refunded + reversed for every receipt, nothing in between; loans took what was applied."""
    taken: Counter[str] = Counter()
    received: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    for event in events:
        if isinstance(event, PaymentReceived | RecoveryReceived):
            taken[event.receipt_id] += minor(event.amount)
        elif isinstance(event, PaymentReversed | RecoveryReversed):
            taken[event.receipt_id] -= minor(event.amount)
        elif isinstance(event, MoneyReceived):
            received[event.receipt_id] += minor(event.amount)
        elif isinstance(event, RefundPaid):
            refunded[event.receipt_id] += minor(event.amount)
    for receipt_id in receipts.keys() | received.keys() | taken.keys():
        receipt = receipts.get(receipt_id)
        folded = next(iter(receipt_terms([receipt]).values())) if receipt else dict.fromkeys(RECEIPT_TERMS, 0)
        if not balanced(folded):
            yield f"the books of receipt {receipt_id} do not balance: {folded}"
        if folded["not_yet_applied"]:
            yield f"receipt {receipt_id} has {folded['not_yet_applied']} not yet applied at rest"
        stated = {"received": received, "applied": taken, "refunded": refunded}
        for term, said in ((term, counted[receipt_id]) for term, counted in stated.items()):
            if folded[term] != said:
                yield f"receipt {receipt_id}: {term} is {folded[term]} in its state, {said} in the events"
