"""What a readable report says, added up while its rows pass: totals, a chart's bars, the largest parts, the first rows.

However many rows there are, no more is held than these few numbers. Rows come in an order that no database decides, so
what is kept of them, where not all can be, is the same each time.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from freehold.reports.records import Column, Parameters, Row
from freehold.reports.summaries import ROWS, Summary

ROWS_SHOWN: Final = 300
# So many different values of a column are told apart; what comes after them goes together.
PARTS_FOLLOWED: Final = 20_000
SPLITS_FOLLOWED: Final = 24
BARS_BY_DAY: Final = 92
OTHERS: Final = "others"
_BARS_MAX: Final = 1000
_DAY: Final = timedelta(days=1)


class Gathering:
    """What is known of the rows that have passed. `parts[column][value]`: each measure's sum."""

    def __init__(self, columns: Sequence[Column], summary: Summary, parameters: Parameters) -> None:
        self.rows = 0
        self.first: list[Row] = []
        self.totals = [0] * len(summary.measures)
        self.bars: dict[str, dict[str, int]] = {label: {} for label in _labels(parameters) if summary.over}
        self.parts: dict[str, dict[str, list[int]]] = {name: {} for name in summary.by}
        self.gathered_up: set[str] = set()
        names = [column.name for column in columns]
        self._measures = [None if name == ROWS else names.index(name) for name in summary.measures]
        self._by = [(names.index(name), self.parts[name], name) for name in summary.by]
        self._bar = _bar_of(columns, names, summary, parameters)
        self._split = _split_of(names, summary)
        self._splits: set[str] = set()

    def add(self, batch: Iterable[Row]) -> None:
        """Take some more rows into account."""
        for row in batch:
            self.rows += 1
            if len(self.first) < ROWS_SHOWN:
                self.first.append(row)
            measured = [1 if place is None else int(row[place] or 0) for place in self._measures]
            _add(self.totals, measured)
            for place, parts, name in self._by:
                self._add_part(parts, name, _text(row[place]), measured)
            if self._bar is not None:
                self._add_bar(self._bar(row), self._split(row), measured[0])

    def _add_part(self, parts: dict[str, list[int]], name: str, value: str, measured: list[int]) -> None:
        if value not in parts and len(parts) >= PARTS_FOLLOWED:
            self.gathered_up.add(name)
            value = OTHERS
        _add(parts.setdefault(value, [0] * len(measured)), measured)

    def _add_bar(self, bar: str, split: str, count: int) -> None:
        if split not in self._splits and len(self._splits) >= SPLITS_FOLLOWED:
            split = OTHERS
        self._splits.add(split)
        if bar in self.bars or len(self.bars) < _BARS_MAX:
            counts = self.bars.setdefault(bar, {})
            counts[split] = counts.get(split, 0) + count


def by_month(parameters: Parameters) -> bool:
    """Whether a period is so long that its bars are months."""
    return bool(parameters.since and parameters.until and (parameters.until - parameters.since).days > BARS_BY_DAY)


def _labels(parameters: Parameters) -> Iterable[str]:
    """The bars of a period, those with nothing in them too."""
    if parameters.since is None or parameters.until is None:
        return []
    days = (
        (parameters.since + place * _DAY).isoformat() for place in range((parameters.until - parameters.since).days)
    )
    return dict.fromkeys(day[:7] for day in days) if by_month(parameters) else days


def _bar_of(
    columns: Sequence[Column], names: list[str], summary: Summary, parameters: Parameters
) -> Callable[[Row], str] | None:
    if summary.over is None:
        return None
    place, length = names.index(summary.over), 7 if by_month(parameters) else 10
    if columns[place].type == "instant":
        zone = ZoneInfo(parameters.time_zone)
        return lambda row: row[place].astimezone(zone).date().isoformat()[:length]
    return lambda row: str(row[place])[:length]


def _split_of(names: list[str], summary: Summary) -> Callable[[Row], str]:
    split = summary.split
    if split is None:
        return lambda _row: summary.unit
    places = [names.index(name) for name in split.columns]
    return lambda row: split.name(*(row[place] for place in places))


def _text(value: Any) -> str:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return "" if value is None else str(value)


def _add(sums: list[int], measured: list[int]) -> None:
    for place, value in enumerate(measured):
        sums[place] += value
