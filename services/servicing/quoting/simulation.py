"""What transactions make of a loan: its state after each of them, by the engine's one ordered function."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from schemas.calendars import CalendarEnds
from services.servicing.domain.terms import Terms
from services.servicing.domain.transactions import (
    ChargeAdded,
    Chargeback,
    DayEnded,
    Disbursed,
    Entry,
    Extended,
    InterestPaused,
    Paid,
    Position,
    Posting,
    RateChanged,
    Reamortised,
    Refunded,
    Undone,
    refusal,
    run,
)
from services.servicing.domain.transactions.position import Line
from services.servicing.quoting.documents import Amounts, Fault, Unfit, path
from services.servicing.quoting.reading import EARLIEST, LATEST, read_charge, read_terms
from services.servicing.quoting.transactions_document import (
    AddedChargeDocument,
    ChargebackDocument,
    CreditRefundDocument,
    DayEndDocument,
    DisbursementDocument,
    ExtensionDocument,
    InterestPauseDocument,
    PaymentDocument,
    RateChangeDocument,
    ReamortisationDocument,
    ReversalDocument,
    SimulationDocument,
    Transaction,
)


@dataclass(frozen=True, slots=True)
class State:
    """A loan after one transaction; amounts in minor units."""

    number: int
    transaction: Transaction
    postings: tuple[Posting, ...]
    """What it posted, with the allocation it has now."""
    position: Position
    changed: tuple[Line, ...]
    """Lines that are not as they were before it."""
    corrected: tuple[int, ...]
    """Earlier transactions whose allocation it changed; 0 stands for the charges of the terms."""

    @property
    def principal(self) -> int:
        """Principal outstanding."""
        balances = [posting.balance for posting in self.position.postings if not posting.reverted]
        return balances[-1] if balances else 0


def simulate(document: SimulationDocument) -> tuple[Terms, tuple[State, ...]]:
    """The state after each transaction. Raises :class:`Unfit`, and then shows none."""
    terms, agreed = _agreed(document)
    entries = [*agreed, *_entries(document, terms, len(agreed))]
    states: list[State] = []
    before = Position((), (), run(terms, ()).status, 0)
    for number, transaction in enumerate(document.transactions, start=1):
        index = len(agreed) + number - 1
        after = _run(terms, entries[: index + 1], number)
        posted = tuple(posting for posting in after.postings if posting.entry == index and not posting.reverted)
        states.append(
            State(
                number,
                transaction,
                posted,
                after,
                tuple(line for line in after.lines if line not in before.lines),
                _corrected(before, after, len(agreed)),
            )
        )
        before = after
    return terms, tuple(states)


def _run(terms: Terms, entries: Sequence[Entry], number: int) -> Position:
    """The position after these entries; a new row that no business day is known for refuses the last of them."""
    try:
        return run(terms, entries)
    except CalendarEnds as error:
        raise Unfit([Fault(path("transactions", number - 1), str(error))]) from None


def _corrected(before: Position, after: Position, agreed: int) -> tuple[int, ...]:
    """Numbers of the transactions that stood before and are allocated otherwise now."""
    earlier = {(one.entry, one.kind): (one.amount, one.allocation) for one in before.postings if not one.reverted}
    now = {(one.entry, one.kind): (one.amount, one.allocation) for one in after.postings if not one.reverted}
    changed = {entry for (entry, kind), figures in now.items() if earlier.get((entry, kind), figures) != figures}
    return tuple(sorted(max(0, entry - agreed + 1) for entry in changed))


def _agreed(document: SimulationDocument) -> tuple[Terms, list[Entry]]:
    """Terms, and their charges as known from the first disbursement on."""
    starts = [one.date for one in document.transactions if isinstance(one, DisbursementDocument)]
    if not starts:
        raise Unfit([Fault("transactions", "there is no disbursement")])
    start = min(starts)
    try:
        terms, charges = read_terms(document.terms, start)
    except Unfit as unfit:
        raise Unfit(Fault(path("terms", fault.field), fault.reason) for fault in unfit.faults) from None
    return terms, [ChargeAdded(known=start, charge=charge) for charge in charges]


def _entries(document: SimulationDocument, terms: Terms, offset: int) -> list[Entry]:
    amounts = Amounts(terms.currency)
    entries = [_entry(one, path("transactions", i), amounts, offset) for i, one in enumerate(document.transactions)]
    faults = [*amounts.faults, *_order(document.transactions)]
    if not faults:
        faults += _History(terms, document.transactions, entries).faults()
    if faults:
        raise Unfit(faults)
    return entries


def _entry(one: Transaction, field: str, amounts: Amounts, offset: int) -> Entry:
    """The engine's entry for a transaction; faults are kept in ``amounts``."""
    known, day = one.known, one.date
    if isinstance(one, DisbursementDocument):
        return Disbursed(known=known, value_date=day, amount=amounts.minor(one.amount, f"{field}.amount"))
    if isinstance(one, PaymentDocument):
        amount = amounts.minor(one.amount, f"{field}.amount")
        return Paid(known=known, value_date=day, amount=amount, kind=one.type, refund_interest=one.refund_interest)
    if isinstance(one, ChargebackDocument):
        amount = amounts.minor(one.amount, f"{field}.amount")
        return Chargeback(known=known, value_date=day, amount=amount, payment=offset + one.payment - 1)
    if isinstance(one, CreditRefundDocument):
        return Refunded(known=known, value_date=day, amount=amounts.minor(one.amount, f"{field}.amount"))
    if isinstance(one, AddedChargeDocument):
        return ChargeAdded(known=known, charge=read_charge(one.charge, f"{field}.charge", amounts))
    if isinstance(one, ReversalDocument):
        return Undone(known=known, entry=offset + one.of - 1)
    if isinstance(one, RateChangeDocument):
        return RateChanged(known=known, value_date=day, percent=one.percent)
    if isinstance(one, InterestPauseDocument):
        return InterestPaused(known=known, value_date=day, until=one.until)
    if isinstance(one, ExtensionDocument):
        return Extended(known=known, value_date=day, instalments=one.instalments)
    if isinstance(one, ReamortisationDocument):
        return Reamortised(known=known, value_date=day)
    return DayEnded(known=known)


