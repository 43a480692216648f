"""The SDK's processes as verifiers: whose they are, and which epoch each of them decides by.

One thread writes for all that ask this worker. Every line that it writes is of something that the
process itself has just said, never of an earlier moment: a process that moves on to another worker
must not be held back by us, nor kept alive.

A process id belongs to whom it first appeared for: an organization, or the instance. The row of its
journal says so, and nobody else may report its epoch, ship its journal or hold its leases.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from freehold.errors import Problem
from freehold.gate.keyring import TokenRecord
from freehold.kit import clock
from freehold.store import epoch
from freehold.store.engine import Store, Transaction
from freehold.store.schema import journals
from freehold.usage.intake import open_journal

_log: Final = logging.getLogger("freehold.gate")
# At least this often a process that asks is written down, whether it has moved or not.
_REPORT_S: Final = 1.0
# More processes of one organization than that on one worker are no application: each can make a revocation wait.
_OF_ONE_OWNER_MAX: Final = 200


def owner_of(token: TokenRecord) -> str:
    """Who a process is that shows this token: the text that stands in its journal's row."""
    return f"sdk:{token.organization_id or 'instance'}"


def claim(tx: Transaction, process: str, owner: str, now: datetime) -> None:
    """Take a process id for its owner; Problem where it is somebody else's (primary key)."""
    open_journal(tx, process, owner, now)
    found = tx.execute(select(journals.c.node).where(journals.c.id == process)).scalar_one()
    # The operator's tokens may take over what an organization's token began.
    if found != owner and not (owner == "sdk:instance" and found.startswith("sdk:")):
        raise Problem("forbidden", "This process id belongs to another organization.")


@dataclass(slots=True)
class _Process:
    owner: str
    node: str
    started_at: datetime
    epoch: int
    reported_epoch: int = -2
    reported_ms: int = 0
    heard_ms: int = 0


class SdkVerifiers:
    """Writes down what the SDK's processes that ask one worker have reached."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._condition = threading.Condition()
        self._processes: dict[str, _Process] = {}
        self._due: dict[str, _Process] = {}
        self._leaving: list[str] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sdk-report", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join()

    def reached(self, process: str, token: TokenRecord, node: str, at: int) -> None:
        """A process says that it decides by this epoch; Problem where it may not."""
        now_ms, owner = clock.now_ms(), owner_of(token)
        with self._condition:
            known = self._processes.get(process)
            if known is None or known.owner != owner:
                known = self._join(process, owner, node, now_ms)
            known.epoch, known.heard_ms = at, now_ms
            if at >= 0 and (at != known.reported_epoch or now_ms - known.reported_ms >= _REPORT_S * 1000):
                known.reported_epoch, known.reported_ms = at, now_ms
                self._due[process] = known
                self._condition.notify()

    def leave(self, process: str) -> None:
        """A process stops: nobody waits for it any more."""
        with self._condition:
            self._processes.pop(process, None)
            self._due.pop(process, None)
            self._leaving.append(process)
            self._condition.notify()

    def _join(self, process: str, owner: str, node: str, now_ms: int) -> _Process:
        gone = now_ms - 60_000
        self._processes = {name: each for name, each in self._processes.items() if each.heard_ms > gone}
        if sum(each.owner == owner for each in self._processes.values()) >= _OF_ONE_OWNER_MAX:
            raise Problem("too_many_requests", f"More than {_OF_ONE_OWNER_MAX} SDK processes ask with this token.")
        made = self._processes[process] = _Process(owner, node, clock.now(), -1)
        return made

    def _run(self) -> None:
        while True:
            with self._condition:
                while not (self._due or self._leaving or self._stopping):
                    self._condition.wait()
                if self._stopping:
                    return
                due, self._due = self._due, {}
                leaving, self._leaving = self._leaving, []
            for process, known in due.items():
                self._report(process, known)
            if leaving:
                self._leave(leaving)

    def _report(self, process: str, known: _Process) -> None:
        try:
            with self._store.write() as tx:
                now = clock.now()
                claim(tx, process, known.owner, now)
                epoch.report(tx, process, known.node, known.started_at, known.epoch, now)
        except (SQLAlchemyError, Problem) as error:
            _log.warning("The epoch of %s could not be written down: %s", process, type(error).__name__)
            # The next time it asks is soon, and it is new to us then.
            with self._condition:
                self._processes.pop(process, None)

    def _leave(self, processes: list[str]) -> None:
        try:
            with self._store.write() as tx:
                for process in processes:
                    epoch.leave(tx, process)
        except SQLAlchemyError as error:
            _log.warning("It could not be written down that SDK processes stop: %s", type(error).__name__)
