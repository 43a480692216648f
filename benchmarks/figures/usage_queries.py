"""What the usage page asks, at EVENTS usage events over thirty days and 200 projects: p95, and bytes on the disk an event."""

import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Final

from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.usage_load import DAY_MS, Callers, bytes_used, events, load, make_callers
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Store, open_postgresql, open_sqlite
from freehold.usage import actions, rules, sum_queries
from freehold.usage.records import Filter, Question, Range
from freehold.usage.retention import Retention
from tests.databases import make_sqlite_template, postgres_server

# 10,000,000 is the figure; a trial takes less.
EVENTS: Final = int(os.environ.get("EVENTS", "200000"))
_ASKED: Final = 40
_PAGE_MS: Final = 50
_REQUESTS_MS: Final = 100
_OPERATOR: Final = Actor("user", "usr_1", "Ada", "usr_1", True, {})


def measure(plan: Plan) -> Figure:
    """Load once, put minutes away as housekeeping does, then ask each question of the largest and of other projects."""
    with workshop() as folder, pinned(plan.load_core), postgres_server(None) as server, server.database() as url:
        make_sqlite_template(folder / "freehold.db")
        stores = {"SQLite": open_sqlite(folder / "freehold.db"), "PostgreSQL": open_postgresql(url)}
        series, claims = [], []
        for name, store in stores.items():
            settings = Settings(data=folder, database_url=url if name == "PostgreSQL" else "")
            made, bytes_an_event = _load(store, settings)
            with pinned(plan.server_core):
                asked = _rounds(plan, store, made)
            series += [Series(f"{name}: {what}", "ms (p95)", values, ours=True) for what, values in asked.items()]
            claims += [
                Claim(f"{what}, {name}", "ms", values, _REQUESTS_MS if "requests" in what else _PAGE_MS, at_most=True)
                for what, values in asked.items()
            ]
            claims.append(Claim(f"bytes an event, {name}", "B", [bytes_an_event]))
            store.close()
    return Figure("usage_queries", f"Usage pages over {EVENTS:,} events", series, claims, _NOTES)


def _load(store: Store, settings: Settings) -> tuple[Callers, float]:
    callers, empty = make_callers(store), bytes_used(store)
    keeping = Retention(store, settings)
    keeping.step()
    load(store, events(callers, EVENTS, clock.now_ms() - 30 * DAY_MS, 30 * DAY_MS, 1))
    while keeping.step():
        pass
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE")
    return callers, round((bytes_used(store) - empty) / EVENTS, 1)


def _rounds(plan: Plan, store: Store, callers: Callers) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for number in range(plan.rounds):
        dice = random.Random(number)
        # The largest project each second time: the others are up to a hundred times smaller.
        asked = [
            callers.project_ids[0 if place % 2 else dice.randrange(len(callers.project_ids))] for place in range(_ASKED)
        ]
        for what, ask in QUESTIONS.items():
            found.setdefault(what, []).append(_p95(store, ask, asked))
    return found


def _p95(store: Store, ask: Callable[[Store, str], object], asked: list[str]) -> float:
    took = []
    for project_id in asked:
        began = time.perf_counter()
        ask(store, project_id)
        took.append((time.perf_counter() - began) * 1000)
    return round(statistics.quantiles(took, n=20)[-1], 2)


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
}
_NOTES: Final = [
    "Each value is the p95 of 40 questions, half of them of the largest project, asked of the actions that pages and API call.",
    "EVENTS=10000000 in the environment for the whole figure; the default is a trial. Minutes are kept for two days, as usual.",
    "Bytes an event: the database with single requests, all rollups and indexes, less what it takes when it is empty.",
]

if __name__ == "__main__":
    main("usage_queries")
