"""Packed parts of a loan's state: a schedule, balances and payments as bytes, because a host keeps a million loans.

Layouts are private to a running host and its snapshots; public events never contain them. Integers are little-endian.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import blake2b
from struct import Struct, calcsize, pack
from typing import NamedTuple

from schemas.agreement import PaymentKind
from schemas.terms import Bucket
from services.servicing.domain.rules import Row

_WIDTHS = "BHIQ"
_DAYS = "H"
"""Days from the value date to a due date: 65,535 days are 179 years."""
_IMPLIED = "-"
"""Instead of a width: the due dates are those that the rules give, so they are not stored."""

_BALANCE = Struct("<HIQQQQQQ")
_PAYMENT = Struct("<8sHH")
_ALLOCATION = Struct("<HQQQQQQ")
_WHOLE = Struct("<H")
_AMOUNT = Struct("<Q")
_BASE = Struct("<IIBIH")
_WAIVER = bytes(8)
"""Instead of a receipt's digest: amounts that were waived on that day."""
_CLAIM = b"\xff" * 8
"""Instead of a receipt's digest: amounts that were charged on that day."""
_BUCKETS = tuple(Bucket)
_EPOCH = date(1970, 1, 1).toordinal()
_LAST_DAY = 0xFFFF
_REVERSED = 0x8000
_LEFT = 0x4000
_KIND_SHIFT = 11
_KIND_MASK = 0x3800
_COUNT_MASK = 0x07FF
_KINDS = tuple(PaymentKind)
_AS_SCHEDULED = 0x8000


class Schedule(NamedTuple):
    """A schedule, by column; index 0 is instalment 1."""

    principal: tuple[int, ...]
    interest: tuple[int, ...]
    days: tuple[int, ...] | None
    """Days from the value date to each due date; ``None`` when the rules' own due dates hold."""


class Balance(NamedTuple):
    """What is unpaid of one instalment, and up to which day, exclusive, its penalty is charged."""

    number: int
    due_date: date
    principal: int
    interest: int
    penalty: int
    through: date
    compound: int = 0
    fee: int = 0
    cost: int = 0

    @property
    def total(self) -> int:
        """All components."""
        return self.principal + self.interest + self.penalty + self.compound + self.fee + self.cost

    def asking(self, amounts: Mapping[str, int]) -> "Balance":
        """The same instalment with these amounts unpaid, by component."""
        return Balance(self.number, self.due_date, through=self.through, **amounts)

    def less(self, part: "Allocation", sign: int = 1) -> "Balance":
        """What is left when ``part`` is paid; with ``sign`` −1, what is owed when it is owed again."""
        return self._replace(
            principal=self.principal - sign * part.principal,
            interest=self.interest - sign * part.interest,
            penalty=self.penalty - sign * part.penalty,
            compound=self.compound - sign * part.compound,
            fee=self.fee - sign * part.fee,
            cost=self.cost - sign * part.cost,
        )


class Allocation(NamedTuple):
    """What of a payment went to one instalment; number 0 is a recovery on a loan that was written off."""

    number: int
    principal: int
    interest: int
    penalty: int
    compound: int = 0
    fee: int = 0
    cost: int = 0

    @property
    def total(self) -> int:
        """All components."""
        return self.principal + self.interest + self.penalty + self.compound + self.fee + self.cost


class Payment(NamedTuple):
    """A payment as far as undoing it needs."""

    value_date: date
    reversed: bool
    allocations: tuple[Allocation, ...]
    left: int = 0
    """What a correction left of it with nothing to pay: credit of the borrower."""
    kind: PaymentKind = PaymentKind.REPAYMENT

    @property
    def amount(self) -> int:
        """All of it that the loan holds."""
        return sum(allocation.total for allocation in self.allocations) + self.left


class Base(NamedTuple):
    """How a loan stood on the last day from which its ledger can be written anew; before the booking it owed nothing."""

    day: date
    payments: int
    """How many payments and waivers it contains."""
    bucket: Bucket
    overdue_since: date | None
    done: bytes
    touched: bytes


