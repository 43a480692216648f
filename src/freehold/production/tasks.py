"""The loop that begins the histories of projects that were made before there were any."""

import threading
from typing import Final

from freehold.production.watching import begin_histories
from freehold.store.engine import Store

_BATCH: Final = 50


def begin_all(store: Store, stop: threading.Event) -> None:
    """Write the first revision of every project that has none, in small transactions, then wait to be stopped."""
    while not stop.is_set():
        with store.write() as tx:
            if not begin_histories(tx, _BATCH):
                break
    stop.wait()
