"""The address of a usage page: what it asks for, and the addresses of views beside it. No IO."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, cast, get_args
from urllib.parse import urlencode

from freehold.errors import FieldError, invalid
from freehold.usage import rules
from freehold.usage.glances import requests_href
from freehold.usage.records import KINDS, Filter, Grain, GroupBy, Range

RANGES: Final = (
    ("1h", "1 h", timedelta(hours=1)),
    ("24h", "24 h", timedelta(hours=24)),
    ("7d", "7 d", timedelta(days=7)),
    ("30d", "30 d", timedelta(days=30)),
)
GROUPINGS: Final[tuple[tuple[GroupBy, str], ...]] = (("outcome", "Outcome"), ("key", "Key"), ("endpoint", "Endpoint"))
BUCKETS: Final[tuple[tuple[Grain, str, timedelta], ...]] = (
    ("minute", "Minute", timedelta(minutes=1)), ("hour", "Hour", timedelta(hours=1)), ("day", "Day", timedelta(days=1)),
)  # fmt: skip
_BARS_MAX: Final = 400
_FILTERS: Final = ("key", "secret", "endpoint", "outcome", "kind")
_CARRIED: Final = ("range", "from", "to", "bucket", "group_by", "secret")


@dataclass(frozen=True, slots=True)
class View:
    """What the address of a usage page asks for. `range_name` is empty for a range of its own."""

    query: Mapping[str, str]
    range: Range
    range_name: str
    bucket: Grain
    group_by: GroupBy
    filter: Filter

    def address(self, project_id: str, **changed: str) -> str:
        """The same view with some of it changed."""
        return _address(f"/projects/{project_id}/usage", {**self.query, **changed})

    def in_range(self, project_id: str, name: str) -> str:
        """The same view over one of the named ranges."""
        return replace(self, query={**self.query, "from": "", "to": "", "bucket": ""}).address(project_id, range=name)

    @property
    def filter_query(self) -> str:
        """The filters alone, as a query."""
        return urlencode(_kept(self.query, _FILTERS))

    @property
    def carried(self) -> tuple[tuple[str, str], ...]:
        """What the filters' form has no field for, and must carry along."""
        return tuple(_kept(self.query, _CARRIED).items())

    def requests(self, project_id: str, **more: str) -> str:
        """The page of the requests behind this view, or behind a part of it."""
        filters = {**_kept(self.query, _FILTERS), **more}
        return requests_href(project_id, self.range.start, self.range.end, urlencode(filters))

    def grains(self) -> list[tuple[Grain, str]]:
        """The buckets that suit the range: at least two bars, and not more than can be told apart."""
        span = self.range.end - self.range.start
        return [
            (grain, label)
            for grain, label, length in BUCKETS
            if (2 * length <= span and span / length <= _BARS_MAX) or grain == self.bucket
        ]


def read_view(query: Mapping[str, str], now: datetime) -> View:
    """What an address asks for, the last 24 hours where it says nothing; Problem `invalid` for a time that is none."""
    start, end = instant(query, "from"), instant(query, "to")
    name = ""
    if start is None and end is None:
        spans = {each: span for each, _, span in RANGES}
        name = query.get("range", "") if query.get("range") in spans else "24h"
        start, end = now - spans[name], now
    range_ = rules.read_range(start, end, now)
    grouping = query.get("group_by")
    group_by: GroupBy = next((name for name, _ in GROUPINGS if name == grouping), "outcome")
    return View(query, range_, name, _bucket(query, range_), group_by, read_filter(query))


def _bucket(query: Mapping[str, str], range_: Range) -> Grain:
    """The bucket that the address asks for; what suits the range where it asks for none or for too small a one."""
    span, asked = range_.end - range_.start, query.get("bucket", "")
    lengths: dict[str, timedelta] = {grain: length for grain, _, length in BUCKETS}
    if asked not in get_args(Grain) or span / lengths.get(asked, timedelta(days=28)) > _BARS_MAX:
        return rules.bucket_for(span)
    return cast("Grain", asked)


def read_filter(query: Mapping[str, str]) -> Filter:
    """Which decisions an address means."""
    kind = query.get("kind")
    return Filter(
        key=query.get("key") or None, secret=query.get("secret") or None, endpoint=query.get("endpoint") or None,
        outcome=query.get("outcome") or None, kind=next((each for each in KINDS if each == kind), None),
    )  # fmt: skip


def instant(query: Mapping[str, str], name: str) -> datetime | None:
    """A time in an address, UTC unless it says otherwise; Problem `invalid` where it is none."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        # A `+` of a time zone arrives as a blank where somebody wrote the address by hand.
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise invalid(
            FieldError(name, f"{text!r} is no time. Write it like 2026-11-22T14:00:00Z.", "invalid_time")
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def requests_address(project_id: str, query: Mapping[str, str], **changed: str) -> str:
    """The page of requests with some of its address changed, from its beginning."""
    return _address(f"/projects/{project_id}/requests", {**query, "cursor": "", **changed})


def _address(path: str, query: Mapping[str, str]) -> str:
    asked = urlencode({name: value for name, value in query.items() if value and name != "done"})
    return f"{path}?{asked}" if asked else path


def _kept(query: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: query[name] for name in names if query.get(name)}
