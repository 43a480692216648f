"""Thirty days of much more usage than can be journalled here one by one: drawn as rollup rows, written by the product.

Every event is drawn (which key, endpoint, outcome, and a latency), and those of one hour and one slot go into one row
at once, through `usage.rollups` and `usage.rollup_rows`. What is left out: single requests, journals, and the minutes
of days whose minutes housekeeping has put away by the end.
"""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from sqlalchemy import text

from benchmarks.usage_load import Callers
from freehold.kit.sketch import Sketch, bucket_of
from freehold.store.engine import Store
from freehold.usage.rollup_rows import add_to_rollups
from freehold.usage.rollups import DAY_MS, HOUR_MS, MINUTE_MS, Slot, Sums, at_every_grain

DAYS: Final = 30
_ENDPOINTS: Final = 8
# Outcome, class of the upstream's status, and its share, as in `usage_load.events`.
_OUTCOMES: Final = (
    ("allowed", 2, 0.90), ("allowed", 4, 0.03), ("allowed", 5, 0.01), ("rate_limited", 0, 0.04),
    ("endpoint_not_in_scope", 0, 0.02),
)  # fmt: skip
_LATENCIES: Final = 200_000
# A day goes in so many transactions.
_PARTS: Final = 4


class Traffic(NamedTuple):
    """Whose events are drawn, how probable each slot is (cumulated), and the latencies to draw from, as a sketch's buckets."""

    slots: list[Slot]
    weights: list[float]
    latencies: list[int]
    mean_us: int


def traffic(callers: Callers, dice: random.Random) -> Traffic:
    """24,000 slots: keys of very different size, eight endpoints, five outcomes."""
    slots, weights, whole = [], [], 0.0
    for (key, project, _, selector), weight in zip(callers.keys, callers.weights, strict=True):
        for endpoint in range(_ENDPOINTS):
            liked = ((endpoint + 1) / _ENDPOINTS) ** 0.5 - (endpoint / _ENDPOINTS) ** 0.5
            for outcome, status, share in _OUTCOMES:
                slots.append(Slot(0, project, key, selector, f"operation_{endpoint}", outcome, status))
                weights.append(whole := whole + weight * liked * share)
    values = [round(dice.lognormvariate(10, 0.6)) for _ in range(_LATENCIES)]
    return Traffic(slots, weights, [bucket_of(value) for value in values], sum(values) // len(values))


def write_day(store: Store, made: Traffic, day_ms: int, count: int, dice: random.Random, *, by_minute: bool) -> int:
    """So many events, evenly over a UTC day; how many. With rows of minutes, or from hours on."""
    width_ms, written, part_ms = MINUTE_MS if by_minute else HOUR_MS, 0, DAY_MS // _PARTS
    for part in range(_PARTS):
        share = count * (part + 1) // _PARTS - count * part // _PARTS
        rows = list(_drawn(made, day_ms + part * part_ms, part_ms // width_ms, width_ms, share, dice))
        sums = at_every_grain(rows)
        if not by_minute:
            sums.pop("minute")
        with store.write() as tx:
            add_to_rollups(tx, sums)
        written += sum(each.requests for _, each in rows)
    return written


def _drawn(
    made: Traffic, start_ms: int, buckets: int, width_ms: int, count: int, dice: random.Random
) -> Iterator[tuple[Slot, Sums]]:
    numbers = range(len(made.slots))
    for place in range(buckets):
        share = count * (place + 1) // buckets - count * place // buckets
        for number, requests in Counter(dice.choices(numbers, cum_weights=made.weights, k=share)).items():
            slot = made.slots[number]._replace(bucket_ms=start_ms + place * width_ms)
            latency = _latencies(made.latencies, requests, dice) if slot.status_class else {}
            seen = requests if latency else 0
            yield slot, Sums(requests, requests, seen * made.mean_us, seen, latency)


def _latencies(pool: list[int], count: int, dice: random.Random) -> Sketch:
    if count > len(pool):
        raise ValueError("more events in one row than latencies to draw from")
    start = dice.randrange(len(pool) - count + 1)
    return dict(Counter(pool[start : start + count]))


def rollup_rows(store: Store) -> int:
    """How many rollup rows there are."""
    with store.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM usage_rollups")).scalar_one())
