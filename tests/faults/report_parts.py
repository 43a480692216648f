"""The process that the report kill test kills: a tasks process that makes reports, with leases that run out quickly."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Final

from freehold.reports import holding, tasks
from freehold.settings import Settings
from freehold.store.engine import open_store

LEASE: Final = timedelta(milliseconds=500)


def report_maker(data: str, database_url: str, reports_key: str) -> None:
    """What the tasks process does for reports."""
    for module in (holding, tasks):
        setattr(module, "LEASE", LEASE)  # noqa: B010 — what they both go by
    setattr(holding, "TELL_S", 0.02)  # noqa: B010
    setattr(holding, "_RENEW_S", 0.05)  # noqa: B010
    settings = Settings(data=Path(data), database_url=database_url, reports_key=reports_key)
    tasks.run(open_store(settings), settings, threading.Event())
