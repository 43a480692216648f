"""The address of a usage page: what it asks for, and the addresses of views beside it. No IO."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, cast, get_args
from urllib.parse import urlencode

from freehold.errors import FieldError, invalid
from freehold.keys.records import ALLOWED
from freehold.usage import rules
from freehold.usage.glances import requests_href
from freehold.usage.records import FILTER_FIELDS, KINDS, Filter, Grain, GroupBy, Range

# Of each name of an address, its values.
Query = Mapping[str, tuple[str, ...]]

RANGES: Final = (
    ("1h", "1 h", timedelta(hours=1)),
    ("24h", "24 h", timedelta(hours=24)),
    ("7d", "7 d", timedelta(days=7)),
    ("30d", "30 d", timedelta(days=30)),
)
# The month that runs, to its end: the one range that the page projects.
MONTH: Final = "month"
GROUPINGS: Final[tuple[tuple[GroupBy, str], ...]] = (
    ("outcome", "Outcome"), ("key", "Key"), ("endpoint", "Endpoint"), ("secret", "Secret"),
)  # fmt: skip
BUCKETS: Final[tuple[tuple[Grain, str, timedelta], ...]] = (
    ("minute", "Minute", timedelta(minutes=1)), ("hour", "Hour", timedelta(hours=1)), ("day", "Day", timedelta(days=1)),
)  # fmt: skip
FILTERS: Final = ("kind", "outcome", "key", "secret", "endpoint", "not")
_BARS_MAX: Final = 400
_CARRIED: Final = ("range", "bucket", "group_by", "table")
_VALUES_MAX: Final = 50
# What an address says of one look at a page, and no other view of it carries on.
_OF_A_MOMENT: Final = ("done", "request")


@dataclass(frozen=True, slots=True)
class View:
    """What the address of a usage page asks for. `range_name` is empty for a range of its own."""

    query: Query
    range: Range
    range_name: str
    bucket: Grain
    timezone: str
    zone: tzinfo
    group_by: GroupBy
    filter: Filter
    as_table: bool

    def address(self, project_id: str, page: str = "usage", **changed: str) -> str:
        """The same view with some of it changed."""
        return _address(f"/projects/{project_id}/{page}", with_values(self.query, **changed))

    def in_range(self, project_id: str, name: str) -> str:
        """The same view over one of the named ranges."""
        return replace(self, query=with_values(self.query, **{"from": "", "to": "", "bucket": ""})).address(
            project_id, range=name
        )

    def pinned(self, project_id: str, page: str) -> str:
        """The same view on another page, over the very range that is shown."""
        return self.address(
            project_id, page, range="", **{"from": _text(self.range.start), "to": _text(self.range.end)}
        )

    @property
    def filter_query(self) -> str:
        """The filters alone, as a query."""
        return _encoded(_kept(self.query, FILTERS))

    @property
    def carried(self) -> tuple[tuple[str, str], ...]:
        """What the filters' form has no field for, and must carry along."""
        return tuple((name, value) for name, values in _kept(self.query, _CARRIED).items() for value in values)

    def alert(self, project_id: str) -> str:
        """The form of a new alert rule on what this view shows. A rule has one key, endpoint and reason at most."""
        filter_ = read_filter({name: values for name, values in self.query.items() if name not in self.filter.excluded})
        denied = filter_.kinds in (("denied",), ("throttled",)) or any(each != ALLOWED for each in filter_.outcomes)
        metric = "denials" if denied else "failure_rate" if filter_.kinds == ("failed",) else "requests"
        named = {"key": filter_.keys, "endpoint": filter_.endpoints, "reason": filter_.outcomes if denied else ()}
        one = {name: values for name, values in named.items() if len(values) == 1}
        return f"/projects/{project_id}/alerts/new?{_encoded({'metric': (metric,), **one})}"

    def requests(self, project_id: str, **more: str) -> str:
        """The page of the requests behind this view, or behind a part of it."""
        filters = with_values(_kept(self.query, FILTERS), **more)
        return requests_href(project_id, self.range.start, self.range.end, _encoded(filters))

    def grains(self) -> list[tuple[Grain, str]]:
        """The buckets that suit the range: at least two bars, and not more than can be told apart."""
        span = self.range.end - self.range.start
        return [
            (grain, label)
            for grain, label, length in BUCKETS
            if (2 * length <= span and span / length <= _BARS_MAX) or grain == self.bucket
        ]


