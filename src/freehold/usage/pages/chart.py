"""The chart of usage: sums over time as bars, each with the requests behind it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from freehold.dashboard.charts import AxisLabel, BarChart, Bucket, Series, Tone
from freehold.usage import rules
from freehold.usage.glances import OUTCOME_SERIES, by_outcome, requests_href
from freehold.usage.pages.address import View
from freehold.usage.records import Grain, GroupBy, Point, Usage

_TONES: Final[tuple[Tone, ...]] = ("a", "b", "c", "d", "e", "f")
_AXIS_LABELS: Final = 7
_EACH: Final[dict[Grain, str]] = {"minute": "By minute", "hour": "Hourly", "day": "Daily", "month": "Monthly"}


def usage_chart(usage: Usage, view: View, project_id: str, routes: Mapping[str, str]) -> BarChart:
    """Usage as stacked bars, by outcome or by group. `routes`: method and path of each operation id."""
    by_time: dict[datetime, list[Point]] = {}
    for point in usage.series:
        by_time.setdefault(point.at, []).append(point)
    # Not those of the series: divided among nobody, it has none.
    starts = rules.buckets(view.range, view.bucket, UTC)
    ends = [*starts[1:], view.range.end]
    return BarChart(
        title=f"Requests by {view.group_by}", unit=f"{_EACH[view.bucket]}, UTC", series=_series(usage, view.group_by, routes),
        buckets=tuple(
            Bucket(_label(at, view.bucket), _bar(by_time.get(at, ()), view.group_by), requests_href(project_id, at, end, view.filter_query))
            for at, end in zip(starts, ends, strict=True)
        ),
        axis=_axis(starts, view.bucket),
    )  # fmt: skip


def _series(usage: Usage, group_by: GroupBy, routes: Mapping[str, str]) -> tuple[Series, ...]:
    if group_by == "outcome":
        return OUTCOME_SERIES
    return tuple(Series(_tone(index), routes.get(each.id, each.name)) for index, each in enumerate(usage.groups))


def _bar(points: Sequence[Point], group_by: GroupBy) -> tuple[int, ...]:
    if group_by == "outcome":
        return by_outcome(points[0].counts)
    return tuple(point.counts.requests for point in points)


def _tone(index: int) -> Tone:
    return _TONES[index] if index < len(_TONES) else "rest"


def _label(at: datetime, bucket: Grain) -> str:
    return f"{at.day} {at:%b}" if bucket in ("day", "month") else f"{at.day} {at:%b, %H:%M}"


def _axis(starts: Sequence[datetime], bucket: Grain) -> tuple[AxisLabel, ...]:
    every = max(1, -(-len(starts) // _AXIS_LABELS))
    days = len(starts) > 1 and starts[-1] - starts[0] > timedelta(days=2)
    return tuple(
        AxisLabel(index + 0.5, f"{at.day} {at:%b}" if days or bucket in ("day", "month") else f"{at:%H:%M}")
        for index, at in enumerate(starts)
        if index % every == every // 2
    )
