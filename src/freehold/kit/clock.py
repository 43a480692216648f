"""The one source of time. Nothing else in Freehold reads the wall clock.

Instants are timezone-aware UTC datetimes, cut to whole milliseconds, because that is what the
databases keep: a value that was read back compares equal to the one that was written.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# Nanoseconds since 1970.
_source: Callable[[], int] = time.time_ns


def now() -> datetime:
    """The present instant, in UTC, cut to the millisecond."""
    return from_ms(now_ms())


def now_ms() -> int:
    """The present instant as Unix milliseconds."""
    return _source() // 1_000_000


def now_ns() -> int:
    """The present instant as Unix nanoseconds."""
    return _source()


def to_ms(instant: datetime) -> int:
    """Unix milliseconds of a timezone-aware instant; a naive one raises ValueError."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (instant - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """The UTC instant of a number of Unix milliseconds."""
    return EPOCH + timedelta(milliseconds=ms)


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z` and milliseconds: `2026-11-22T14:06:00.000Z`."""
    utc = instant.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def to_words(instant: datetime) -> str:
    """An instant as letters say it: `22 November 2026, 14:06 UTC`, to the minute."""
    utc = instant.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def set_source(source: Callable[[], float] | None) -> None:
    """Replace the clock (tests only); None puts the real one back. Seconds since 1970, as `time.time`."""
    global _source
    _source = time.time_ns if source is None else lambda: round(source() * 1_000_000_000)
