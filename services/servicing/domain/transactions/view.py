"""The position that a ledger shows: lines with running balances, postings with theirs."""

from collections.abc import Container, Iterable, Sequence
from datetime import date

from services.servicing.domain.terms import Component, TransactionKind
from services.servicing.domain.transactions.ledger import (
    CLAIMS,
    STATUS_ONLY,
    Ledger,
    Move,
    disbursement_fee,
    tranche_fee,
)
from services.servicing.domain.transactions.position import Line, Position, Posting, RowKind, Status
from services.servicing.domain.transactions.rows import Row


def position(
    ledger: Ledger, reverted: Sequence[Posting] = (), replayed: Container[tuple[int, TransactionKind]] = ()
) -> Position:
    """Lines, postings, status and credit balance; ``replayed`` are postings whose allocation a later entry changed."""
    postings = [*_postings(ledger, replayed), *reverted]
    return Position(
        tuple(_lines(ledger)),
        tuple(sorted(postings, key=lambda posting: (posting.day, posting.entry))) if reverted else tuple(postings),
        _status(ledger),
        ledger.overpaid,
    )


def _status(ledger: Ledger) -> Status:
    if ledger.written_off is not None:
        return Status.WRITTEN_OFF
    if any(row.outstanding for row in ledger.rows) or not ledger.rows:
        return Status.ACTIVE
    return Status.OVERPAID if ledger.overpaid > 0 else Status.CLOSED


def _lines(ledger: Ledger) -> Iterable[Line]:
    """Rows and disbursements by date: on one day first the instalment, then what is disbursed, then its down payment.

    What is disbursed on the day of maturity stands before the last instalment, which asks for it.
    """
    payouts = [*ledger.disbursed, *_planned(ledger)]
    fee = disbursement_fee(ledger)
    matures = max((row.due for row in ledger.instalments), default=None)
    items: list[tuple[tuple[date, int], Row | int]] = [
        ((day, -1 if day == matures else 1), amount) for day, amount in payouts
    ]
    items += [((row.due, 2 if row.down_payment else 3 if row.additional else 0), row) for row in ledger.rows]
    balance = number = 0
    for (day, _), item in sorted(items, key=lambda item: item[0]):
        if isinstance(item, int):
            balance += item
            fee += tranche_fee(ledger, item) if (day, item) in ledger.disbursed else 0
            yield Line(RowKind.DISBURSEMENT, day, item, fee=fee, paid=fee)
            fee = 0
            continue
        number += 1
        balance += item.credited - item.owed[Component.PRINCIPAL]
        yield _line(item, number, balance)


def _planned(ledger: Ledger) -> list[tuple[date, int]]:
    """Planned tranches that are not disbursed yet: each disbursement takes the place of the next one."""
    return [(tranche.expected, tranche.amount) for tranche in ledger.terms.tranches[len(ledger.disbursed) :]]


def _line(row: Row, number: int, balance: int) -> Line:
    return Line(
        RowKind.DOWN_PAYMENT if row.down_payment else RowKind.INSTALMENT,
        row.due,
        balance,
        row.owed[Component.PRINCIPAL],
        row.owed[Component.INTEREST],
        row.owed[Component.FEE],
        row.owed[Component.PENALTY],
        number,
        (row.due - row.begins).days,
        sum(row.paid.values()),
        row.in_advance,
        row.late,
        row.settled_on,
        row.waived,
        row.written_off,
    )


def _change(move: Move) -> int:
    """What a transaction does to the principal outstanding."""
    if move.kind in CLAIMS:
        return move.claimed
    return 0 if move.kind in STATUS_ONLY else -move.allocation[Component.PRINCIPAL]


def _postings(ledger: Ledger, replayed: Container[tuple[int, TransactionKind]]) -> Iterable[Posting]:
    balance = 0
    fee = disbursement_fee(ledger)
    for move in sorted(ledger.moves, key=lambda move: (move.day, move.entry)):
        balance += _change(move)
        again = move.key in replayed
        yield Posting(
            move.entry, move.day, move.kind, move.amount, dict(move.allocation), max(0, balance), replayed=again
        )
        if fee:
            parts = dict.fromkeys(Component, 0) | {Component.FEE: fee}
            yield Posting(move.entry, move.day, TransactionKind.DISBURSEMENT_FEE, fee, parts, balance)
            fee = 0
