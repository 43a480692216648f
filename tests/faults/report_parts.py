"""The process that the report kill test kills: a tasks process that makes reports, with leases that run out quickly."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from freehold.reports import holding, resuming, tasks
from freehold.reports.records import Row
from freehold.reports.sources import usage
from freehold.settings import Settings
from freehold.store.engine import open_store

LEASE: Final = timedelta(milliseconds=500)
# What makers say of reports that they go on with.
LOG: Final = "report_maker.log"


def report_maker(data: str, database_url: str, reports_key: str, batch: int = 2000, pieces_max: int = 0) -> None:
    """What the tasks process does for reports, with drafts in pieces of about so many rows.

    After `pieces_max` pieces, where there is a bound, it waits to be killed: however late that is, there is more to do.
    """
    logging.basicConfig(filename=Path(data, LOG), format="%(message)s", level=logging.INFO)
    setattr(usage, "BATCH", batch)  # noqa: B010
    setattr(resuming, "PIECE_BYTES", 1)  # noqa: B010
    for module in (holding, tasks):
        setattr(module, "LEASE", LEASE)  # noqa: B010 — what they both go by
    setattr(holding, "TELL_S", 0.02)  # noqa: B010
    setattr(holding, "_RENEW_S", 0.05)  # noqa: B010
    if pieces_max:
        _wait_after(pieces_max)
    settings = Settings(data=Path(data), database_url=database_url, reports_key=reports_key)
    tasks.run(open_store(settings), settings, threading.Event())


def _wait_after(batches_max: int) -> None:
    """Let what is made read so many batches, and no more."""
    told = holding.Hold.told

    def bounded(hold: holding.Hold, batches: Iterator[list[Row]], done: int = 0) -> Iterator[list[Row]]:
        for number, batch in enumerate(told(hold, batches, done)):
            if number == batches_max:
                threading.Event().wait()
            yield batch

    setattr(holding.Hold, "told", bounded)  # noqa: B010
