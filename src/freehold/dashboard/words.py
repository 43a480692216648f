"""How numbers, times and limits are written on a page. Pure; knows no product noun.

Times are written in UTC and say so; the browser adds the local time as a hint on hover.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


def number(value: int) -> str:
    """A whole number with thousands separated: `13,265`."""
    return f"{value:,}"


def percent(part: int, whole: int, places: int = 2) -> str:
    """A share in per cent without the sign, or an en dash of nothing. Never 100 where something is missing."""
    if whole == 0:
        return "–"
    text = f"{part / whole * 100:.{places}f}"
    return f"{100 - 10**-places:.{places}f}" if part < whole and float(text) == 100 else text


def plural(count: int, singular: str) -> str:
    """A count with its noun: `1 key`, `3 keys`, `2 deliveries`."""
    many = f"{singular[:-1]}ies" if singular.endswith("y") and singular[-2] not in "aeiou" else f"{singular}s"
    return f"{count:,} {singular if count == 1 else many}"


def rfc3339(at: datetime) -> str:
    """The machine-readable form of an instant, for `<time datetime>`."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def moment(at: datetime) -> str:
    """An instant to the minute: `22 Nov 2026, 14:06 UTC`."""
    return f"{day(at)}, {at:%H:%M} UTC"


def second(at: datetime) -> str:
    """An instant to the millisecond: `22 Nov 2026, 14:59:41.208 UTC`."""
    return f"{day(at)}, {clock_time(at)} UTC"


def day(at: datetime) -> str:
    """A date in UTC: `22 Nov 2026`."""
    return f"{at.day} {at:%b %Y}"


def clock_time(at: datetime) -> str:
    """A time of day to the millisecond: `14:59:41.208`."""
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"


def logged(at: datetime) -> str:
    """An instant in a list of many days: `22 Nov 14:59:41.208`."""
    return f"{at.day} {at:%b} {clock_time(at)}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago (or how soon) an instant is, in its largest unit: `4 min ago`, `in 2 d`."""
    elapsed = int((now - at).total_seconds())
    if elapsed >= 0:
        return "just now" if elapsed < 1 else f"{span(elapsed)} ago"
    return f"in {span(-elapsed)}"


def span(seconds: int) -> str:
    """A length of time in its largest whole unit: `40 s`, `4 min`, `3 h`, `12 d`."""
    if seconds < _MINUTE_S:
        return f"{seconds} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h"
    return f"{seconds // _DAY_S} d"


def recent(at: datetime, now: datetime) -> str:
    """A time as a list of events shows it: the time today, `Yesterday`, or the day."""
    if at.date() == now.date():
        return f"{at:%H:%M}"
    if at.date() == (now - timedelta(days=1)).date():
        return "Yesterday"
    return f"{at.day} {at:%b}" if at.year == now.year else day(at)


def milliseconds(microseconds: int | None) -> str:
    """A duration in milliseconds, exact below ten: `0.4`, `84`, `10,004`; an en dash where unknown."""
    if microseconds is None:
        return "–"
    if microseconds < 10_000:
        return f"{microseconds / 1000:.1f}"
    return f"{round(microseconds / 1000):,}"


def rate(limit: int, window_s: int) -> str:
    """A rate limit in words: `600 per minute`, `5 per 10 s`."""
    names = {1: "second", _MINUTE_S: "minute", _HOUR_S: "hour", _DAY_S: "day"}
    return f"{limit:,} per {names.get(window_s) or span(window_s)}"


def initials(name: str) -> str:
    """Two letters that stand for a person: of the first and last word, or of an address."""
    words = [word for word in name.partition("@")[0].replace(".", " ").replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()


def listing(items: Sequence[str]) -> str:
    """Items as a sentence reads them: `a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