def read_view(query: Query, now: datetime) -> View:
    """What an address asks for, the last 24 hours where it says nothing; Problem `invalid` for a time or zone that is none."""
    start, end = instant(query, "from"), instant(query, "to")
    timezone = last(query, "timezone") or "UTC"
    zone = rules.read_zone(timezone)
    name = ""
    if start is None and end is None:
        spans = {each: span for each, _, span in RANGES}
        asked = last(query, "range")
        name = asked if asked in spans or asked == MONTH else "24h"
        start, end = rules.month_of(now, zone) if name == MONTH else (now - spans[name], now)
    range_ = rules.read_range(start, end, now)
    grouping = last(query, "group_by")
    group_by: GroupBy = next((name for name, _ in GROUPINGS if name == grouping), "outcome")
    return View(
        query, range_, name, _bucket(query, range_), timezone, zone, group_by, read_filter(query),
        last(query, "table") == "yes",
    )  # fmt: skip


def _bucket(query: Query, range_: Range) -> Grain:
    """The bucket that the address asks for; what suits the range where it asks for none or for too small a one."""
    span, asked = range_.end - range_.start, last(query, "bucket")
    lengths: dict[str, timedelta] = {grain: length for grain, _, length in BUCKETS}
    if asked not in get_args(Grain) or span / lengths.get(asked, timedelta(days=28)) > _BARS_MAX:
        return rules.bucket_for(span)
    return cast("Grain", asked)


def read_filter(query: Query) -> Filter:
    """Which decisions an address means; a kind that there is none of is left out."""
    kinds, excluded = _values(query, "kind"), _values(query, "not")
    return Filter(
        keys=_values(query, "key"), secrets=_values(query, "secret"), endpoints=_values(query, "endpoint"),
        outcomes=_values(query, "outcome"), kinds=tuple(kind for kind in KINDS if kind in kinds),
        excluded=tuple(field for field in FILTER_FIELDS if field in excluded), paths=_values(query, "path"),
    )  # fmt: skip


def instant(query: Query, name: str) -> datetime | None:
    """A time in an address, UTC unless it says otherwise; Problem `invalid` where it is none."""
    text = last(query, name)
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


def last(query: Query, name: str) -> str:
    """The value of a name that has one; of several, the last. Empty where it is absent."""
    return (query.get(name) or ("",))[-1]


def requests_address(project_id: str, query: Query, **changed: str) -> str:
    """The page of requests with some of its address changed, from its beginning."""
    return _address(f"/projects/{project_id}/requests", with_values(query, **{"cursor": "", **changed}))


def project_address(project_id: str, page: str, query: Query, **changed: str) -> str:
    """A page of a project that takes the same query, with some of it changed."""
    return _address(f"/projects/{project_id}/{page}", with_values(query, **changed))


def with_values(query: Query, **changed: str) -> Query:
    """A query with some names given one value each, or none. A filter that is given one picks it, also where it left others out."""
    left_out = tuple(name for name in query.get("not", ()) if name not in changed)
    return {**query, "not": left_out, **{name: (value,) if value else () for name, value in changed.items()}}


def without_address(project_id: str, page: str, query: Query, name: str, value: str) -> str:
    """A page with one value of a filter taken away, from its beginning."""
    left = tuple(each for each in query.get(name, ()) if each != value)
    rest = query if left else with_values(query, **{name: ""})
    return _address(f"/projects/{project_id}/{page}", {**rest, name: left, "cursor": ()})


def turned_address(project_id: str, page: str, query: Query, name: str) -> str:
    """A page with one filter turned round: what it picked is left out, or the other way."""
    excluded = query.get("not", ())
    turned = tuple(each for each in excluded if each != name) if name in excluded else (*excluded, name)
    return _address(f"/projects/{project_id}/{page}", {**query, "not": turned, "cursor": ()})


def _address(path: str, query: Query) -> str:
    asked = _encoded({name: values for name, values in query.items() if name not in _OF_A_MOMENT})
    return f"{path}?{asked}" if asked else path


def _encoded(query: Query) -> str:
    return urlencode([(name, value) for name, values in query.items() for value in values if value])


def _kept(query: Query, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {name: query[name] for name in names if any(query.get(name, ()))}


def _values(query: Query, name: str) -> tuple[str, ...]:
    """The values of a filter, each once."""
    return tuple(dict.fromkeys(value for value in query.get(name, ()) if value))[:_VALUES_MAX]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
