"""Quiet hours 免打扰时段: when people are not written to."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From one time of day to another (exclusive) in a zone; past midnight when the end is not after the start."""

    start: time
    end: time
    zone: str
    """IANA name, e.g. ``Asia/Shanghai``."""


def quiet_until(hours: QuietHours | None, now: datetime) -> datetime | None:
    """The end of the quiet hours that ``now`` lies in; ``None`` outside of them."""
    if hours is None:
        return None
    local = now.astimezone(ZoneInfo(hours.zone))
    for days_ago in (0, 1):
        day = local.date() - timedelta(days=days_ago)
        start = datetime.combine(day, hours.start, local.tzinfo)
        end_day = day if hours.start < hours.end else day + timedelta(days=1)
        end = datetime.combine(end_day, hours.end, local.tzinfo)
        if start <= local < end:
            return end
    return None
