"""Instants on the axis of a chart, in the time zone that is asked for. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

from freehold.dashboard.charts import AxisLabel
from freehold.usage.records import Grain

_AXIS_LABELS: Final = 7


def bucket_label(at: datetime, bucket: Grain, zone: tzinfo) -> str:
    """What a bar spans, by where it begins."""
    local = at.astimezone(zone)
    if bucket == "month":
        return f"{local:%B %Y}"
    return f"{local.day} {local:%b}" if bucket == "day" else f"{local.day} {local:%b, %H:%M}"


def axis(starts: Sequence[datetime], bucket: Grain, zone: tzinfo) -> tuple[AxisLabel, ...]:
    """A handful of the bars' beginnings, as texts below them."""
    every = max(1, -(-len(starts) // _AXIS_LABELS))
    days = bucket in ("day", "month") or (len(starts) > 1 and starts[-1] - starts[0] > timedelta(days=2))
    return tuple(
        AxisLabel(index + 0.5, f"{local.day} {local:%b}" if days else f"{local:%H:%M}")
        for index, local in enumerate(start.astimezone(zone) for start in starts)
        if index % every == every // 2
    )