def pack_schedule(rows: Sequence[Row], value_date: date, implied: Sequence[date]) -> bytes:
    """A schedule in as few bytes a row as its largest amount needs."""
    principal = [row.principal for row in rows]
    interest = [row.interest for row in rows]
    dues = [row.due_date for row in rows]
    columns = [(_width(principal), principal), (_width(interest), interest)]
    if dues == list(implied):
        head = "".join(code for code, _ in columns) + _IMPLIED
    else:
        columns.append((_DAYS, [(due - value_date).days for due in dues]))
        head = "".join(code for code, _ in columns)
    return head.encode() + b"".join(pack(f"<{len(rows)}{code}", *values) for code, values in columns)


def unpack_schedule(packed: bytes) -> Schedule:
    """The columns of a packed schedule."""
    count = count_rows(packed)
    values = _columns(packed[:3], count).unpack_from(packed, 3)
    return Schedule(values[:count], values[count : 2 * count], values[2 * count :] or None)


def count_rows(packed: bytes) -> int:
    """Number of instalments of a packed schedule."""
    return (len(packed) - 3) // _row_size(packed[:3])


@cache
def _row_size(head: bytes) -> int:
    return _columns(head, 1).size


@cache
def _columns(head: bytes, count: int) -> Struct:
    return Struct("<" + "".join(f"{count}{code}" for code in head.decode().rstrip(_IMPLIED)))


class Touched(NamedTuple):
    """What is unpaid of an instalment that is neither as scheduled nor done."""

    through: date
    principal: int
    interest: int
    penalty: int
    compound: int = 0
    fee: int = 0
    cost: int = 0


def pack_balances(touched: Mapping[int, Touched]) -> bytes:
    """Touched instalments by number."""
    return b"".join(
        _BALANCE.pack(number, record.through.toordinal(), *record[1:]) for number, record in sorted(touched.items())
    )


def unpack_balances(packed: bytes) -> dict[int, Touched]:
    """What :func:`pack_balances` packed."""
    return {
        number: Touched(date.fromordinal(through), *amounts)
        for number, through, *amounts in _BALANCE.iter_unpack(packed)
    }


