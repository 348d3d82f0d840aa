"""What a contract may agree beyond the plain instalment loan. A part that is left out is not agreed: the plain rule holds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.fields import Code


class LenderType(StrEnum):
    """Who lends 出借人类型: decides which cap on the price of credit holds."""

    BANK = "bank"
    CONSUMER_FINANCE = "consumer-finance"
    SMALL_LOAN_COMPANY = "small-loan-company"
    PRIVATE = "private"
    """Natural persons, unlicensed firms, lenders on a P2P platform, an own book: the private-lending interpretation applies."""


# -- payments: in which order they settle a debt ---------------------------------------------------------------------------


class PaymentKind(StrEnum):
    """What a payment is 入账类型: each kind may have an order of its own."""

    REPAYMENT = "repayment"
    PREPAYMENT = "prepayment"
    """Money that the borrower sends before it is due 提前还款."""
    GOODWILL_CREDIT = "goodwill-credit"
    """The lender pays for the borrower."""
    MERCHANT_REFUND = "merchant-refund"
    """The seller of what was financed gives money back 退货退款."""
    PAYOUT_REFUND = "payout-refund"
    """A part of what was paid out comes back."""
    RECOVERY = "recovery"
    """Money that enforcement brings 清收回款."""


class Processing(StrEnum):
    """How an order runs over the instalments of one class."""

    HORIZONTAL = "horizontal"
    """One instalment after the other, in each all its components 逐期."""
    VERTICAL = "vertical"
    """One component after the other, over all instalments 逐科目."""


class FutureInstalments(StrEnum):
    """Which instalment money in advance pays first."""

    NEXT = "next"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationOrder:
    """Order in which a kind of payment settles a debt 冲账顺序."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    slots: Annotated[tuple[Code, ...], Field(min_length=1, max_length=18)]
    """``past-due.penalty``, ``due.interest``, ``in-advance.principal`` …: 18 of three classes and six components, or 12 without
    ``cost``, which is then paid with ``fee``, and ``compound``, paid with ``penalty``. Classes are judged on the value date."""
    kind: PaymentKind | None = None
    """Absent: every kind that has no order of its own."""
    future: FutureInstalments = FutureInstalments.NEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationTerms:
    """Orders by kind of payment; left out, the allocation order of the terms holds for all, instalment by instalment."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    orders: Annotated[tuple[AllocationOrder, ...], Field(min_length=1, max_length=10)]
    processing: Processing = Processing.HORIZONTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreed beyond the plain loan 特别约定; frozen with the terms."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    lender_type: LenderType = LenderType.BANK
    allocation: AllocationTerms | None = None
