"""What the usage page asks, at EVENTS usage events over thirty days and 200 projects: p95, and bytes on the disk an event."""

import gc
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.stores import durable_stores, open_at
from benchmarks.usage_databases import Loaded, load_all, read_loaded
from benchmarks.usage_load import DAY_MS
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.store.engine import Store
from freehold.usage import actions, rules, sum_queries
from freehold.usage.records import Filter, Question, Range

# 10,000,000 is the figure; a trial takes less.
EVENTS: Final = int(os.environ.get("EVENTS", "200000"))
# Where `python -m benchmarks.usage_databases` keeps up databases that are full already.
LOADED: Final = os.environ.get("LOADED", "")
_ASKED: Final = 40
_PAGE_MS: Final = 50
_REQUESTS_MS: Final = 100
_OPERATOR: Final = Actor("user", "usr_1", "Ada", "usr_1", True, {})


def measure(plan: Plan) -> Figure:
    """Load once, put minutes away as housekeeping does, then ask each question of the largest and of other projects."""
    with _databases(plan) as databases:
        series, claims = [], []
        for loaded in databases:
            store = open_at(loaded.place)
            with pinned(plan.server_core):
                asked = _rounds(plan, store, loaded)
            series += asked.values()
            claims += [
                Claim(f"{what}, {loaded.name}", "ms", each.values, _goal_ms(what), at_most=True)
                for what, each in asked.items()
            ]
            claims.append(Claim(f"bytes an event, {loaded.name}", "B", [loaded.bytes_an_event]))
            store.close()
    return Figure("usage_queries", f"Usage pages over {databases[0].events:,} events", series, claims, _NOTES)


@contextmanager
def _databases(plan: Plan) -> Iterator[list[Loaded]]:
    if LOADED:
        yield read_loaded(Path(LOADED))
        return
    with workshop() as folder, pinned(plan.load_core), durable_stores(folder) as stores:
        with pinned(plan.server_core, plan.load_core):
            loaded = load_all(stores, EVENTS)
        yield loaded


def _goal_ms(what: str) -> int:
    return _REQUESTS_MS if "requests" in what else _PAGE_MS


def _rounds(plan: Plan, store: Store, loaded: Loaded) -> dict[str, Series]:
    # As every process of Freehold does when its imports are done: else looking through them for garbage is the slowest call.
    gc.collect()
    gc.freeze()
    found = {what: Series(f"{loaded.name}: {what}", "ms (p95)", [], {"cpu_us": []}, ours=True) for what in QUESTIONS}
    for number in range(plan.rounds):
        dice, made = random.Random(number), loaded.project_ids
        # The largest project each second time: the others are up to a hundred times smaller.
        asked = [made[0 if place % 2 else dice.randrange(len(made))] for place in range(_ASKED)]
        for what, ask in QUESTIONS.items():
            took_ms, cpu_us = ask_all(store, ask, asked)
            found[what].values.append(took_ms)
            found[what].beside["cpu_us"].append(cpu_us)
    return found


def ask_all(store: Store, ask: Callable[[Store, str], object], asked: list[str]) -> tuple[float, float]:
    """The p95 of what was waited for, in milliseconds, and of this process's CPU, in microseconds."""
    took, used = [], []
    for project_id in asked:
        began, cpu_began = time.perf_counter(), time.thread_time()
        ask(store, project_id)
        took.append((time.perf_counter() - began) * 1000)
        used.append((time.thread_time() - cpu_began) * 1e6)
    return round(statistics.quantiles(took, n=20)[-1], 2), round(statistics.quantiles(used, n=20)[-1])


def _usage(days: int, bucket: str, group_by: str | None, zone: str = "UTC") -> Callable[[Store, str], object]:
    def ask(store: Store, project_id: str) -> object:
        end = clock.now()
        range_ = rules.read_range(clock.from_ms(clock.to_ms(end) - days * DAY_MS), end, end)
        question = Question(range_, bucket, zone, group_by)  # type: ignore[arg-type]  # words of closed sets
        with store.read() as tx:
            return actions.read_usage(tx, _OPERATOR, project_id, question)

    return ask


def _requests(filter_: Filter) -> Callable[[Store, str], object]:
    def ask(store: Store, project_id: str) -> object:
        end = clock.now()
        with store.read() as tx:
            return actions.list_requests(
                tx, _OPERATOR, project_id, filter_, clock.from_ms(clock.to_ms(end) - 30 * DAY_MS), end, 50
            )

    return ask


def _instance(store: Store, _project_id: str) -> object:
    end = clock.now()
    range_ = Range(clock.from_ms(clock.to_ms(end) - 30 * DAY_MS), end)
    with store.read() as tx:
        return sum_queries.projects_of_instance(tx, rules.cover([range_.start], range_.end))


QUESTIONS: Final[dict[str, Callable[[Store, str], object]]] = {
    "a day by the minute": _usage(1, "minute", None),
    "7 days by the hour and key": _usage(7, "hour", "key"),
    "30 days by day and endpoint": _usage(30, "day", "endpoint"),
    "30 days of Kolkata by outcome": _usage(30, "day", "outcome", "Asia/Kolkata"),
    "30 days of the instance": _instance,
    "30 days of requests": _requests(Filter()),
    "30 days of requests that failed": _requests(Filter(kinds=("failed",))),
    # None is: what is looked for is looked for as long as a page may.
    "30 days of requests that were refused as unavailable": _requests(Filter(outcomes=("unavailable",))),
}
_NOTES: Final = [
    "Each value is the p95 of 40 questions, half of them of the largest project, asked of the actions that pages and API call.",
    "EVENTS=10000000 in the environment for the whole figure; the default is a trial. Minutes are kept for two days, as usual.",
    "Both force every commit to the disk; PostgreSQL's other settings are its defaults (128 MB of shared buffers).",
    "CPU is that of the process that asks: on SQLite all of it, on PostgreSQL without the server's.",
    "Bytes an event: the database with single requests, all rollups and indexes, less what it takes when it is empty.",
]

if __name__ == "__main__":
    main("usage_queries")
