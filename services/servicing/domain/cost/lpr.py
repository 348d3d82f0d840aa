"""Loan prime rate 贷款市场报价利率 (LPR) as dated data: one year, and above five years, by the day of publication.

Published by the National Interbank Funding Center on the 20th of the month, the next working day if a holiday (PBOC announcement
〔2019〕No 15). Values that only repeat the month before are not listed. :data:`KNOWN_UNTIL` is the last day for which the table
speaks: after it nothing is guessed, a newer table is needed.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_UNCONFIRMED = "general knowledge of the PBOC's monthly announcement: a person confirms it before it decides"
_XINHUA = "Xinhua, 2021-05-20: 3.85 % and 4.65 % for 13 months since April 2020"
_GOVERNMENT = "english.www.gov.cn, 2022-11-21"
_READ_2024 = "readings of 2024-11-20 and 2025-01-20 in the press"
_XINHUA_2026 = (
    "Xinhua, 2026-01-20 (en.people.cn/n3/2026/0120/c90000-20416397.html): 3 % and 3.5 %, unchanged from the month before; "
    "the day of the change is general knowledge"
)


@dataclass(frozen=True, slots=True)
class Published:
    """One publication that changed a value; fractions of one."""

    on: date
    one_year: Decimal
    five_years: Decimal
    source: str


class LprUnknown(LookupError):
    """The table says nothing of the date; the text names what it covers."""


def _row(day: str, one_year: str, five_years: str, source: str = _UNCONFIRMED) -> Published:
    return Published(date.fromisoformat(day), Decimal(one_year).scaleb(-2), Decimal(five_years).scaleb(-2), source)


TABLE = (
    _row("2019-08-20", "4.25", "4.85"),
    _row("2019-09-20", "4.20", "4.85"),
    _row("2019-11-20", "4.15", "4.80"),
    _row("2020-02-20", "4.05", "4.75"),
    _row("2020-04-20", "3.85", "4.65", _XINHUA),
    _row("2021-12-20", "3.80", "4.65"),
    _row("2022-01-20", "3.70", "4.60"),
    _row("2022-05-20", "3.70", "4.45"),
    _row("2022-08-22", "3.65", "4.30", _GOVERNMENT),
    _row("2023-06-20", "3.55", "4.20"),
    _row("2023-08-21", "3.45", "4.20"),
    _row("2024-02-20", "3.45", "3.95"),
    _row("2024-07-22", "3.35", "3.85"),
    _row("2024-10-21", "3.10", "3.60", _READ_2024),
    _row("2025-05-20", "3.00", "3.50", _XINHUA_2026),
)
"""Every change since the reform, in order."""
KNOWN_UNTIL = date(2026, 2, 23)
"""The day before the first publication that the table does not know: that of February 2026, due on the 24th after the holidays."""


def lpr(day: date, table: tuple[Published, ...] = TABLE, known_until: date = KNOWN_UNTIL) -> Published:
    """The publication in force on ``day``. Raises :class:`LprUnknown` outside the table."""
    if not table[0].on <= day <= known_until:
        raise LprUnknown(f"the table of the LPR covers {table[0].on} to {known_until}, not {day}: bring a newer one")
    return next(row for row in reversed(table) if row.on <= day)
