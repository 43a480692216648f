"""What one worker may spend of quotas: its leases, in memory. Belongs to the event loop's thread.

A request spends from a lease without asking anybody. Before a lease runs dry the next units are
ordered behind its back; only where there is nothing at hand does a request wait (`Missing`), like for
any other fact that is not in memory. What lies idle goes back within seconds.

Always holds: a unit is spent here only if the store has granted it to this worker and this worker has
not given it back, nor is about to. Where the store's answer to an order was lost, what it may have
taken is not spent, and what it may have given is not either, until the next answer says what there is.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from freehold.gate.keyring import Missing
from freehold.keys.quota_leases import Lease, Order
from freehold.keys.quota_rules import FIRST_WISH, Allowance, next_wish
from freehold.kit import clock
from freehold.projects.limits import Period, Quota, period_of

# How often a lease is looked at: what was not spent in between lies idle.
LOOK_S: Final = 2.0
# How long a quota that is exhausted, or a database that failed, is left alone.
_AGAIN_S: Final = 1.0
# Leases looked at in one turn of the loop: requests wait meanwhile.
_LOOK_AT_ONCE: Final = 500


class HeldLease:
    """One owner's lease in one period. In units of cost; `granted` and `spent` count from the store's first grant to this worker."""

    __slots__ = (
        "again_at", "began_ms", "beyond", "ends_ms", "fresh", "give_back", "granted", "granted_at", "limit", "look_at",
        "low", "ordered", "owner_id", "period", "period_s", "project_id", "spent", "spent_at_grant", "spent_at_look",
        "uncertain", "waiting", "wish",
    )  # fmt: skip

    def __init__(self, owner_id: str, project_id: str, quota: Quota, now_ms: int) -> None:
        began_at, ends_at = period_of(quota.period, clock.from_ms(now_ms))
        self.owner_id = owner_id
        self.project_id = project_id
        self.period: Period = quota.period
        self.began_ms, self.ends_ms = clock.to_ms(began_at), clock.to_ms(ends_at)
        self.period_s = (self.ends_ms - self.began_ms) // 1000
        self.limit = quota.limit
        self.granted = self.spent = 0
        # What nobody had been granted when the store last answered; before that, anything may be there.
        self.beyond = quota.limit
        # Below so many units at hand more are ordered.
        self.low = 0
        self.wish = 0
        # What is to be given back with the next order, and no longer spent.
        self.give_back = 0
        # The cost of those who wait for the order that is under way.
        self.waiting = 0
        self.ordered = False
        # No answer yet; and: an answer was lost.
        self.fresh, self.uncertain = True, False
        self.granted_at = self.again_at = self.look_at = 0.0
        self.spent_at_grant = self.spent_at_look = 0

    @property
    def left(self) -> int:
        """Units at hand."""
        return self.granted - self.spent

    def allowance(self) -> Allowance:
        """What the decision is told of it."""
        return Allowance(self.granted - self.spent, self.beyond, self.ends_ms, self.period_s)


# Carries an order out, elsewhere, and then calls `Leases.answer` in the event loop.
Place = Callable[[HeldLease, Order], None]
# Lets those go on who wait for this: whether they may, or the gate cannot know.
Arrived = Callable[[Missing, bool], None]


class Leases:
    """All leases of one worker."""

    def __init__(self, loop: asyncio.AbstractEventLoop, place: Place, arrived: Arrived) -> None:
        self._loop = loop
        self._place = place
        self._arrived = arrived
        self._current: dict[str, HeldLease] = {}
        # All that are held, also of periods that are over, in the order in which they are to be looked at.
        self._watched: deque[HeldLease] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def lease(self, owner_id: str, project_id: str, quota: Quota, now_ms: int) -> HeldLease:
        """The lease of an owner's quota in its present period; an empty one that nobody keeps where there is none."""
        lease = self._current.get(owner_id)
        if lease is None or not lease.began_ms <= now_ms < lease.ends_ms or lease.period != quota.period:
            return HeldLease(owner_id, project_id, quota, now_ms)
        if lease.limit != quota.limit:
            _change_limit(lease, quota.limit)
        return lease

    def spend(self, lease: HeldLease, cost: int) -> None:
        """Take the cost of a request that was allowed; what runs low is filled up behind its back."""
        lease.spent += cost
        if lease.granted - lease.spent < lease.low:
            self._fill_up(lease)

    def ask(self, leases: list[HeldLease], cost: int) -> None:
        """See to it that a cost which these leases do not cover may be covered: Missing while the store is asked.

        Returns where a quota is exhausted, as far as is known: then the denial stands.
        """
        short = [each for each in leases if each.left < cost]
        for lease in short:
            if cost > lease.left + lease.beyond:
                if not lease.ordered and self._loop.time() >= lease.again_at:
                    self._order(lease, cost - lease.left)
                return
        for lease in short:
            lease.waiting += cost
            if not lease.ordered:
                self._order(lease, cost - lease.left)
        raise Missing("quota", short[0].owner_id)

    def answer(self, lease: HeldLease, order: Order, answer: Lease | None) -> None:
        """Take in what an order has brought; None where nobody knows what it has."""
        lease.ordered = False
        lease.waiting = 0
        if answer is None:
            lease.uncertain = True
            lease.again_at = self._loop.time() + _AGAIN_S
        else:
            _take_in(lease, order, answer, self._loop.time())
        self._arrived(Missing("quota", lease.owner_id), answer is not None)

    def held(self) -> list[HeldLease]:
        """All leases of which the store has said what they hold: what is given back when the worker stops."""
        return [each for each in self._watched if not each.fresh]

    def close(self) -> None:
        """Look at nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    # --- orders ---

    def _order(self, lease: HeldLease, need: int) -> None:
        """Order at least `need` units (0: none), and give back what is to be given back."""
        if lease.look_at == 0.0:
            self._keep(lease)
        lease.ordered = True
        lease.wish = lease.wish or FIRST_WISH * need
        wish = max(lease.wish, lease.waiting, need)
        give_back, lease.give_back = lease.give_back, 0
        period_at = clock.from_ms(lease.began_ms)
        self._place(
            lease,
            Order(lease.owner_id, lease.project_id, lease.period, period_at, lease.limit, give_back, need, wish),
        )

    def _fill_up(self, lease: HeldLease) -> None:
        if lease.ordered or not lease.beyond:
            return
        now = self._loop.time()
        if now >= lease.again_at:
            lease.wish = next_wish(lease.spent - lease.spent_at_grant, now - lease.granted_at, lease.wish)
            self._order(lease, 1)

    # --- looking after what is held ---

    def _keep(self, lease: HeldLease) -> None:
        """From now on this is the owner's lease; one of another period gives back what it has at the next look."""
        self._current[lease.owner_id] = lease
        lease.look_at = self._loop.time() + LOOK_S
        self._watched.append(lease)
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        for _ in range(min(_LOOK_AT_ONCE, len(self._watched))):
            if self._watched[0].look_at > now:
                break
            lease = self._watched.popleft()
            if self._is_done_with(lease):
                if self._current.get(lease.owner_id) is lease:
                    del self._current[lease.owner_id]
            else:
                lease.look_at = now + LOOK_S
                self._watched.append(lease)
        self._timer = None
        if self._watched:
            self._timer = self._loop.call_later(max(0.05, self._watched[0].look_at - now), self._look)

    def _is_done_with(self, lease: HeldLease) -> bool:
        """Give back what lies idle; whether there is nothing to keep of this lease."""
        spent, lease.spent_at_look = lease.spent - lease.spent_at_look, lease.spent
        if lease.ordered:
            return False
        keep = 2 * spent if self._current.get(lease.owner_id) is lease else 0
        if lease.left > 2 * keep:
            lease.give_back += lease.left - keep
            lease.granted = lease.spent + keep
            lease.low = min(lease.low, keep // 2)
        if lease.give_back or lease.uncertain:
            self._order(lease, 0)
            return False
        return not spent and not lease.left


def _change_limit(lease: HeldLease, limit: int) -> None:
    """The owner's quota was changed. Where it was lowered, what was granted under the old one must not be spent."""
    beyond = lease.beyond + limit - lease.limit
    if limit < lease.limit:
        beyond += _recall(lease)
    lease.limit = limit
    lease.beyond = max(0, beyond)
    lease.again_at = 0.0


def _recall(lease: HeldLease) -> int:
    """What is at hand is to be given back; how much that is."""
    recalled = max(0, lease.left)
    lease.give_back += recalled
    lease.granted = lease.spent
    return recalled


def _take_in(lease: HeldLease, order: Order, answer: Lease, now: float) -> None:
    if lease.fresh:
        # What this worker was granted before it let go of an earlier lease of this period was spent.
        lease.spent = lease.spent_at_look = answer.granted - answer.added
        lease.granted = answer.granted
    elif lease.uncertain:
        # What an earlier order has brought unknown to us, or has not taken back: nobody counts on it, so it goes back.
        lease.granted += answer.added
        lease.give_back += max(0, answer.granted - lease.give_back - lease.granted)
    else:
        lease.granted += answer.added
    lease.fresh = lease.uncertain = False
    if order.limit > lease.limit:
        _recall(lease)
    else:
        lease.beyond = answer.ungranted
    if order.need and not (answer.added and answer.ungranted):
        lease.again_at = now + _AGAIN_S
    lease.low = lease.left // 2
    lease.granted_at, lease.spent_at_grant = now, lease.spent