def pack_bits(number: int) -> bytes:
    """A set of bits as bytes: 360 instalments need more than the 64 of an integer that a snapshot can hold."""
    return number.to_bytes((number.bit_length() + 7) // 8, "little")


def unpack_bits(packed: bytes) -> int:
    """What :func:`pack_bits` packed."""
    return int.from_bytes(packed, "little")


def bits(numbers: Iterable[int]) -> bytes:
    """The packed set of these numbers, each from 1 on."""
    return pack_bits(sum(1 << (number - 1) for number in numbers))


def digest(receipt_id: str) -> bytes:
    """Eight bytes that stand for a receipt within one loan: two of one loan's receipts never meet by chance."""
    return blake2b(receipt_id.encode(), digest_size=8).digest()


def pack_payment(receipt_id: str, payment: Payment, schedule: Schedule) -> bytes:
    """One payment; an instalment paid exactly as scheduled costs two bytes."""
    return _pack_payment(digest(receipt_id), payment, schedule)


def pack_waiver(day: date, allocations: Sequence[Allocation], schedule: Schedule) -> bytes:
    """Amounts waived on a day, by instalment: they stand among the payments, in the order in which they were decided."""
    return _pack_payment(_WAIVER, Payment(day, False, tuple(allocations)), schedule)


def pack_claim(day: date, allocations: Sequence[Allocation], schedule: Schedule) -> bytes:
    """Amounts charged on a day by decision, by instalment: they stand among the payments as waivers do."""
    return _pack_payment(_CLAIM, Payment(day, False, tuple(allocations)), schedule)


def is_waiver(receipt: bytes) -> bool:
    """Whether what :func:`payments` gives with this digest is a waiver."""
    return receipt == _WAIVER


def is_claim(receipt: bytes) -> bool:
    """Whether what :func:`payments` gives with this digest is a charge."""
    return receipt == _CLAIM


def payments(packed: bytes, schedule: Schedule) -> Iterator[tuple[bytes, Payment]]:
    """Every payment with its receipt's digest, every waiver and charge, in the order in which they were decided."""
    at = 0
    while at < len(packed):
        receipt, value_date, count = _PAYMENT.unpack_from(packed, at)
        at += _PAYMENT.size
        left = 0
        if count & _LEFT:
            (left,) = _AMOUNT.unpack_from(packed, at)
            at += _AMOUNT.size
        allocations = []
        for _ in range(count & _COUNT_MASK):
            allocation, at = _unpack_allocation(packed, at, schedule)
            allocations.append(allocation)
        day = date.fromordinal(_EPOCH + value_date)
        kind = _KINDS[(count & _KIND_MASK) >> _KIND_SHIFT]
        yield receipt, Payment(day, bool(count & _REVERSED), tuple(allocations), left, kind)


def find_payment(packed: bytes, receipt_id: str, schedule: Schedule) -> Payment | None:
    """The payment of a receipt, reversed or not."""
    wanted = digest(receipt_id)
    if wanted not in packed:
        return None
    return next((payment for receipt, payment in payments(packed, schedule) if receipt == wanted), None)


def mark_reversed(packed: bytes, receipt_id: str, schedule: Schedule) -> bytes:
    """The payments with the one of ``receipt_id`` reversed: its amounts go, its reference stays for ever."""
    wanted = digest(receipt_id)
    return pack_payments(
        (
            (receipt, Payment(payment.value_date, True, ()) if receipt == wanted else payment)
            for receipt, payment in payments(packed, schedule)
        ),
        schedule,
    )


def pack_base(base: Base) -> bytes:
    """A base in few bytes."""
    since = base.overdue_since.toordinal() if base.overdue_since else 0
    head = _BASE.pack(base.day.toordinal(), base.payments, _BUCKETS.index(base.bucket), since, len(base.done))
    return head + base.done + base.touched


def unpack_base(packed: bytes) -> Base | None:
    """What :func:`pack_base` packed; ``None`` for nothing."""
    if not packed:
        return None
    day, count, bucket, since, done = _BASE.unpack_from(packed)
    bits_end = _BASE.size + done
    return Base(
        date.fromordinal(day),
        count,
        _BUCKETS[bucket],
        date.fromordinal(since) if since else None,
        packed[_BASE.size : bits_end],
        packed[bits_end:],
    )


def pack_payments(history: Iterable[tuple[bytes, Payment]], schedule: Schedule) -> bytes:
    """What :func:`payments` gives, packed with a schedule."""
    return b"".join(_pack_payment(receipt, payment, schedule) for receipt, payment in history)


def _width(values: Sequence[int]) -> str:
    largest = max(values)
    return next(code for code in _WIDTHS if largest < 1 << (8 * calcsize("<" + code)))


def _pack_payment(receipt: bytes, payment: Payment, schedule: Schedule) -> bytes:
    """Value dates before 1970 or after 2149 lie before or after every due date, which is all that undoing asks."""
    value_date = min(max(payment.value_date.toordinal() - _EPOCH, 0), _LAST_DAY)
    flags = (_REVERSED if payment.reversed else 0) | (_LEFT if payment.left else 0)
    count = len(payment.allocations) | _KINDS.index(payment.kind) << _KIND_SHIFT | flags
    head = _PAYMENT.pack(receipt, value_date, count) + (_AMOUNT.pack(payment.left) if payment.left else b"")
    return head + b"".join(_pack_allocation(allocation, schedule) for allocation in payment.allocations)


def _pack_allocation(allocation: Allocation, schedule: Schedule) -> bytes:
    index = allocation.number - 1
    if 0 <= index < len(schedule.principal) and allocation == _as_scheduled(allocation.number, schedule):
        return _WHOLE.pack(allocation.number | _AS_SCHEDULED)
    return _ALLOCATION.pack(*allocation)


def _unpack_allocation(packed: bytes, at: int, schedule: Schedule) -> tuple[Allocation, int]:
    (number,) = _WHOLE.unpack_from(packed, at)
    if number & _AS_SCHEDULED:
        number &= ~_AS_SCHEDULED
        return _as_scheduled(number, schedule), at + _WHOLE.size
    return Allocation(*_ALLOCATION.unpack_from(packed, at)), at + _ALLOCATION.size


def _as_scheduled(number: int, schedule: Schedule) -> Allocation:
    return Allocation(number, schedule.principal[number - 1], schedule.interest[number - 1], 0)
