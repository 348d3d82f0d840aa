"""A loan as it stands: everything a decision needs and nothing else, in integer minor units of one currency.

An instalment is *done* (every component zero: one bit), *touched* (partly paid, or with a penalty: a record) or untouched (as
scheduled: nothing). A newly booked loan is therefore little more than its packed schedule.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import lru_cache

from schemas.servicing.changes import PrepaymentMode
from schemas.state import State
from schemas.terms import Bucket
from services.servicing.domain.loan.packing import (
    Balance,
    Schedule,
    Touched,
    count_rows,
    unpack_balances,
    unpack_bits,
    unpack_schedule,
)
from services.servicing.domain.loan.terms import Conditions, conditions


class Status(StrEnum):
    """Where a loan is in its life; whether an active one is overdue says ``overdue_since``."""

    ACTIVE = "active"
    SETTLED = "settled"
    WRITTEN_OFF = "written-off"


class Changes(State, frozen=True):
    """Facts of a loan that was changed, quoted or is about to be prepaid; a plain loan has none. Minor units."""

    accrued: int = 0
    """Of the running row's interest, earned before ``accrued_to``."""
    accrued_to: date | None = None
    """Day from which the running row's interest accrues by day; ``None``: from the due date before."""
    quoted_on: date | None = None
    """The day that a payoff quote is good for."""
    quoted: int = 0
    mode: PrepaymentMode | None = None
    """A prepayment that was asked for: how, what principal (0: all), by which receipt (digest), until when."""
    prepay: int = 0
    receipt: bytes = b""
    valid_until: date | None = None
    prepayments: bytes = b""
    """Digests of receipts that repaid early, eight bytes each, with the number of the row, two bytes."""
    booked_months: int = 0
    """Instalments as booked, once the schedule was revised."""
    extended_months: int = 0
    restructured: int = 0
    """How often: from the second time on the class is at least substandard 次级."""
    observed_from: date | None = None
    observed_until: date | None = None
    oldest_breach: date | None = None
    """Where legal days past due begin when the rows were re-aged."""
    reset_on: date | None = None
    """The last day on which the rate was set anew."""
    holiday_until: date | None = None


class Undo(State, frozen=True):
    """What the last change of the schedule replaced, as long as it can be taken back."""

    cause: str
    effective: date
    from_number: int
    schedule: bytes
    done: bytes
    touched: bytes
    announced: int
    terms: str
    credited: tuple[tuple[int, int], ...] = ()
    """(number, minor units) of interest paid in advance that was made to pay principal."""
    fees: tuple[tuple[int, int], ...] = ()
    """(number, minor units) of fees that the change added."""
    capitalised: int = 0
    changes: Changes | None = None
    """The facts as they were."""


class Loan(State, frozen=True):
    """State of one loan; amounts in minor units."""

    party_ref: str
    contract_no: str
    terms: str
    """See :func:`services.servicing.domain.loan.terms.conditions`."""
    value_date: date
    principal: int
    """Disbursed 放款本金."""
    schedule: bytes
    """As decided when booked; see :mod:`services.servicing.domain.loan.packing`."""
    status: Status = Status.ACTIVE
    announced: int = 0
    """Number of the last instalment that became due."""
    done: bytes = b""
    """Instalments with nothing unpaid, a packed set of bits: see :func:`done_bits`."""
    touched: bytes = b""
    payments: bytes = b""
    bucket: Bucket = Bucket.M0
    overdue_since: date | None = None
    """Oldest unpaid due date when the running arrears episode began."""
    repaid: int = 0
    """Principal paid, reversals taken off."""
    forgiven: int = 0
    """Principal waived 减免."""
    written_off: int = 0
    """Principal taken off the balance 核销."""
    waived: int = 0
    """All components ever waived: a loan settled with a waiver is settled at a discount."""
    changes: Changes | None = None
    undo: Undo | None = None


def terms_of(loan: Loan) -> Conditions:
    """The conditions the loan runs on."""
    return conditions(loan.terms)


_UNCHANGED = Changes()


def changes_of(loan: Loan) -> Changes:
    """The facts of a changed loan; the plain ones when it never was."""
    return loan.changes or _UNCHANGED


@lru_cache(maxsize=1024)
def _columns(packed: bytes) -> Schedule:
    return unpack_schedule(packed)


def schedule_of(loan: Loan) -> Schedule:
    """The schedule as booked, by column."""
    return _columns(loan.schedule)


def months_of(loan: Loan) -> int:
    """Number of instalments."""
    return count_rows(loan.schedule)


def done_bits(loan: Loan) -> int:
    """Bit ``number − 1`` is set when that instalment has nothing unpaid."""
    return unpack_bits(loan.done)


def due_date(loan: Loan, number: int) -> date:
    """Due date of an instalment."""
    days = schedule_of(loan).days
    if days is None:
        return terms_of(loan).rules.due_date(loan.value_date, number)
    return date.fromordinal(loan.value_date.toordinal() + days[number - 1])


def balance(loan: Loan, number: int) -> Balance:
    """What is unpaid of one instalment, whatever its state."""
    due = due_date(loan, number)
    if done_bits(loan) >> (number - 1) & 1:
        return Balance(number, due, 0, 0, 0, due)
    return _balance(loan, number, unpack_balances(loan.touched))


def unpaid(loan: Loan) -> Iterator[Balance]:
    """What is unpaid, oldest instalment first."""
    touched = unpack_balances(loan.touched)
    left = ((1 << months_of(loan)) - 1) & ~done_bits(loan)
    while left:
        number = (left & -left).bit_length()
        left &= left - 1
        yield _balance(loan, number, touched)


def oldest_unpaid(loan: Loan) -> int:
    """Number of the oldest instalment that is not done; one more than there are when all are."""
    done = done_bits(loan)
    return (~done & (done + 1)).bit_length()


def outstanding_principal(loan: Loan) -> int:
    """Unpaid principal on the books: the sum of the instalments' own; zero once written off."""
    if loan.status is Status.WRITTEN_OFF:
        return 0
    principal = list(schedule_of(loan).principal)
    for number, record in unpack_balances(loan.touched).items():
        principal[number - 1] = record.principal
    done = done_bits(loan)
    return sum(amount for index, amount in enumerate(principal) if not done >> index & 1)


def _balance(loan: Loan, number: int, touched: dict[int, Touched]) -> Balance:
    due = due_date(loan, number)
    if number in touched:
        through, principal, interest, penalty, compound, fee, cost = touched[number]
        return Balance(number, due, principal, interest, penalty, through, compound, fee, cost)
    schedule = schedule_of(loan)
    return Balance(number, due, schedule.principal[number - 1], schedule.interest[number - 1], 0, due)
