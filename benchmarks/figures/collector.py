"""Usage events a second that the collector takes from journals into the database, deduplicated and summed at four grains."""

import time
from pathlib import Path
from typing import Final

from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.stores import durable_stores
from benchmarks.usage_load import Callers, events, make_callers
from freehold.kit import clock, ids
from freehold.store.engine import Store
from freehold.usage.collector import Collector
from freehold.usage.journal import JournalWriter

GOAL: Final = 25_000
_SEGMENT_BYTES: Final = 8 << 20


def measure(plan: Plan) -> Figure:
    """A backlog in one journal each round, from the first batch until all of it is counted."""
    with workshop() as folder, pinned(plan.load_core), durable_stores(folder) as stores, pinned(plan.server_core):
        series = [_rounds(plan, folder / name, store, name) for name, store in stores.items()]
    claims = [Claim(f"events a second, {each.name}", "/s", each.values, GOAL) for each in series]
    return Figure("collector", "Usage events collected a second", series, claims, _NOTES)


def _rounds(plan: Plan, root: Path, store: Store, name: str) -> Series:
    root.mkdir()
    callers, found = make_callers(store), Series(name, "events/s", [], ours=True)
    count = max(8000, int(plan.seconds * GOAL))
    _one_round(root, store, callers, 8000, -1)
    for number in range(plan.rounds):
        rate, cpu_us = _one_round(root, store, callers, count, number)
        found.values.append(round(rate, 1))
        found.beside.setdefault("cpu_us", []).append(round(cpu_us, 2))
    return found


def _one_round(root: Path, store: Store, callers: Callers, count: int, seed: int) -> tuple[float, float]:
    """Events a second, and microseconds of this process's CPU an event."""
    writer = JournalWriter(root / ids.new_id("jrn"), _SEGMENT_BYTES)
    for number, event in enumerate(events(callers, count, clock.now_ms() - 60_000, 60_000, seed), 1):
        writer.append(event)
        if number % 500 == 0:
            writer.write_out()
    writer.close()
    collector, counted = Collector(store, root, "bench"), 0
    began, used = time.perf_counter(), time.process_time()
    while got := collector.collect():
        counted += got
    took, used = time.perf_counter() - began, time.process_time() - used
    if counted != count:
        raise RuntimeError(f"{counted} of {count} events were counted")
    return counted / took, used / counted * 1e6


_NOTES: Final = [
    "One collector on one core; PostgreSQL's server is on the other. Journals are written before the clock begins.",
    "A minute of traffic of 200 projects with 600 keys a round: about two rollup rows are added to for each event.",
    "Both force every commit to the disk (SQLite synchronous=FULL, PostgreSQL fsync=on).",
]

if __name__ == "__main__":
    main("collector")
