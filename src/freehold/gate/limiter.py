"""Rate limits of one worker that stands alone: the arrival times of its keys, in memory.

A limit whose arrival time is past is as good as new, so it need not be kept: the table is swept of
those when it has doubled, and holds no more than the keys that were limited within their window.
"""

from typing import Final, Protocol

from freehold.keys.rate_limit import UNUSED
from freehold.keys.records import Decision, ProjectRecord, SecretRecord
from freehold.keys.rules import Ask, decide

_SWEEP_AT: Final = 4096

# Whose limit, and which of its owner's: the key's or project's id, and the meter's label.
Place = tuple[str, str]


def places_of(record: SecretRecord, project: ProjectRecord) -> list[Place]:
    """Where the arrival times of a request's rate limits are kept, in the order in which they are decided by."""
    places = [(record.key_id, meter.label) for meter in record.meters]
    places += [(project.id, meter.label) for meter in project.meters]
    return places


class Limiter(Protocol):
    """Where the arrival times of rate limits are kept."""

    def decide(self, ask: Ask, record: SecretRecord, project: ProjectRecord, now_ns: int) -> Decision:
        """Decide a request that has limits, and keep what it spends; nobody else comes between."""

    def close(self) -> None:
        """Let go of what is held."""


class MemoryLimiter:
    """Arrival times in a dictionary."""

    __slots__ = ("_arrivals", "_sweep_at")

    def __init__(self) -> None:
        self._arrivals: dict[Place, int] = {}
        self._sweep_at = _SWEEP_AT

    def decide(self, ask: Ask, record: SecretRecord, project: ProjectRecord, now_ns: int) -> Decision:
        """Decide, and keep what was spent."""
        arrivals = self._arrivals
        places = places_of(record, project)
        before = [arrivals.get(place, UNUSED) for place in places]
        decision, after = decide(ask, record, project, before, now_ns)
        if after is not before:
            arrivals.update(zip(places, after, strict=True))
            if len(arrivals) > self._sweep_at:
                self._sweep(now_ns)
        return decision

    def close(self) -> None:
        """Forget everything."""
        self._arrivals.clear()

    def _sweep(self, now_ns: int) -> None:
        self._arrivals = {place: arrival for place, arrival in self._arrivals.items() if arrival > now_ns}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._arrivals))
