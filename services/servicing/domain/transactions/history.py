"""One ordered function: entries in the order of recording to the position of the loan.

An entry for the running day goes on from where the loan stands. A back-dated one, a charge or an undone entry makes the loan
anew from its first day in the order of value dates, so that the correction is what would have been, and brings it to the day
on which it became known.
"""

from collections.abc import Sequence
from datetime import date

from services.servicing.domain.terms import Terms
from services.servicing.domain.transactions.entries import ChargeAdded, DayEnded, Entry, Undone
from services.servicing.domain.transactions.ledger import Ledger, catch_up
from services.servicing.domain.transactions.position import Position, Posting
from services.servicing.domain.transactions.replay import Numbered, apply, replay, value_date
from services.servicing.domain.transactions.view import position


def run(terms: Terms, entries: Sequence[Entry]) -> Position:
    """Where the loan stands after ``entries``."""
    book = _Book(terms)
    for number, entry in enumerate(entries):
        book.record(number, entry)
    return position(book.ledger, book.reverted)


class _Book:
    """The entries that hold, and the ledger they make."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.kept: list[Numbered] = []
        self.ledger = Ledger(terms)
        self.reverted: list[Posting] = []

    def record(self, number: int, entry: Entry) -> None:
        """Take in one entry."""
        if isinstance(entry, DayEnded):
            if self.ledger.recalculates and any(row.open and row.due < entry.known for row in self.ledger.rows):
                self._replay(entry.known)
        elif isinstance(entry, Undone):
            self._undo(entry)
        else:
            latest = max((value_date(kept) for _, kept in self.kept), default=None)
            self.kept.append((number, entry))
            day = value_date(entry)
            if isinstance(entry, ChargeAdded) or day < entry.known or (latest is not None and day < latest):
                self._replay(entry.known)
            else:
                apply(self.ledger, number, entry, self.kept)

    def _undo(self, undone: Undone) -> None:
        view = position(self.ledger, ())
        gone = {move.entry: posting for move, posting in zip(self.ledger.moves, view.postings, strict=True)}
        if undone.entry in gone:
            self.reverted.append(_revert(gone[undone.entry]))
        self.kept = [(number, entry) for number, entry in self.kept if number != undone.entry]
        self._replay(undone.known)

    def _replay(self, known: date) -> None:
        self.ledger = replay(self.terms, self.kept)
        catch_up(self.ledger, known)


def _revert(posting: Posting) -> Posting:
    return Posting(posting.day, posting.kind, posting.amount, posting.allocation, posting.balance, reverted=True)
