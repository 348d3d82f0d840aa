"""What a contract may agree beyond the plain instalment loan. A part that is left out is not agreed: the plain rule holds."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.fields import PLAIN_DECIMAL, whole
from schemas.money import Money


class LenderType(StrEnum):
    """Who lends 出借人类型: decides which cap on the price of credit holds."""

    BANK = "bank"
    CONSUMER_FINANCE = "consumer-finance"
    SMALL_LOAN_COMPANY = "small-loan-company"
    PRIVATE = "private"
    """Natural persons, unlicensed firms, lenders on a P2P platform, an own book: the private-lending interpretation applies."""


# -- prepayment and repricing ----------------------------------------------------------------------------------------------


class RunningInterest(StrEnum):
    """What a prepayment owes of the interest of the running period."""

    BY_DAY = "by-day"
    """按日: annual rate ÷ day basis for each day gone, never more than the period's interest."""
    WHOLE_PERIOD = "whole-period"
    """整期: all of it from the period's second day on."""


class AccruedInterest(StrEnum):
    """When a partial prepayment pays the interest to date."""

    WITH_PREPAYMENT = "with-prepayment"
    IN_ROW = "in-row"
    """It stands in the next instalment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeStep:
    """A fee on prepaid principal 违约金 while the loan is younger than this."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    before_month: Annotated[int, whole(1, 360)]
    """Whole months gone since the value date stay below this."""
    rate: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1)]
    """Fraction of the prepaid principal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepayment:
    """What is agreed about early repayment 提前还款."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    minimum: Money | None = None
    """Least principal of a partial prepayment; none when left out."""
    multiple: Money | None = None
    """Principal of a partial prepayment is a multiple of this; any amount when left out."""
    running_interest: RunningInterest = RunningInterest.BY_DAY
    accrued_interest: AccruedInterest = AccruedInterest.WITH_PREPAYMENT
    fee: Annotated[tuple[FeeStep, ...], Field(max_length=10)] = ()
    """The first step that holds decides; free when none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What is agreed about extending the loan 展期."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    maximum_months: Annotated[int, whole(1, 1_200)]
    """Longest term of the product for a person's loan over a year, extensions included."""


class LprTenor(StrEnum):
    """Which loan prime rate."""

    ONE_YEAR = "1y"
    FIVE_YEARS = "5y"
    """Above five years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repricing:
    """A floating rate 浮动利率: loan prime rate plus a spread, set anew every so many months."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    tenor: LprTenor
    spread_bp: Annotated[int, whole(-2_000, 5_000)]
    """Basis points, 100 = 1 %; may be negative."""
    every_months: Annotated[int, whole(1, 120)] = 12
    """Reset cycle; each reset day is so many months after the one before, the first after the value date."""
    value_days_before: Annotated[int, whole(0, 62)] = 0
    """The index value in force so many days before the reset day counts."""
    cap: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1)] | None = None
    """The annual rate is never above this."""
    floor: Annotated[Decimal, PLAIN_DECIMAL, Field(ge=0, le=1)] | None = None
    """The annual rate is never below this; zero when left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreed beyond the plain loan 特别约定; frozen with the terms."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    lender_type: LenderType = LenderType.BANK
    prepayment: Prepayment | None = None
    """Early repayment; left out, it is free of charge, of any amount, with interest by day."""
    repricing: Repricing | None = None
    """How the rate floats; left out, it is fixed."""
    extension: Extension | None = None
    """A person's loan: its longest term; left out, the limits for every loan hold alone."""
