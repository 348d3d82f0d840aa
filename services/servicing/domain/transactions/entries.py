"""What happens to a loan, as it was recorded: each entry has a value date and the business day on which it became known."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.servicing.domain.terms import AfterChargeOff, Charge, TransactionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; the order of recording is the order of the list that holds it."""

    known: date
    """Business day on which it was recorded 入账日."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursed(Entry):
    """Money paid out 放款, from its value date on."""

    value_date: date
    amount: int
    pay_down_payment: bool = True
    """The down payment is paid at once, where the terms say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid(Entry):
    """Money or credit that settles the debt in the order agreed for its kind."""

    value_date: date
    amount: int
    kind: TransactionKind = TransactionKind.REPAYMENT
    refund_interest: bool = True
    """A refund gives back the interest its amount has borne, where the terms say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chargeback(Entry):
    """A payment is claimed again on its own date 拒付, with its own allocation; the payment stays."""

    value_date: date
    amount: int
    payment: int
    """Number of the entry whose money is claimed back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded(Entry):
    """Credit balance paid back to the borrower."""

    value_date: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeAdded(Entry):
    """A charge falls due; one of disbursement time is part of each disbursement's row."""

    charge: Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeWaived(Entry):
    """What is still unpaid of a charge is not asked for any more 减免."""

    value_date: date
    charge: int
    """Number of the entry that added the charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff(Entry):
    """What is outstanding leaves the balance sheet 核销; money that comes later is a recovery."""

    value_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedOff(Entry):
    """An internal status; the claim stays, its interest follows ``interest``."""

    value_date: date
    interest: AfterChargeOff = AfterChargeOff.GOES_ON


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChanged(Entry):
    """Another annual rate from ``value_date`` on 重定价."""

    value_date: date
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestPaused(Entry):
    """No interest arises from ``value_date`` to ``until``, both included."""

    value_date: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(Entry):
    """More instalments at the end 展期, agreed from ``value_date`` on."""

    value_date: date
    instalments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reamortised(Entry):
    """What is unpaid in rows due by ``value_date`` is asked for in the rows after it 重新摊还."""

    value_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(Entry):
    """An entry never was: the figures are made without it from its value date on."""

    entry: int
    """Number of the entry in its list."""
    down_payment: bool = False
    """Of a disbursement only the payment of its down payment is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnded(Entry):
    """The end-of-day run on ``known``: overdue principal bears interest up to that day."""