def _order(transactions: Sequence[Transaction]) -> Iterator[Fault]:
    """Days: recorded in order, and never before the value date."""
    latest = EARLIEST
    for i, one in enumerate(transactions):
        if not (EARLIEST <= one.date <= LATEST and EARLIEST <= one.known <= LATEST):
            yield Fault(path("transactions", i, "date"), f"must lie between {EARLIEST} and {LATEST}")
        elif one.known < one.date:
            yield Fault(path("transactions", i, "recorded"), f"must not be before the value date {one.date}")
        elif one.known < latest:
            reason = f"recorded on {one.known}, before the transaction before it on {latest}: give `recorded`"
            yield Fault(path("transactions", i, "date"), reason)
        elif isinstance(one, ReversalDocument | DayEndDocument) and one.known != one.date:
            yield Fault(path("transactions", i, "recorded"), f"is the date of a {one.type}")
        latest = max(latest, one.known)


class _History:
    """Whether each transaction can be, given those before it that still hold."""

    def __init__(self, terms: Terms, transactions: Sequence[Transaction], entries: Sequence[Entry]) -> None:
        self.terms = terms
        self.transactions = transactions
        self.entries = entries
        self.held: dict[int, Transaction] = {}

    def faults(self) -> list[Fault]:
        """Every transaction that cannot be."""
        found: list[Fault] = []
        for number, one in enumerate(self.transactions, start=1):
            faults = [Fault(path("transactions", number - 1, name), why) for name, why in self._faults(number, one)]
            found += faults
            if not faults and isinstance(one, ReversalDocument):
                del self.held[one.of]
            elif not faults and not isinstance(one, DayEndDocument):
                self.held[number] = one
        return found

    def _faults(self, number: int, one: Transaction) -> Iterator[tuple[str, str]]:
        if isinstance(one, DisbursementDocument):
            yield from self._disbursement(number)
        elif isinstance(one, ReversalDocument):
            yield from self._reversal(one)
        elif isinstance(one, AddedChargeDocument):
            return
        elif (first := self._first()) is None or one.date < first:
            yield "date", "nothing is disbursed on that day yet"
        elif isinstance(one, ChargebackDocument):
            yield from self._chargeback(number, one)
        elif isinstance(one, RateChangeDocument | InterestPauseDocument | ExtensionDocument):
            yield from self._change(number, one)

    def _disbursement(self, number: int) -> Iterator[tuple[str, str]]:
        before = (self._amount(held) for held, one in self.held.items() if isinstance(one, DisbursementDocument))
        if sum(before) + self._amount(number) > self.terms.principal:
            yield "amount", "more would be disbursed than the agreed principal"

    def _chargeback(self, number: int, one: ChargebackDocument) -> Iterator[tuple[str, str]]:
        payment = self.held.get(one.payment)
        if not isinstance(payment, PaymentDocument):
            yield "payment", f"transaction {one.payment} is no payment that holds"
            return
        before = (
            self._amount(other)
            for other, held in self.held.items()
            if isinstance(held, ChargebackDocument) and held.payment == one.payment
        )
        if self._amount(number) + sum(before) > self._amount(one.payment):
            yield "amount", f"more would be claimed back than transaction {one.payment} paid"
        if one.date < payment.date:
            yield "date", f"must not be before the payment on {payment.date}"

    def _change(
        self, number: int, one: RateChangeDocument | InterestPauseDocument | ExtensionDocument
    ) -> Iterator[tuple[str, str]]:
        if (refused := refusal(self.terms, self.entries[number - 1])) is not None:
            yield "type", refused.reason
        if isinstance(one, RateChangeDocument) and not 0 <= one.percent <= 1000:
            yield "percent", "must lie between 0 and 1000 % a year"
        if isinstance(one, InterestPauseDocument) and not one.date <= one.until <= LATEST:
            yield "until", "must not be before the date"

    def _reversal(self, one: ReversalDocument) -> Iterator[tuple[str, str]]:
        gone = self.held.get(one.of)
        if gone is None:
            yield "of", f"transaction {one.of} does not stand: it comes later, was reversed, or cannot be"
            return
        claims = [
            number
            for number, held in self.held.items()
            if isinstance(held, ChargebackDocument) and held.payment == one.of
        ]
        if claims:
            yield "of", f"it was charged back by transaction {claims[0]}: reverse that first"
        first = self._first(without=one.of)
        if isinstance(gone, DisbursementDocument) and any(
            first is None or held.date < first
            for number, held in self.held.items()
            if number != one.of and not isinstance(held, AddedChargeDocument)
        ):
            yield "of", "transactions that hold would come before the first disbursement"

    def _first(self, without: int = 0) -> date | None:
        """Day of the first disbursement that holds."""
        return min(
            (
                held.date
                for number, held in self.held.items()
                if isinstance(held, DisbursementDocument) and number != without
            ),
            default=None,
        )

    def _amount(self, number: int) -> int:
        entry = self.entries[number - 1]
        return entry.amount if isinstance(entry, Disbursed | Paid | Chargeback | Refunded) else 0
