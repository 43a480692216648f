"""Holding a claimed report while it is made: its lease, how far it is, and whether it is still wanted."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.reports import queries
from freehold.reports.records import Report, Row
from freehold.store.engine import Store

LEASE: Final = timedelta(seconds=60)
# How far it is, is told so often while rows pass.
TELL_S: Final = 1.0
# While none do (a file is compressed, encrypted or uploaded), the lease is renewed so often.
_RENEW_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


class GivenUp(Exception):
    """The report is not ours to make any more: canceled, or another process has it."""


class Stopped(Exception):
    """This process is told to end."""


class Hold:
    """One claimed report. A thread renews its lease as long as the block lasts, whatever the block is busy with."""

    def __init__(self, store: Store, report: Report, stop: threading.Event) -> None:
        self._store, self._report, self._stop = store, report, stop
        self._ended = threading.Event()
        self._lost = False
        self._done = 0
        self._renewing = threading.Thread(target=self._renew, name="report lease", daemon=True)

    def __enter__(self) -> Self:
        """Begin to renew."""
        self._renewing.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Renew no more."""
        self._ended.set()
        self._renewing.join()

    def told(self, batches: Iterator[list[Row]], done: int = 0) -> Iterator[list[Row]]:
        """The batches on their way, with a word to the record once a second; GivenUp or Stopped between two of them.

        `done`: how many rows there were before them.
        """
        told_s, self._done = time.monotonic(), done
        for batch in batches:
            yield batch
            self._done += len(batch)
            if self._stop.is_set():
                raise Stopped
            if self._lost or time.monotonic() - told_s >= TELL_S:
                told_s = time.monotonic()
                self.tell()

    def tell(self, *, advanced: bool = False) -> None:
        """Say how far it is, and that its draft grew, and hold it for longer; GivenUp where it is not ours any more."""
        with self._store.write(durable=False) as tx:
            self._lost = not queries.tell(tx, self._report, self._done, clock.now() + LEASE, advanced=advanced)
        if self._lost:
            raise GivenUp

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW_S):
            try:
                self.tell()
            except GivenUp:
                return
            except SQLAlchemyError:
                # The next time may do: the lease lasts for a dozen of them.
                _log.warning("the lease of report %s could not be renewed", self._report.id, exc_info=True)
