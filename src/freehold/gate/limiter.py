"""Rate limits of one worker that stands alone: the arrival times of its keys, in memory.

A limit whose arrival time is past is as good as new, so it need not be kept: the table is swept of
those when it has doubled, and holds no more than the keys that were limited within their window.
"""

from typing import Final, Protocol

from freehold.keys.rate_limit import UNUSED
from freehold.keys.records import Decision, SecretRecord
from freehold.keys.rules import Ask, decide

_SWEEP_AT: Final = 4096


class Limiter(Protocol):
    """Where the arrival times of rate limits are kept."""

    def decide(self, ask: Ask, record: SecretRecord, now_ns: int) -> Decision:
        """Decide a request of a key that has a rate limit, and keep what it spends; nobody else comes between."""

    def close(self) -> None:
        """Let go of what is held."""


class MemoryLimiter:
    """Arrival times in a dictionary, by key id."""

    __slots__ = ("_arrivals", "_sweep_at")

    def __init__(self) -> None:
        self._arrivals: dict[str, int] = {}
        self._sweep_at = _SWEEP_AT

    def decide(self, ask: Ask, record: SecretRecord, now_ns: int) -> Decision:
        """Decide, and keep what was spent."""
        before = self._arrivals.get(record.key_id, UNUSED)
        decision, after = decide(ask, record, before, now_ns)
        if after != before:
            self._arrivals[record.key_id] = after
            if len(self._arrivals) > self._sweep_at:
                self._sweep(now_ns)
        return decision

    def close(self) -> None:
        """Forget everything."""
        self._arrivals.clear()

    def _sweep(self, now_ns: int) -> None:
        self._arrivals = {key_id: arrival for key_id, arrival in self._arrivals.items() if arrival > now_ns}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._arrivals))
