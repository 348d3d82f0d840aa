"""What the demo is asked to do."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from loanstream.demo.applications import cases
from loanstream.demo.behaviour import due_date

START = date(2026, 1, 5)
"""The demo's first business day: fixed, so that the same seed always gives the same dates."""

LONGEST = timedelta(days=12 * 366)
"""No loan of the data runs longer than six years; twelve are enough for all arrears, and end a run that never ends."""

_AHEAD = re.compile(r"\+(\d{1,3})([dmy])")
_MONTHS = {"m": 1, "y": 12}


class BadOption(ValueError):
    """An option cannot be used; the text names it and says what it accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """Options of the command ``loanstream demo``."""

    loans: int = 1000
    """How many of the applications are sent, in the order of the data."""
    until: date | None = None
    """Last business day; ``None`` goes on until every loan is closed."""
    seed: int = 1
    """Decides everything that the data leaves open; the same seed gives the same result."""
    api: str | None = None
    """Address of a running system; ``None`` is for the caller to find or start one."""
    json: bool = False
    """Whether the summary is one JSON object instead of tables."""

    def __post_init__(self) -> None:
        """Raises :class:`BadOption`."""
        if not 1 <= self.loans <= len(cases()):
            raise BadOption(f"--loans {self.loans}: the data has 1 to {len(cases())} applications")
        if not 0 <= self.seed < 10**9:
            raise BadOption(f"--seed {self.seed}: a whole number from 0 to 999999999")
        if self.until is not None and not START <= self.until <= START + LONGEST:
            raise BadOption(f"--until {self.until}: a day from {START} to {START + LONGEST}")


def until_of(text: str | None) -> date | None:
    """The day of ``--until``: a date, or ``+12m``, ``+90d``, ``+2y`` after the demo's first day. Raises :class:`BadOption`."""
    if text is None:
        return None
    ahead = _AHEAD.fullmatch(text)
    try:
        if ahead is None:
            return date.fromisoformat(text)
        number, unit = int(ahead[1]), ahead[2]
        return START + timedelta(number) if unit == "d" else due_date(START, number * _MONTHS[unit])
    except ValueError:
        raise BadOption(
            f"--until {text}: a date like 2027-01-05, or a time after {START} like +12m, +90d, +2y"
        ) from None
