"""Rate limits of one worker that stands alone: the arrival times of its keys and projects, in memory.

A limit whose arrival time is past is as good as new, so it need not be kept: the table is swept of
those when it has doubled, and holds no more than the owners that were limited within their window.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from freehold.keys.quota_rules import Allowance
from freehold.keys.rate_limit import UNUSED, Left, spend_all
from freehold.keys.records import Decision, Meter, ProjectRecord, SecretRecord
from freehold.keys.rules import Ask, decide

_SWEEP_AT: Final = 4096


class Spend(Protocol):
    """Spends a cost on rate limits alone."""

    def __call__(
        self, key_id: str, own: tuple[Meter, ...], project_id: str, shared: tuple[Meter, ...], cost: int, now_ns: int, /
    ) -> Left | None:
        """Spend on the limits of a key (`own`) and of its project (`shared`): what they have left, the key's first.

        None, and nothing spent, where one of them has no room.
        """


class Limiter(Protocol):
    """The door to limits."""

    @property
    def spend(self) -> Spend:
        """Spends on the rate limits of a request that all else allows."""

    def decide(self, ask: Ask, record: SecretRecord, project: ProjectRecord, now_ns: int) -> Decision:
        """Decide a request that has limits, and keep what it spends; nobody else comes between."""

    def close(self) -> None:
        """Let go of what is held."""


class RateLimiter(Limiter, Protocol):
    """Where the arrival times of rate limits are kept."""

    def decide(
        self,
        ask: Ask,
        record: SecretRecord,
        project: ProjectRecord,
        now_ns: int,
        allowances: Sequence[Allowance] = (),
    ) -> Decision:
        """Decide. `allowances`: of the quotas, as `rules.decide` has them; what is spent of those is the caller's to keep."""


class _Kept(msgspec.Struct, gc=False):
    """The arrival times of one owner's rate limits, in their order. There may be as many as there are keys."""

    meters: tuple[Meter, ...]
    arrivals_ns: Sequence[int]


_NOTHING: Final = _Kept((), ())


class MemoryLimiter:
    """Arrival times in a dictionary, by their owner's id."""

    __slots__ = ("_kept", "_sweep_at")

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._sweep_at = _SWEEP_AT

    def decide(
        self,
        ask: Ask,
        record: SecretRecord,
        project: ProjectRecord,
        now_ns: int,
        allowances: Sequence[Allowance] = (),
    ) -> Decision:
        """Decide, and keep what was spent."""
        own = self._of(record.key_id, record.meters, now_ns) if record.meters else _NOTHING
        shared = self._of(project.id, project.meters, now_ns) if project.meters else _NOTHING
        before = (*own.arrivals_ns, *shared.arrivals_ns)
        decision, after = decide(ask, record, project, before, now_ns, allowances)
        if after is not before:
            count = len(record.meters)
            if count:
                own.arrivals_ns = after[:count]
            if shared is not _NOTHING:
                shared.arrivals_ns = after[count:]
        return decision

    def spend(
        self, key_id: str, own: tuple[Meter, ...], project_id: str, shared: tuple[Meter, ...], cost: int, now_ns: int
    ) -> Left | None:
        """Spend on all limits, or on none of them."""
        left = Left()
        of_key = of_project = _NOTHING
        after_key: list[int] | None = None
        if own:
            of_key = self._kept.get(key_id) or _NOTHING
            if of_key.meters is not own:
                of_key = self._of(key_id, own, now_ns)
            after_key = spend_all(own, of_key.arrivals_ns, cost, now_ns, left)
            if after_key is None:
                return None
        if shared:
            of_project = self._kept.get(project_id) or _NOTHING
            if of_project.meters is not shared:
                of_project = self._of(project_id, shared, now_ns)
            after_project = spend_all(shared, of_project.arrivals_ns, cost, now_ns, left)
            if after_project is None:
                return None
            of_project.arrivals_ns = after_project
        if after_key is not None:
            of_key.arrivals_ns = after_key
        return left

    def close(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _of(self, owner_id: str, meters: tuple[Meter, ...], now_ns: int) -> _Kept:
        kept = self._kept.get(owner_id)
        if kept is None:
            if len(self._kept) >= self._sweep_at:
                self._sweep(now_ns)
            kept = self._kept[owner_id] = _Kept(meters, (UNUSED,) * len(meters))
        elif kept.meters is not meters:
            # The limits were changed: one that is still there by its name goes on from where it was.
            known = {meter.label: arrival for meter, arrival in zip(kept.meters, kept.arrivals_ns, strict=True)}
            kept.arrivals_ns = tuple([known.get(meter.label, UNUSED) for meter in meters])
            kept.meters = meters
        return kept

    def _sweep(self, now_ns: int) -> None:
        self._kept = {owner_id: kept for owner_id, kept in self._kept.items() if max(kept.arrivals_ns) > now_ns}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._kept))
