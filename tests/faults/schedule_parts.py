"""The processes of the report schedules' kill test: each runs what is due, by a clock on which a day passes in a blink."""

import time
from pathlib import Path
from typing import Final

from freehold.kit import clock
from freehold.production.watching import watch
from freehold.reports import schedule_tasks
from freehold.settings import Settings
from freehold.store.engine import open_store

# Seconds of the schedules' clock in a second of ours: ten hours.
SPEED: Final = 36_000.0


def fast_clock(begun_s: float, base_s: float) -> None:
    """Let Freehold's clock in this process go on from an instant, fast: the same in every process that is told the same."""
    clock.set_source(lambda: base_s + (time.time() - begun_s) * SPEED)


def schedule_runner(data: str, database_url: str, begun_s: float, base_s: float) -> None:
    """What the tasks process does for report schedules."""
    settings = Settings(data=Path(data), database_url=database_url)
    store = open_store(settings)
    watch(store)
    fast_clock(begun_s, base_s)
    while True:
        schedule_tasks.turn(store, settings.control_url, clock.now())
        time.sleep(0.005)
