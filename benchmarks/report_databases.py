"""Databases with ROWS single requests of one organization, for the figure that makes reports of them.

`ROWS=10000000 python -m benchmarks.report_databases FOLDER` fills both and keeps them up until it is interrupted;
`LOADED=FOLDER make bench FIGURE=reports` makes reports of them meanwhile. Without it the figure fills its own each time.
Rows are put where the collector leaves them, and the sums of their days beside them, without its work in between.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from itertools import chain, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import insert, text

from benchmarks.stores import durable_stores, open_at
from benchmarks.usage_load import DAY_MS, make_partitions
from freehold.kit import clock, ids
from freehold.store.engine import Store
from freehold.store.schema import apis, keys, organizations, projects, usage_events
from freehold.usage.naming import numbered

# 10,000,000 is the figure; a trial takes less.
ROWS: Final = int(os.environ.get("ROWS", "200000"))
DAYS: Final = 10
_PROJECTS: Final = 5
_AT_ONCE: Final = 20_000
_FILE: Final = "loaded.json"
_ENDPOINTS: Final = [f"operation_{number}" for number in range(8)]
_COLUMNS: Final = (
    "id", "journal_id", "position", "at", "project_id", "key_id", "secret", "endpoint", "method", "path", "outcome", "via", "status", "latency_us", "cost", "address", "user_agent", "explanation",
)  # fmt: skip
_JOURNAL: Final = ids.new_id("jrn")
_SECRET: Final = "sel000000001"
# What the database has as numbers.
_NUMBERS: Final = frozenset(
    place for place, name in enumerate(_COLUMNS) if name in ("journal_id", "project_id", "key_id")
)
_SUMS: Final = """
INSERT INTO usage_rollups (project_id, grain, bucket_at, key_id, secret, endpoint, outcome, status_class, requests, cost,
  latency_us_sum, latency_count)
SELECT project_id, 'day', at_ms, key_id, s.number, e.number, outcome, status_class, requests, cost, latency_us, latencies
FROM (
  SELECT project_id, "at" - "at" % 86400000 AS at_ms, key_id, secret, endpoint, outcome, coalesce(status, 0) / 100 AS status_class,
    count(*) AS requests, sum(cost) AS cost, coalesce(sum(latency_us), 0) AS latency_us, count(latency_us) AS latencies
  FROM usage_events GROUP BY 1, 2, 3, 4, 5, 6, 7
) added JOIN usage_names s ON s.name = secret JOIN usage_names e ON e.name = endpoint
"""


class Loaded(msgspec.Struct):
    """A filled database. `place`: its engine's URL; `first_ms`: midnight of its first day."""

    name: str
    place: str
    rows: int
    organization_id: str
    first_ms: int


def load_all(stores: dict[str, Store], rows: int) -> list[Loaded]:
    """Fill all databases at once, each from a process of its own."""
    places = [store.engine.url.render_as_string(hide_password=False) for store in stores.values()]
    with ProcessPoolExecutor(len(stores), get_context("spawn")) as pool:
        return list(pool.map(_load, stores, places, [rows] * len(stores)))


def read_loaded(folder: Path) -> list[Loaded]:
    """What `python -m benchmarks.report_databases` keeps up in a folder."""
    return msgspec.json.decode((folder / _FILE).read_bytes(), type=list[Loaded])


def _load(name: str, place: str, rows: int) -> Loaded:
    store, began = open_at(place), time.monotonic()
    today = clock.now_ms() - clock.now_ms() % DAY_MS
    first_ms = today - DAYS * DAY_MS
    make_partitions(store, first_ms)
    organization_id, callers = _callers(store)
    made = _rows(callers, rows, first_ms)
    with store.write() as tx:
        numbers = numbered(tx, chain(*callers, ("", _JOURNAL, _SECRET), _ENDPOINTS))
    while batch := list(islice(made, _AT_ONCE)):
        _put(
            store,
            [
                tuple(numbers.get(value, value) if place in _NUMBERS else value for place, value in enumerate(row))
                for row in batch
            ],
        )
    with store.write() as tx:
        tx.execute(text(_SUMS))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE")
    store.close()
    print(f"{name}: {rows:,} requests after {time.monotonic() - began:,.0f} s", flush=True)
    return Loaded(name, place, rows, organization_id, first_ms)


def _callers(store: Store) -> tuple[str, list[tuple[str, str]]]:
    now, api, owner = clock.now(), ids.new_id("api"), ids.new_id("org")
    callers = []
    with store.write() as tx:
        tx.execute(insert(organizations).values(id=owner, name="Load", slug="load", created_at=now))
        tx.execute(insert(apis).values(id=api, slug="load", name="Load", created_at=now))
        for number in range(_PROJECTS):
            project, key = ids.new_id("proj"), ids.new_id("key")
            tx.execute(insert(projects).values(
                id=project, organization_id=owner, api_id=api, environment="sandbox", name=f"Project {number}",
                slug=f"project-{number}", purpose="load", state="active", created_by="load", created_at=now))  # fmt: skip
            tx.execute(insert(keys).values(
                id=key, project_id=project, environment="sandbox", name="key", state="active", narrowed=False, created_by="load",
                created_at=now))  # fmt: skip
            callers.append((project, key))
    return owner, callers


def _rows(callers: list[tuple[str, str]], rows: int, first_ms: int) -> Iterator[tuple[Any, ...]]:
    """So many decisions, evenly over the days, in their order."""
    dice, said = random.Random(1), '{"rule":"all","epoch":7}'
    for number in range(rows):
        at_ms, draw = first_ms + number * DAYS * DAY_MS // rows, dice.random()
        project, key = callers[int(draw * 1e6) % _PROJECTS]
        outcome = "allowed" if draw < 0.94 else "rate_limited" if draw < 0.98 else "endpoint_not_in_scope"
        status = None if outcome != "allowed" else 200 if draw < 0.9 else 404 if draw < 0.93 else 503
        yield (
            f"req_{ids.encode(at_ms << 80 | number)}", _JOURNAL, number, at_ms, project, key, _SECRET, _ENDPOINTS[int(draw * 1e5) % 8], "GET", f"/v1/things/{number % 9973}", outcome, "gateway", status,
            int(draw * 1e5) if status else None, 1, "203.0.113.24", "load/1.0", said,
        )  # fmt: skip


def _put(store: Store, batch: list[tuple[Any, ...]]) -> None:
    with store.write(durable=False) as tx:
        driver: Any = tx.connection.driver_connection
        if store.is_sqlite:
            marks = ", ".join("?" * len(_COLUMNS))
            driver.executemany(f"INSERT INTO usage_events ({', '.join(_quoted())}) VALUES ({marks})", batch)
            return
        with driver.cursor() as cursor, cursor.copy(f"COPY usage_events ({', '.join(_quoted())}) FROM STDIN") as copy:
            for row in batch:
                copy.write_row(row)


def _quoted() -> list[str]:
    return [f'"{name}"' for name in _COLUMNS if name in usage_events.c]


def main(folder: Path, rows: int) -> None:
    """Fill both and keep them up."""
    folder.mkdir(parents=True)
    with durable_stores(folder) as stores:
        (folder / _FILE).write_bytes(msgspec.json.encode(load_all(stores, rows)))
        print(f"Both are up: LOADED={folder} make bench FIGURE=reports. Ctrl-C ends them.", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), ROWS)
