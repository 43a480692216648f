"""Proving the totals: every row of them against the rollup rows that it adds up. Changes nothing."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Table, case, func, literal, select, type_coerce

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import usage_rollups, usage_totals
from freehold.usage.findings import Finding, Report, latencies_in
from freehold.usage.records import Counts, Grain
from freehold.usage.rollups import DAY_MS
from freehold.usage.sum_sources import SUMS
from freehold.usage.totals import DIVIDED_GRAIN, DIVISIONS, Division

_R, _T = usage_rollups.c, usage_totals.c
_NAMED: Final[Mapping[Division, tuple[str, ...]]] = {
    "whole": (), "key": ("key_id", "secret"), "endpoint": ("endpoint",), "outcome": ("outcome",),
}  # fmt: skip
# As many days are compared at once as fit in memory.
_SLICE_DAYS: Final[Mapping[Grain, int]] = {"minute": 1, "hour": 100}
# Of rows from before there were sketches, no total has latencies either.
_LATENCIES: Final = func.sum(case((_R.latency.is_not(None), _R.latency_count), else_=0))

_Rows = dict[tuple[Any, ...], tuple[int, ...]]


def compare_totals(tx: Transaction, report: Report, project_id: str, since: Mapping[str, int], end_ms: int) -> None:
    """Compare a project's totals with its rollups, from the Unix milliseconds on from which a grain has all of its rows."""
    grains: tuple[Grain, ...] = ("minute", "hour", "day", "month")
    for grain in grains:
        for start, end in _slices(grain, since.get(grain, 0), end_ms):
            for division in DIVISIONS if grain == DIVIDED_GRAIN else ("whole",):
                _compare(tx, report, project_id, division, grain, (start, end))


def _slices(grain: Grain, start_ms: int, end_ms: int) -> Iterable[tuple[int, int]]:
    days = _SLICE_DAYS.get(grain)
    if days is None:
        return [(start_ms, end_ms)]
    first_ms, width_ms = start_ms - start_ms % DAY_MS, days * DAY_MS
    return ((at, min(at + width_ms, end_ms)) for at in range(first_ms, end_ms, width_ms))


def _compare(
    tx: Transaction, report: Report, project_id: str, division: Division, grain: Grain, within: tuple[int, int]
) -> None:
    added = _of_rollups(tx, project_id, division, grain, within)
    kept = dict(_of_totals(tx, report, project_id, division, grain, within))
    report.compared += len(kept)
    for part in sorted({part for part in added.keys() | kept.keys() if added.get(part) != kept.get(part)}):
        what = " ".join(filter(None, part[1:])) or "all"
        words = f"{what}: the {grain}'s total says {_said(kept.get(part))}, its rollups {_said(added.get(part))}"
        report.add(Finding(project_id, f"{grain} and total{_by(division)}", clock.from_ms(part[0]), words))


def _of_rollups(tx: Transaction, project_id: str, division: Division, grain: Grain, within: tuple[int, int]) -> _Rows:
    columns = _columns(usage_rollups, division)
    latencies = _LATENCIES if division == "whole" else literal(0)
    query = select(*columns, *SUMS, latencies).where(*_bounds(usage_rollups, project_id, grain, within))
    width = len(columns)
    return {tuple(row[:width]): tuple(map(int, row[width:])) for row in tx.execute(query.group_by(*columns))}


def _of_totals(
    tx: Transaction, report: Report, project_id: str, division: Division, grain: Grain, within: tuple[int, int]
) -> Iterator[tuple[tuple[Any, ...], tuple[int, ...]]]:
    columns = _columns(usage_totals, division)
    query = select(*columns, *(_T[name] for name in Counts._fields), _T.latency)
    rows = tx.execute(query.where(*_bounds(usage_totals, project_id, grain, within), _T.division == division))
    for *part, latency in rows:
        place, counts = tuple(part[: len(columns)]), tuple(part[len(columns) :])
        held = latencies_in(latency) if latency else 0
        if isinstance(held, str):
            report.add(Finding(project_id, f"latencies by {grain}", clock.from_ms(place[0]), f"a total holds {held}"))
            held = 0
        yield place, (*counts, held)


def _columns(table: Table, division: Division) -> list[Any]:
    # As milliseconds: what is compared is not shown.
    return [type_coerce(table.c.bucket_at, BigInteger), *(table.c[name] for name in _NAMED[division])]


def _bounds(table: Table, project_id: str, grain: Grain, within: tuple[int, int]) -> list[Any]:
    of, at = table.c, type_coerce(table.c.bucket_at, BigInteger)
    return [of.project_id == project_id, of.grain == grain, at >= within[0], at < within[1]]


def _by(division: Division) -> str:
    return "" if division == "whole" else f" by {division}"


def _said(counts: tuple[int, ...] | None) -> str:
    if counts is None:
        return "nothing"
    requests, cost, *_ = counts
    return f"{requests} requests, {cost} units, {'/'.join(map(str, counts[2:-1]))} of the kinds, {counts[-1]} latencies"
