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
from services.servicing.domain.loan.daily.standing import Standing
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
    SOLD = "sold"


class Agreed(State, frozen=True):
    """A smaller sum that settles the loan when it is paid in time 减免结清; minor units."""

    amount: int
    by: date
    authority: str
    reason: str
    paid: int = 0
    receipts: tuple[str, ...] = ()
    """What was paid of it came with these."""
    waived: tuple[tuple[int, int, int, int, int, int, int, int], ...] = ()
    """Once it was paid: number, ``through`` as an ordinal and the components waived of each instalment, as in ``Touched``."""

    @property
    def met(self) -> bool:
        """Whether it was paid in full."""
        return self.paid >= self.amount


class Ending(State, frozen=True):
    """What only loans on their way out have."""

    charged_off: date | None = None
    agreed: Agreed | None = None
    sold: int = 0
    """Principal that left the balance with the sale of the claim, minor units."""
    compensated: tuple[str, ...] = ()
    """Receipts of somebody who answers for the debtor 代偿."""


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
    """Payments and waivers in the order in which they were decided."""
    base: bytes = b""
    """From where the ledger can be written anew, when that is not the booking: see :mod:`.rewriting`."""
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
    standing: Standing | None = None
    """Where it stands besides what it owes; absent while nothing of the kind happened."""
    ending: Ending | None = None
    """How it ends, once that began."""
    changes: Changes | None = None
    undo: Undo | None = None


NO_ENDING = Ending()


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


def running_agreement(loan: Loan) -> Agreed | None:
    """The discounted settlement that still waits for its money."""
    agreed = loan.ending.agreed if loan.ending else None
    return agreed if agreed and not agreed.met else None


def settlement_kind(loan: Loan) -> str:
    """How a loan that owes nothing any more came to it: the certificate's wording differs."""
    if loan.waived:
        return "discounted"
    return "compensated" if loan.ending and loan.ending.compensated else "paid"


def oldest_unpaid(loan: Loan) -> int:
    """Number of the oldest instalment that is not done; one more than there are when all are."""
    done = done_bits(loan)
    return (~done & (done + 1)).bit_length()


def outstanding_principal(loan: Loan) -> int:
    """Unpaid principal on the books: the sum of the instalments' own; zero once written off or sold."""
    if loan.status in (Status.WRITTEN_OFF, Status.SOLD):
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
