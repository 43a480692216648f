"""The chart of usage: sums over time as bars, each with the requests behind it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from freehold.dashboard.charts import BarChart, Bucket, Series, Tone
from freehold.dashboard.views.usage import Change
from freehold.usage import rules
from freehold.usage.glances import OUTCOME_SERIES, by_outcome, requests_href
from freehold.usage.pages import changes as happened
from freehold.usage.pages.address import View
from freehold.usage.pages.times import axis, bucket_label
from freehold.usage.records import Divided, Grain, GroupBy, Point

_TONES: Final[tuple[Tone, ...]] = ("a", "b", "c", "d", "e", "f")
_EACH: Final[dict[Grain, str]] = {"minute": "By minute", "hour": "Hourly", "day": "Daily", "month": "Monthly"}


def usage_chart(
    divided: Divided, view: View, project_id: str, routes: Mapping[str, str], changes: Sequence[Change] = ()
) -> BarChart:
    """Usage as stacked bars, by outcome or by group. `routes`: method and path of each operation id."""
    by_time: dict[datetime, list[Point]] = {}
    for point in divided.series:
        by_time.setdefault(point.at, []).append(point)
    # Not those of the series: divided among nobody, it has none.
    starts = rules.buckets(view.range, view.bucket, view.zone)
    ends = [*starts[1:], view.range.end]
    return BarChart(
        title=f"Requests by {view.group_by}", unit=f"{_EACH[view.bucket]}, {view.timezone}", series=_series(divided, view.group_by, routes),
        buckets=tuple(
            Bucket(
                bucket_label(at, view.bucket, view.zone), _bar(by_time.get(at, ()), view.group_by),
                requests_href(project_id, at, end, view.filter_query),
            )
            for at, end in zip(starts, ends, strict=True)
        ),
        axis=axis(starts, view.bucket, view.zone), marks=happened.marks(changes, starts, view.range.end),
    )  # fmt: skip


def _series(divided: Divided, group_by: GroupBy, routes: Mapping[str, str]) -> tuple[Series, ...]:
    if group_by == "outcome":
        return OUTCOME_SERIES
    return tuple(Series(_tone(index), routes.get(each.id, each.name)) for index, each in enumerate(divided.groups))


def _bar(points: Sequence[Point], group_by: GroupBy) -> tuple[int, ...]:
    if group_by == "outcome":
        return by_outcome(rules.total(point.counts for point in points))
    return tuple(point.counts.requests for point in points)


def _tone(index: int) -> Tone:
    return _TONES[index] if index < len(_TONES) else "rest"
