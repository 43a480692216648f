"""Units of limits that one process may spend by itself: leases, and when the gate has to be asked again. No I/O.

Rate limits: a few units of the key's limits, for so short a time that the limits hold as if the gate
had decided each request. What the gate refused is remembered until it can pass again, so a caller
that is over its limit costs no call a request.

Quotas: a lease for the present period, by owner (key or project), that is spent before it is asked for
more, and given back where it lies idle. Belongs to whoever holds the process's lock for limits.
"""

import time
from typing import Final

from freehold.keys.quota_rules import FIRST_WISH, Allowance
from freehold.keys.records import LimitState
from freehold.keys.sharing import QuotaGrant, QuotaReturn, RateGrant
from freehold.kit import clock
from freehold.projects.limits import Quota, period_of

_GROWTH_MAX: Final = 8
_REFUSAL_S: Final = 0.01
# A lease of quota should last so long at the pace at which it is spent, and is left alone so long once exhausted.
_QUOTA_S: Final = 2.0
_AGAIN_S: Final = 1.0


class RateLease:
    """What one process may spend of one owner's rate limits: a key's or a project's. Times are `time.monotonic`'s."""

    __slots__ = (
        "_begun_at",
        "_life_s",
        "_refused_cost",
        "_refused_until",
        "_spent",
        "_states",
        "_until",
        "_wish",
        "left",
    )

    def __init__(self) -> None:
        self.left = 0
        self._until = self._begun_at = self._refused_until = 0.0
        self._refused_cost = self._spent = 0
        self._life_s = 0.0
        self._wish = 1
        self._states: tuple[LimitState, ...] = ()

    def covers(self, cost: int, now: float) -> bool:
        """Whether a cost can be spent without asking."""
        return cost <= self.left and now < self._until

    def refuses(self, cost: int, now: float) -> bool:
        """Whether the gate would refuse this cost, as it has said."""
        return now < self._refused_until and cost >= self._refused_cost

    def spend(self, cost: int) -> None:
        """Take a cost that is covered."""
        self.left -= cost
        self._spent += cost

    def wish(self, cost: int, now: float) -> int:
        """How many units to ask for: as many as the last ones' pace would spend in a lease's life."""
        pace = self._spent / max(now - self._begun_at, 0.001)
        return max(cost, min(round(pace * self._life_s), self._wish * _GROWTH_MAX))

    def take_in(self, grant: RateGrant, cost: int, wish: int, asked_at: float) -> None:
        """Keep what was granted, or that nothing was. Its life begins now: who waited for it must find it alive."""
        self._states = grant.limits
        self._begun_at, self._spent, self._wish = asked_at, 0, wish
        self.left, self._life_s, self._until = grant.units, grant.life_s, time.monotonic() + grant.life_s
        wait_s = max((each.retry_after_s for each in grant.limits), default=0.0)
        # Who has waited for this refusal must find it, however soon it is over.
        self._refused_until = 0.0 if grant.units else max(asked_at + wait_s, time.monotonic() + _REFUSAL_S)
        self._refused_cost = cost

    def states(self, now: float) -> tuple[LimitState, ...]:
        """The rate limits as they stand, by what the gate has said and what was spent since."""
        passed_s = now - self._begun_at
        return tuple(
            [
                LimitState(
                    name=each.name,
                    limit=each.limit,
                    remaining=min(each.limit, each.remaining + self.left),
                    reset_s=max(0.0, each.reset_s - passed_s),
                    retry_after_s=max(0.0, each.retry_after_s - passed_s),
                    window_s=each.window_s,
                )
                for each in self._states
            ]
        )


class QuotaLease:
    """What one process may spend of one owner's quota in one period."""

    __slots__ = (
        "_again_at", "_asked_at", "_beyond", "_spent", "_wish", "began_ms", "ends_ms", "left", "limit", "owner_id", "period", "period_s",
    )  # fmt: skip

    def __init__(self, owner_id: str, quota: Quota, now_ms: int) -> None:
        began_at, ends_at = period_of(quota.period, clock.from_ms(now_ms))
        self.owner_id = owner_id
        self.period, self.limit = quota.period, quota.limit
        self.began_ms, self.ends_ms = clock.to_ms(began_at), clock.to_ms(ends_at)
        self.period_s = (self.ends_ms - self.began_ms) // 1000
        self.left = 0
        self._beyond = quota.limit
        self._spent = self._wish = 0
        self._asked_at = time.monotonic()
        self._again_at = 0.0

    def serves(self, quota: Quota, now_ms: int) -> bool:
        """Whether this is the lease of a quota at an instant: what was granted under another limit is not spent."""
        return (self.limit, self.period) == (quota.limit, quota.period) and self.began_ms <= now_ms < self.ends_ms

    def allowance(self) -> Allowance:
        """What the decision is told of it."""
        return Allowance(self.left, self._beyond, self.ends_ms, self.period_s)

    def may_ask(self, now: float) -> bool:
        """Whether the gate is worth asking: not, just after it has said that nothing is left."""
        return now >= self._again_at

    def spend(self, cost: int) -> None:
        """Take a cost that is at hand."""
        self.left -= cost
        self._spent += cost

    def order(self, cost: int, now: float) -> tuple[int, int]:
        """How many units a cost needs beyond what is at hand, and how many to wish for."""
        need = max(1, cost - self.left)
        if not self._wish:
            return need, FIRST_WISH * cost
        pace = self._spent / max(now - self._asked_at, 0.001)
        return need, max(need, min(round(pace * _QUOTA_S), self._wish * _GROWTH_MAX))

    def take_in(self, grant: QuotaGrant, wish: int, now: float) -> None:
        """Keep what was granted."""
        self.left += grant.added
        self._beyond = grant.ungranted
        self._asked_at, self._spent, self._wish = now, 0, wish
        self._again_at = 0.0 if grant.added else now + _AGAIN_S

    def idle(self, now: float) -> QuotaReturn | None:
        """What lies idle, and is no longer spent: it is to be given back."""
        if not self.left or now - self._asked_at < _QUOTA_S:
            return None
        spent, self._spent, self._asked_at = self._spent, 0, now
        return self.release(self.left - 2 * spent) if self.left > 4 * spent else None

    def release(self, units: int) -> QuotaReturn:
        """Give units up: whether or not the gate hears of it, they are not spent here."""
        self.left -= units
        self._beyond += units
        return QuotaReturn(self.owner_id, self.began_ms, units)
