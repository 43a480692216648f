"""Remembers which webhook ids were taken up, so that an event that comes twice has its effect once.

An id is claimed before the work and given back where the work fails: what failed is sent again, and must
then not be taken for a repeat.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_IDS_MAX: Final = 100_000


class SeenIds:
    """The ids that one process has taken up, the newest `ids_max` of them. Threads share it.

    It knows nothing of other processes and forgets at a restart. Where that matters, make one on your database: a
    table with the id as its primary key, `claim` an insertion in the transaction of the work itself.
    """

    def __init__(self, ids_max: int = _IDS_MAX) -> None:
        self._ids_max = ids_max
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, message_id: str) -> bool:
        """Take an id up; whether this is the first time."""
        with self._lock:
            if message_id in self._ids:
                return False
            self._ids[message_id] = None
            if len(self._ids) > self._ids_max:
                self._ids.popitem(last=False)
            return True

    def release(self, message_id: str) -> None:
        """Give an id back whose work failed: it may come again."""
        with self._lock:
            self._ids.pop(message_id, None)

    @contextmanager
    def once(self, message_id: str) -> Iterator[bool]:
        """Whether the block is the first to work on an id; where it raises, the id is given back."""
        first = self.claim(message_id)
        try:
            yield first
        except BaseException:
            if first:
                self.release(message_id)
            raise
