"""The sums that pages ask for most, in few rows: a project's as a whole, and its hours' by key, by endpoint and by outcome. Pure.

A rollup row is of one key, secret, endpoint, outcome and class of status: a busy hour has a hundred of them. A row of
totals is what a chart shows of it: one division's part of a bucket, the kinds of decisions side by side. Totals are made
of the same sums as the rollups and stand in the same transaction, so each can be proved against the rollup rows it adds up.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, Literal, NamedTuple, get_args

from freehold.keys.records import ALLOWED
from freehold.kit.sketch import Sketch, merge
from freehold.usage.records import GRAINS, KINDS, Counts, Filter, Grain, GroupBy
from freehold.usage.rollups import STARTS, Slot, Sums
from freehold.usage.rules import kind_of, total

# What a project's usage is divided by: not at all, or by what its decisions have in common. By key is by secret too.
Division = Literal["whole", "key", "endpoint", "outcome"]

DIVISIONS: Final[tuple[Division, ...]] = get_args(Division)
# A day of rollup rows is read as quickly as its parts would be: only hours are worth being divided once more.
DIVIDED_GRAIN: Final[Grain] = "hour"

# Of `Counts`, the kinds stand behind what is of all of them.
_WIDTH: Final = len(Counts._fields)
_KINDS_BEGIN: Final = _WIDTH - len(KINDS)


class TotalSlot(NamedTuple):
    """What a row of totals is of: a part of a division, in the columns that name it. Empty texts in all others."""

    project_id: str
    division: Division
    grain: Grain
    bucket_ms: int
    key_id: str = ""
    secret: str = ""
    endpoint: str = ""
    outcome: str = ""


class Total(NamedTuple):
    """What a row of totals adds up. Only the whole has latencies."""

    counts: Counts
    latency: Sketch


# Which bucket of which project.
_Whole = tuple[int, str]


def totals(sums: Mapping[Grain, Mapping[Slot, Sums]]) -> Iterator[tuple[TotalSlot, Total]]:
    """The rows of totals of some rollup rows, each once, of every grain that is given."""
    wholes: dict[_Whole, Total] = {}
    for grain in GRAINS:
        if grain in sums:
            wholes = _coarser(wholes, STARTS[grain]) if wholes else _wholes(sums[grain])
            for (bucket_ms, project_id), whole in wholes.items():
                yield TotalSlot(project_id, "whole", grain, bucket_ms), whole
    yield from _divided(sums.get(DIVIDED_GRAIN, {}))


def division_of(filter_: Filter, group_by: GroupBy | None) -> Division | None:
    """By which division a question can be answered; None where only the rollups themselves tell."""
    asked = {
        name
        for name, values in (
            ("key", filter_.keys or filter_.secrets), ("endpoint", filter_.endpoints), ("outcome", filter_.outcomes),
        )
        if values
    }  # fmt: skip
    if group_by:
        asked.add("key" if group_by == "secret" else group_by)
    if filter_.kinds or len(asked) > 1:
        # What the decisions of a kind cost is in no total.
        return None
    return next((division for division in DIVISIONS if division in asked), "whole")


def _wholes(slots: Mapping[Slot, Sums]) -> dict[_Whole, Total]:
    counts: dict[_Whole, list[int]] = {}
    sketches: dict[_Whole, list[Sketch]] = {}
    for slot, row in slots.items():
        whole = slot[:2]
        _add(counts, whole, slot, row)
        if row.latency:
            sketches.setdefault(whole, []).append(row.latency)
    return {whole: Total(Counts(*each), _together(sketches.get(whole, []))) for whole, each in counts.items()}


def _coarser(finer: Mapping[_Whole, Total], start: Callable[[int], int]) -> dict[_Whole, Total]:
    rows: dict[_Whole, list[Total]] = {}
    for (bucket_ms, project_id), whole in finer.items():
        rows.setdefault((start(bucket_ms), project_id), []).append(whole)
    return {whole: some[0] if len(some) == 1 else together(some) for whole, some in rows.items()}


def together(rows: list[Total]) -> Total:
    """Several rows of totals as one."""
    return Total(total(row.counts for row in rows), _together([row.latency for row in rows]))


def _together(sketches: list[Sketch]) -> Sketch:
    # One alone is shared, as it is between rollup rows: it is written down once.
    return sketches[0] if len(sketches) == 1 else merge(sketches)


def _divided(slots: Mapping[Slot, Sums]) -> Iterator[tuple[TotalSlot, Total]]:
    counts: dict[tuple[Any, ...], list[int]] = {}
    # Plain tuples while adding up: this runs for every rollup row of every batch.
    for slot, row in slots.items():
        bucket_ms, project_id, key_id, secret, endpoint, outcome, *_ = slot
        for part in (
            (project_id, "key", DIVIDED_GRAIN, bucket_ms, key_id, secret, "", ""),
            (project_id, "endpoint", DIVIDED_GRAIN, bucket_ms, "", "", endpoint, ""),
            (project_id, "outcome", DIVIDED_GRAIN, bucket_ms, "", "", "", outcome),
        ):
            _add(counts, part, slot, row)
    for part, each in counts.items():
        yield TotalSlot._make(part), Total(Counts(*each), {})


def _add(counts: dict[Any, list[int]], part: tuple[Any, ...], slot: Slot, row: Sums) -> None:
    found = counts.get(part)
    if found is None:
        found = counts[part] = [0] * _WIDTH
    requests = row[0]
    found[0] += requests
    found[1] += row[1]
    if slot[5] == ALLOWED:
        found[2] += requests
    found[_place(slot[5], slot[6])] += requests


@cache
def _place(outcome: str, status_class: int) -> int:
    return _KINDS_BEGIN + KINDS.index(kind_of(outcome, status_class * 100))
