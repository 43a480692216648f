"""How rollups grow, and what usage pages take, as EVENTS events of thirty days come in, day by day. A simulation."""

import gc
import os
import random
import time
from typing import Final

from benchmarks.figures.usage_queries import QUESTIONS, ask_all
from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.stores import durable_stores
from benchmarks.usage_load import Callers, bytes_used, make_callers, make_partitions
from benchmarks.usage_simulation import DAYS, rollup_rows, traffic, write_day
from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.usage.retention import bounds
from freehold.usage.rollups import DAY_MS

# 100,000,000 is the figure; a trial takes less.
EVENTS: Final = int(os.environ.get("EVENTS", "1000000"))
_LOOKED_AT: Final = (1, 5, 10, 20, DAYS)
_ASKED: Final = 40
_PAGE_MS: Final = 50


def measure(plan: Plan) -> Figure:
    """Both databases, one after the other: bytes and p95 at the end of some of the days."""
    series, claims = [], []
    with workshop() as folder, pinned(plan.load_core), durable_stores(folder) as stores, pinned(plan.server_core):
        for name, store in stores.items():
            grown = _grow(store, name)
            series += grown
            claims.append(Claim(f"rollups' bytes an event after {DAYS} days, {name}", "B", [grown[-1].values[-1]]))
            claims.append(
                Claim(f"slowest usage page's p95 after {DAYS} days, {name}", "ms", grown[-1].beside["p95_ms"], _PAGE_MS, at_most=True)
            )  # fmt: skip
    return Figure("usage_growth", f"Rollups of {EVENTS:,} events, by simulation", series, claims, _NOTES)


def _grow(store: Store, name: str) -> list[Series]:
    dice, callers = random.Random(7), make_callers(store)
    made, empty, begun = traffic(callers, dice), bytes_used(store), time.monotonic()
    now_ms = clock.now_ms()
    first_ms = now_ms - now_ms % DAY_MS - DAYS * DAY_MS
    minutes_ms = bounds(Settings(), clock.now()).minutes_ms
    make_partitions(store, first_ms, minutes_ms)
    found, written = [], 0
    for day in range(1, DAYS + 1):
        day_ms, share = first_ms + (day - 1) * DAY_MS, EVENTS * day // DAYS - EVENTS * (day - 1) // DAYS
        written += write_day(store, made, day_ms, share, dice, by_minute=day_ms >= minutes_ms)
        if day in _LOOKED_AT:
            print(f"{name}: day {day}, {written:,} events after {time.monotonic() - begun:,.0f} s", flush=True)
            found.append(
                _look(store, callers, f"{name}, day {day}, {written:,} events", bytes_used(store) - empty, written)
            )
    return found


def _look(store: Store, callers: Callers, name: str, used: int, written: int) -> Series:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE")
    # What was drawn is set aside, as every process of Freehold does with what it has imported: none of them holds that much.
    gc.collect()
    gc.freeze()
    dice = random.Random(written)
    asked = [
        callers.project_ids[0 if place % 2 else dice.randrange(len(callers.project_ids))] for place in range(_ASKED)
    ]
    took = {what: ask_all(store, ask, asked) for what, ask in QUESTIONS.items() if "requests" not in what}
    beside = {
        "mib": [round(used / 2**20, 1)], "rows": [float(rollup_rows(store))],
        "p95_ms": [max(ms for ms, _ in took.values())], "cpu_us": [float(max(cpu for _, cpu in took.values()))],
    }  # fmt: skip
    return Series(name, "B an event", [round(used / written, 2)], beside, ours=True)


_NOTES: Final = [
    "EVENTS=100000000 in the environment for the whole figure; the default is a trial. 200 projects, 600 keys, 8 endpoints.",
    "A simulation: every event is drawn, but those of a slot and hour (in the last two days: minute) are written as one row.",
    "Rows are written by the product's own rollup code. Not written: single requests, and minutes that would be put away by then.",
    "p95: the slowest of the usage pages' questions, of 40 each, half of them of the largest project; its CPU is the asking process's.",
]

if __name__ == "__main__":
    main("usage_growth")
