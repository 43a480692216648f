"""Days of a time zone: which there are, and where each begins. Pure, but for the time-zone database that is read once.

A day begins at its first instant: where clocks leap over midnight, at the leap; where they show it twice, at the first
time. So days have 23 or 25 hours where clocks are changed, each instant lies in exactly one, and none is left out.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from freehold.reports.records import UTC_NAME

NAME_MAX: Final = 64
_DAY: Final = timedelta(days=1)


def is_known(time_zone: str) -> bool:
    """Whether an IANA time zone of this name is known here."""
    return time_zone == UTC_NAME or time_zone in _names()


def names() -> tuple[str, ...]:
    """The names of all time zones, in the order of letters, for people to choose from."""
    return tuple(sorted(name for name in _names() if "/" in name and not name.startswith("Etc/")))


def starts_at(day: date, time_zone: str) -> datetime:
    """The first instant of a day, in UTC; KeyError where the time zone is not known."""
    if time_zone == UTC_NAME:
        # Known even on a machine without the time-zone database.
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def days_between(start: datetime, end: datetime, time_zone: str) -> Iterator[tuple[date, datetime, datetime]]:
    """Each day from the one that begins at `start` to the one that ends at `end`: itself, its first instant, that of the next."""
    zone = UTC if time_zone == UTC_NAME else ZoneInfo(time_zone)
    day = start.astimezone(zone).date()
    while start < end:
        day, following = day + _DAY, starts_at(day + _DAY, time_zone)
        yield day - _DAY, start, following
        start = following


def begins_on_the_hour(day: date, time_zone: str) -> bool:
    """Whether a day begins with an hour of UTC, so that sums by the hour are cut where it is."""
    return starts_at(day, time_zone).minute == 0


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    # What `localtime` names differs from machine to machine, and `Factory` is none.
    return frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}
