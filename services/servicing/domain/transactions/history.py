"""One ordered function: entries in the order of recording to the position of the loan.

An entry for the running day goes on from where the loan stands, and so does a charge that falls due after the latest of them. A
back-dated one, an earlier charge or an undone entry makes the loan anew from its first day in the order of value dates, so that
the correction is what would have been, and brings it to the day on which it became known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.servicing.domain.terms import Family, Terms, TransactionKind
from services.servicing.domain.transactions.checks import refusal
from services.servicing.domain.transactions.entries import ChargeAdded, DayEnded, Disbursed, Entry, Undone
from services.servicing.domain.transactions.ledger import Key, Ledger, Move, catch_up, down_payment
from services.servicing.domain.transactions.position import Position, Posting
from services.servicing.domain.transactions.replay import (
    Numbered,
    apply,
    replay,
    value_date,
)
from services.servicing.domain.transactions.view import position


def run(terms: Terms, entries: Sequence[Entry]) -> Position:
    """Where the loan stands after ``entries``. Raises :class:`ValueError` for one that :func:`refusal` refuses."""
    book = _Book(terms)
    for number, entry in enumerate(entries):
        book.record(number, entry)
    return position(book.ledger, book.reverted, book.replayed)


class _Book:
    """The entries that hold, and the ledger they make."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.kept: list[Numbered] = []
        self.ledger = Ledger(terms)
        self.reverted: list[Posting] = []
        self.replayed: set[Key] = set()
        by_rows = any(rule.rows_from_the_start for rule in terms.allocations if rule.kind is None)
        self.rows_first = by_rows and terms.recalculation is None
        self.paid_down: dict[int, int] = {}
        """Paid down with each disbursement, by its number: what credit there was cannot be seen when its rows come first."""

    def record(self, number: int, entry: Entry) -> None:
        """Take in one entry."""
        if (refused := refusal(self.terms, entry)) is not None:
            raise ValueError(f"entry {number}: {refused.reason}")
        if isinstance(entry, DayEnded):
            follows = self.ledger.recalculates or self.ledger.recounts
            if follows and any(row.open and row.due < entry.known for row in self.ledger.rows):
                self._replay(entry.known)
        elif isinstance(entry, Undone):
            self._undo(entry)
        else:
            anew = self._reaches_back(entry)
            if isinstance(entry, Disbursed):
                self._pay_down(number, entry)
            self.kept.append((number, entry))
            if anew:
                self._replay(entry.known)
            else:
                apply(self.ledger, number, entry, self.kept)

    def _reaches_back(self, entry: Entry) -> bool:
        """Whether an entry may change what earlier ones have made."""
        if isinstance(entry, ChargeAdded):
            return self._charge_reaches_back(entry)
        if self.rows_first and isinstance(entry, Disbursed) and self.kept:
            return True
        latest = max((value_date(kept) for _, kept in self.kept), default=date.min)
        return value_date(entry) < max(entry.known, latest)

    def _pay_down(self, number: int, entry: Disbursed) -> None:
        """What is paid down with a disbursement: the part that is due at once, less what a credit balance pays of it."""
        rule = self.terms.down_payment
        if rule is not None and rule.automatic:
            credit = min(entry.amount, self.ledger.overpaid)
            self.paid_down[number] = max(0, down_payment(self.terms, entry.amount) - credit)

    def _charge_reaches_back(self, entry: ChargeAdded) -> bool:
        """A charge that falls due after the latest transaction joins its row and no more, unless a credit balance pays it."""
        if self.rows_first or self.terms.family is Family.CUMULATIVE or self.ledger.overpaid > 0:
            return True
        latest = max((value_date(kept) for _, kept in self.kept if not isinstance(kept, ChargeAdded)), default=date.min)
        return (entry.charge.due or entry.known) <= latest

    def _undo(self, undone: Undone) -> None:
        gone = {TransactionKind.DOWN_PAYMENT} if undone.down_payment else set(TransactionKind)
        self.reverted += [
            replace(posting, reverted=True)
            for posting in position(self.ledger, replayed=self.replayed).postings
            if posting.entry == undone.entry and posting.kind in gone
        ]
        if undone.down_payment:
            self.kept = [(number, _without_down_payment(entry, number == undone.entry)) for number, entry in self.kept]
        else:
            self.kept = [(number, entry) for number, entry in self.kept if number != undone.entry]
        self._replay(undone.known)

    def _replay(self, known: date) -> None:
        before = {move.key: move for move in self.ledger.moves}
        self.ledger = replay(self.terms, self.kept, before, self.paid_down if self.rows_first else None)
        catch_up(self.ledger, known)
        self.replayed |= _changed(before, self.ledger.moves, followers=not self.rows_first)


def _without_down_payment(entry: Entry, wanted: bool) -> Entry:
    return replace(entry, pay_down_payment=False) if wanted and isinstance(entry, Disbursed) else entry


def _changed(before: Mapping[Key, Move], moves: Iterable[Move], *, followers: bool) -> set[Key]:
    """Postings with another allocation than before; with ``followers`` also those of the same day that come after them."""
    changed: set[Key] = set()
    days: set[date] = set()
    for move in moves:
        earlier = before.get(move.key)
        if earlier is None:
            continue
        if (followers and move.day in days) or move.figures != earlier.figures:
            changed.add(move.key)
            days.add(move.day)
    return changed
