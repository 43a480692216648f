"""Databases full of usage, for the figure that asks them: filled once, asked as often as one likes.

`EVENTS=10000000 python -m benchmarks.usage_databases FOLDER` fills both and keeps them up until it is interrupted;
`LOADED=FOLDER make bench FIGURE=usage_queries` asks them meanwhile. Without it the figure fills its own each time.
"""

import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.stores import durable_stores, open_at
from benchmarks.usage_load import DAY_MS, bytes_used, events, load, make_callers, make_partitions
from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.usage.retention import Retention

_FILE: Final = "loaded.json"


class Loaded(msgspec.Struct):
    """A database with so many events of the last thirty days. `place`: its engine's URL; `seconds`: what filling it took."""

    name: str
    place: str
    events: int
    project_ids: list[str]
    bytes_an_event: float
    seconds: float


def load_all(stores: dict[str, Store], count: int) -> list[Loaded]:
    """Fill all databases at once, each from a process of its own, and put minutes away as housekeeping does."""
    places = [store.engine.url.render_as_string(hide_password=False) for store in stores.values()]
    with ProcessPoolExecutor(len(stores), get_context("spawn")) as pool:
        return list(pool.map(_load, stores, places, [count] * len(stores)))


def read_loaded(folder: Path) -> list[Loaded]:
    """What `python -m benchmarks.usage_databases` keeps up in a folder."""
    return msgspec.json.decode((folder / _FILE).read_bytes(), type=list[Loaded])


def _load(name: str, place: str, count: int) -> Loaded:
    store, began = open_at(place), time.monotonic()
    callers, empty, start_ms = make_callers(store), bytes_used(store), clock.now_ms() - 30 * DAY_MS
    make_partitions(store, start_ms)
    load(store, events(callers, count, start_ms, 30 * DAY_MS, 1))
    _tell(name, f"{count:,} events loaded", began)
    keeping = Retention(store, Settings())
    while keeping.step():
        pass
    _tell(name, "minutes put away", began)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if store.is_sqlite else "VACUUM ANALYZE")
    bytes_an_event = round((bytes_used(store) - empty) / count, 1)
    store.close()
    return Loaded(name, place, count, callers.project_ids, bytes_an_event, round(time.monotonic() - began))


def _tell(name: str, what: str, began: float) -> None:
    # Filling takes the better part of an hour where there is much: one wants to see that it goes on.
    print(f"{name}: {what} after {time.monotonic() - began:,.0f} s", flush=True)


def main(folder: Path, count: int) -> None:
    """Fill both and keep them up."""
    folder.mkdir(parents=True)
    with durable_stores(folder) as stores:
        (folder / _FILE).write_bytes(msgspec.json.encode(load_all(stores, count)))
        print(f"Both are up: LOADED={folder} make bench FIGURE=usage_queries. Ctrl-C ends them.", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    from benchmarks.figures.usage_queries import EVENTS

    main(Path(sys.argv[1]).absolute(), EVENTS)
