"""The words in which terms are agreed; each value is what a document or an interface writes."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP
from enum import StrEnum


class Family(StrEnum):
    """Convention family of the arithmetic; changing it is a new product version (rule 4)."""

    PROGRESSIVE = "progressive"
    """Actual-days declining balance: a plan that every transaction changes from its date on."""
    CUMULATIVE = "cumulative"
    """Row by row on the scheduled balance, ACT/365F where days are actual."""


class Method(StrEnum):
    """Repayment method 还款方式."""

    EQUAL_INSTALMENT = "equal-instalment"
    """等额本息."""
    EQUAL_PRINCIPAL = "equal-principal"
    """等额本金."""
    INTEREST_ONLY = "interest-only"
    """先息后本."""
    BULLET = "bullet"
    """一次还本付息."""
    FLAT = "flat"
    """等本等息: interest on what was disbursed, never on the balance."""
    GRADED = "graded"
    """等额递增: the instalment grows every so many rows, by a percentage 等比 or an amount 等差."""
    BALLOON = "balloon"
    """气球贷: level instalments, and an agreed amount of principal that is left for the last row."""
    CUSTOM = "custom"
    """Principal falls due as a list of days and amounts says."""


class Unit(StrEnum):
    """Unit of a span of time or of a rate."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Leap(StrEnum):
    """How many days a year has where the actual year counts."""

    CALENDAR_YEAR = "calendar-year"
    """366 in a leap year; a period over New Year is split."""
    PERIOD_WITH_LEAP_DAY = "period-with-leap-day"
    """366 only for a period that holds 29 February, 365 for any other."""


class InterestBy(StrEnum):
    """What interest is counted in."""

    DAY = "day"
    PERIOD = "period"


class Anchor(StrEnum):
    """The date from which due dates are counted."""

    DISBURSEMENT = "disbursement"
    APPLICATION = "application"
    AGREED = "agreed"
    """A day of the contract, e.g. that of the delivery or one of the partner who sells the goods."""


class MonthEnd(StrEnum):
    """Where a due date falls in a month that is too short for its day."""

    KEEP_DAY = "keep-day"
    """On the last day, and back to the agreed day afterwards."""
    DRIFT = "drift"
    """On the last day, and the later ones stay on that day."""

    LAST_DAY = "last-day"
    """Counted from the last day of a month, it is the last day of every month."""


class Stub(StrEnum):
    """Where the odd period is, and whether it stands alone or is joined to the regular one beside it."""

    FIRST_SHORT = "first-short"
    FIRST_LONG = "first-long"
    LAST_SHORT = "last-short"
    LAST_LONG = "last-long"


class Counting(StrEnum):
    """Which of the two ends of a span bears interest."""

    FIRST_DAY = "first-day"
    """算头不算尾: the first day does, the last does not."""
    LAST_DAY = "last-day"
    """算尾不算头: the last day does, the first does not."""


class Remainder(StrEnum):
    """Which row takes in what rounding leaves."""

    LAST = "last"
    FIRST = "first"
    """The first row that repays principal."""


class Rest(StrEnum):
    """How often interest is recalculated on what is really outstanding."""

    DAILY = "daily"
    PERIOD = "period"
    WEEKLY = "weekly"
    """On the weekday of the first day of the loan."""
    MONTHLY = "monthly"
    """On the day of the month of its first day."""


class Preclosure(StrEnum):
    """Until when a loan that is closed early bears interest."""

    CLOSING_DATE = "closing-date"
    REST_DATE = "rest-date"
    """Until the next due date."""


class Prepaid(StrEnum):
    """What principal repaid before its row is due makes of the rows after it, in the cumulative family."""

    INSTALMENT = "lower-instalment"
    """The rest is levelled over the rows that are left."""
    NUMBER = "fewer-instalments"
    """The instalment stays, the last rows fall away."""
    NEXT = "next-instalments"
    """The next rows ask for as much less."""


class Processing(StrEnum):
    """In which direction an allocation order is read."""

    HORIZONTAL = "horizontal"
    """One instalment is settled before the next."""
    VERTICAL = "vertical"
    """One component is settled over all instalments before the next component."""
    IN_RUNS = "in-runs"
    """Slots of one class that follow each other are settled one instalment after the other before the next run of slots."""


class Due(StrEnum):
    """Class of an instalment, judged on the value date of the payment (rule 9)."""

    PAST_DUE = "past-due"
    DUE = "due"
    IN_ADVANCE = "in-advance"


class Component(StrEnum):
    """Component of a debt that this ledger keeps; twelve slots name four, wider orders are mapped onto them (rule 9)."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class FutureRule(StrEnum):
    """Which instalments a payment in advance settles."""

    NEXT = "next-instalment"
    LAST = "last-instalment"
    REAMORTISE = "re-amortise"
    """Spread evenly over all future instalments."""
    NEXT_LAST = "next-last-instalment"
    """The running instalment first, then from the last backwards."""


class TransactionKind(StrEnum):
    """Kinds of transactions (rule 10)."""

    DISBURSEMENT = "disbursement"
    DISBURSEMENT_FEE = "disbursement-fee"
    """Charges of the disbursement, paid with it."""
    DOWN_PAYMENT = "down-payment"
    REPAYMENT = "repayment"
    MERCHANT_ISSUED_REFUND = "merchant-issued-refund"
    PAYOUT_REFUND = "payout-refund"
    INTEREST_REFUND = "interest-refund"
    GOODWILL_CREDIT = "goodwill-credit"
    INTEREST_PAYMENT_WAIVER = "interest-payment-waiver"
    CHARGE_ADJUSTMENT = "charge-adjustment"
    RECOVERY = "recovery"
    """Money that comes in after the write-off."""
    CHARGE_WAIVER = "charge-waiver"
    WRITE_OFF = "write-off"
    CHARGE_OFF = "charge-off"
    CHARGEBACK = "chargeback"
    CREDIT_BALANCE_REFUND = "credit-balance-refund"


class AfterChargeOff(StrEnum):
    """What becomes of interest and due dates when a loan is charged off."""

    GOES_ON = "goes-on"
    """Nothing changes for the debtor."""
    STOPS = "stops"
    """No interest arises after the day; instalments stay, so that more of them is principal."""
    ACCELERATES = "accelerates"
    """All that is outstanding falls due on the day, with interest up to it."""


class ChargeTime(StrEnum):
    """When a charge falls due."""

    DISBURSEMENT = "disbursement"
    DUE_DATE = "due-date"
    INSTALMENT = "instalment"
    TRANCHE = "tranche"
    """With each disbursement, on its amount."""
    OVERDUE = "overdue"
    """With an instalment that is not paid in time: never in normal performance."""


class ChargeBasis(StrEnum):
    """What a charge is a part of."""

    FLAT = "flat"
    AMOUNT = "amount"
    INTEREST = "interest"
    AMOUNT_AND_INTEREST = "amount-and-interest"


class RoundingMode(StrEnum):
    """Rounding modes; the values are those of :mod:`decimal`."""

    HALF_EVEN = ROUND_HALF_EVEN
    HALF_UP = ROUND_HALF_UP
    HALF_DOWN = ROUND_HALF_DOWN
    UP = ROUND_UP
    DOWN = ROUND_DOWN
    CEILING = ROUND_CEILING
    FLOOR = ROUND_FLOOR
