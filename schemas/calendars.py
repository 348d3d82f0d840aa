"""Business-day calendars as versioned data 营业日历. Terms and a day's event name the version, so a replay asks no library.

``every-day/1`` has every date. ``china/2026a`` has the working days of mainland China with make-up days 调休, from the shipped
file; a new year's notice makes a new version, a released one never changes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

EVERY_DAY = "every-day/1"
CHINA = "china/2026a"

_DATA = Path(__file__).parent / "data"
_FILES = {CHINA: _DATA / "china-2026a.json"}
_ADDED: dict[str, "Calendar"] = {}


class UnknownCalendar(LookupError):
    """No such version; the text lists those of this release."""


class CalendarEnds(LookupError):
    """The date lies outside what the version knows; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which dates are business days: weekdays outside ``weekend`` except ``free`` ones, and ``worked`` weekend days."""

    version: str
    weekend: frozenset[int]
    """ISO weekdays, Monday = 1."""
    free: frozenset[date]
    worked: frozenset[date]
    first: date
    last: date
    """Last date that the version knows."""

    def is_business_day(self, day: date) -> bool:
        """Whether ``day`` is one. Raises :class:`CalendarEnds` outside the version's dates."""
        if not self.first <= day <= self.last:
            raise CalendarEnds(
                f"calendar {self.version} knows {self.first} to {self.last}, not {day}: "
                "choose a newer version in the setting of the calendar"
            )
        return day in self.worked or (day.isoweekday() not in self.weekend and day not in self.free)


def calendar(version: str) -> Calendar:
    """The calendar of this version. Raises :class:`UnknownCalendar`."""
    if version not in versions():
        raise UnknownCalendar(f"calendar {version!r} is not known: this release has {', '.join(versions())}")
    return _loaded(version)


def versions() -> tuple[str, ...]:
    """The versions that this release has, and those added."""
    return (EVERY_DAY, *_FILES, *_ADDED)


def add(calendar: Calendar) -> None:
    """Make a calendar known in this process by its version, as the simulation does; a version that is known stays as it is."""
    if calendar.version not in versions():
        _ADDED[calendar.version] = calendar


@cache
def _loaded(version: str) -> Calendar:
    if version in _ADDED:
        return _ADDED[version]
    if version == EVERY_DAY:
        return Calendar(EVERY_DAY, frozenset(), frozenset(), frozenset(), date.min, date.max)
    data: Mapping[str, Any] = json.loads(_FILES[version].read_text(encoding="utf-8"))
    return Calendar(
        version=data["version"],
        weekend=frozenset(data["weekend"]),
        free=frozenset(_dates(data["free"])),
        worked=frozenset(_dates(data["worked"])),
        first=date.fromisoformat(data["from"]),
        last=date.fromisoformat(data["until"]),
    )


def _dates(by_year: Mapping[str, Iterable[str]]) -> Iterator[date]:
    return (date.fromisoformat(f"{year}-{day}") for year, days in by_year.items() for day in days)
