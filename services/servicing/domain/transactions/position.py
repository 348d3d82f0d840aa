"""Where a loan stands: its rows, the allocation of each transaction, and the sums."""

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from services.servicing.domain.terms import Component, TransactionKind


class Status(StrEnum):
    """Where the loan is in its life."""

    ACTIVE = "active"
    CLOSED = "closed"
    OVERPAID = "overpaid"
    """Everything is paid, and a credit balance is owed to the borrower."""
    WRITTEN_OFF = "written-off"
    """What was outstanding left the balance sheet; money that comes in is a recovery."""


class RowKind(StrEnum):
    """What a line of the schedule is."""

    DISBURSEMENT = "disbursement"
    DOWN_PAYMENT = "down-payment"
    INSTALMENT = "instalment"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the schedule; amounts in minor units."""

    kind: RowKind
    day: date
    balance: int
    """Principal outstanding after the line; of a disbursement what was disbursed."""
    principal: int = 0
    interest: int = 0
    fee: int = 0
    penalty: int = 0
    number: int = 0
    days: int = 0
    paid: int = 0
    in_advance: int = 0
    late: int = 0
    paid_on: date | None = None
    waived: int = 0
    written_off: int = 0

    @property
    def due(self) -> int:
        """What the line asks for, and asked for before a waiver or the write-off."""
        return self.principal + self.interest + self.fee + self.penalty

    @property
    def outstanding(self) -> int:
        return self.due - self.paid - self.waived - self.written_off


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all lines."""

    principal: int
    interest: int
    fee: int
    penalty: int
    paid: int
    in_advance: int
    late: int
    waived: int
    written_off: int

    @property
    def due(self) -> int:
        return self.principal + self.interest + self.fee + self.penalty

    @property
    def outstanding(self) -> int:
        return self.due - self.paid - self.waived - self.written_off


@dataclass(frozen=True, slots=True)
class Posting:
    """One transaction and its allocation."""

    entry: int
    """Number of the entry it comes from."""
    day: date
    kind: TransactionKind
    amount: int
    allocation: dict[Component, int]
    balance: int
    """Principal outstanding after it."""
    reverted: bool = False
    replayed: bool = False
    """A later entry changed its allocation."""


@dataclass(frozen=True, slots=True)
class Position:
    """A loan after all its entries."""

    lines: tuple[Line, ...]
    postings: tuple[Posting, ...]
    status: Status
    overpaid: int

    @property
    def totals(self) -> Totals:
        """Sums over all lines."""
        return Totals(*(sum(getattr(line, one.name) for line in self.lines) for one in fields(Totals)))
