"""What changed, for the SDK's processes: a short history, and those who wait for the next change.

Belongs to the event loop's thread. Hears of changes from the follower right after the keyring has
applied them, so an answer never speaks of an epoch that this worker does not decide by itself.

Whoever asks says which epoch it has reached, and may have heard of that one from another worker that
is a moment ahead of us. It is held until we have come as far. Where we have heard the database after
it asked, and are still behind, the database itself is: a backup was put back, and it starts anew.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from freehold.gate.keyring import Keyring
from freehold.keys.sharing import ChangeNote, ChangesAnswer
from freehold.store.epoch import Change

_HISTORY_MAX: Final = 5000
# No answer is held for longer than this part of the staleness bound: the asker must hear often enough.
_HOLD_SHARE: Final = 4

# Called with what is to be answered.
Tell = Callable[[ChangesAnswer], None]


class _Waiting:
    """One who waits for something newer than the epoch it has."""

    __slots__ = ("after", "asked_at", "process", "tell", "timer")

    def __init__(self, process: str, after: int, tell: Tell) -> None:
        self.process = process
        self.after = after
        self.tell = tell
        self.asked_at = time.monotonic()
        self.timer: asyncio.TimerHandle | None = None


class ChangeFeed:
    """The changes that one worker has applied."""

    def __init__(self, loop: asyncio.AbstractEventLoop, keyring: Keyring, staleness_s: float, brand: str) -> None:
        self._loop = loop
        self._keyring = keyring
        self._staleness_s = staleness_s
        self._brand = brand
        # Every change after `_known_from` that was applied here is in it.
        self._history: deque[Change] = deque()
        self._known_from = 0
        self._waiting: set[_Waiting] = set()

    def applied(self, changes: Sequence[Change] | None, epoch: int) -> None:
        """The keyring has applied these changes; None: it has forgotten everything."""
        if changes is None:
            self._history.clear()
            self._known_from = epoch
        else:
            self._history.extend(changes)
            while len(self._history) > _HISTORY_MAX:
                self._known_from = self._history.popleft().epoch
        for each in list(self._waiting):
            if changes is None or each.after < epoch:
                self._answer(each, start_anew=changes is None)

    def release(self, process: str) -> None:
        """Answer a process that leaves: it waits for nothing any more."""
        for each in [each for each in self._waiting if each.process == process]:
            self._answer(each)

    def ask(self, process: str, after: int, wait_s: float, tell: Tell) -> None:
        """Tell what changed after an epoch, once something has, or the time is over."""
        waiting = _Waiting(process, after, tell)
        if after < self._keyring.epoch:
            self._answer(waiting)
            return
        self._waiting.add(waiting)
        hold_s = max(0.0, min(wait_s, self._staleness_s / _HOLD_SHARE))
        waiting.timer = self._loop.call_later(hold_s, self._answer, waiting)

    def _answer(self, waiting: _Waiting, start_anew: bool = False) -> None:
        self._waiting.discard(waiting)
        if waiting.timer is not None:
            waiting.timer.cancel()
        after, epoch, heard_at = waiting.after, self._keyring.epoch, self._keyring.heard_at
        anew = start_anew or after < self._known_from or (epoch < after and heard_at > waiting.asked_at)
        changes = [] if anew else [ChangeNote(each.subject_kind, each.subject_id) for each in self._after(after)]
        waiting.tell(
            ChangesAnswer(
                # One who is ahead of us stays there; it only hears no news.
                epoch=epoch if anew else max(epoch, after),
                changes=changes,
                start_anew=anew,
                heard_ms=(heard_at - waiting.asked_at) * 1000,
                staleness_s=self._staleness_s,
                brand=self._brand,
            )
        )

    def _after(self, epoch: int) -> list[Change]:
        found: list[Change] = []
        for each in reversed(self._history):
            if each.epoch <= epoch:
                break
            found.append(each)
        return found[::-1]
