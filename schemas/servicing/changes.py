"""Vocabularies of the changes of a running loan."""

from enum import StrEnum


class PrepaymentMode(StrEnum):
    """What becomes of the loan when principal is repaid early 提前还款方式."""

    FULL = "full"
    """全部: the loan is settled."""
    SHORTEN_TERM = "shorten-term"
    """缩短期限: the instalment stays, there are fewer."""
    LOWER_INSTALMENT = "lower-instalment"
    """减少月供: the dates stay, each instalment is smaller."""


class HolidayInterest(StrEnum):
    """Whether interest runs during a payment holiday."""

    ACCRUES = "accrues"
    FORGONE = "forgone"
    """免息: it is never asked for."""


class HolidayDue(StrEnum):
    """When the interest of a payment holiday is due."""

    AT_END = "at-end"
    """With the first instalment after it."""
    SPREAD = "spread"
    """In equal parts over the instalments after it."""
    CAPITALISED = "capitalised"
    """It becomes principal on the first day after it and bears interest 利息转本金."""
