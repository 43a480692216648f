"""The quota: how a request spends of it, and how it is handed out to gates in leases. Pure.

A quota is hard: units of cost in an hour, day or month of UTC, and not one more, wherever they are
spent. So nobody spends of the quota itself. The store grants a gate a *lease* of some units, the gate
spends them by itself, and what it has not spent goes back. How large a lease is, is decided here: as
large as the gate spends in a moment, and never more than a part of what is left, so that near the
end of a quota nobody holds what another one needs.
"""

from typing import Final

import msgspec

from freehold.keys.records import LimitState
from freehold.projects.limits import Quota

# A lease should last so long at the pace at which it is spent: a few grants a second would be felt by the store.
LEASE_S: Final = 2.0
# What a gate asks for that has spent nothing yet, in requests like the first one.
FIRST_WISH: Final = 16
# No lease is more than this part of what is left, unless one request alone needs more.
_SHARE: Final = 4
# How much larger than the last one a lease may be: a burst of a moment is no pace.
_GROWTH_MAX: Final = 8
_NANOSECONDS_OF_MS: Final = 1_000_000
# How long to wait for units that the store has and this gate has not.
_FETCH_S: Final = 1.0


class Allowance(msgspec.Struct, frozen=True, gc=False):
    """What may be spent of a quota, here and now, in units of cost.

    `left`: at hand. `beyond`: granted to nobody, as far as is known here; shown, and not spent.
    `ends_at_ms`: when the period is over, in Unix milliseconds; `period_s`: how long it is.
    """

    left: int
    beyond: int
    ends_at_ms: int
    period_s: int


def spend(label: str, quota: Quota, allowance: Allowance, cost: int, now_ns: int) -> tuple[bool, LimitState]:
    """Whether a request of this cost may pass, and the quota as it then stands. `label`: `key:quota`, `project:quota`."""
    left = allowance.left
    # Rounded up to the millisecond: whoever waits that long has waited long enough.
    reset_ms = allowance.ends_at_ms - now_ns // _NANOSECONDS_OF_MS
    reset_s = reset_ms / 1000 if reset_ms > 0 else 0.0
    if cost <= left:
        remaining = left - cost + allowance.beyond
        return True, LimitState(label, quota.limit, remaining, reset_s, 0.0, allowance.period_s)
    # Units that nobody holds can be here in a moment; otherwise only the next period brings some.
    wait_s = min(reset_s, _FETCH_S) if cost <= left + allowance.beyond else reset_s
    return False, LimitState(label, quota.limit, left + allowance.beyond, reset_s, wait_s, allowance.period_s)


def grant(need: int, wish: int, ungranted: int) -> int:
    """How many units of those that nobody has a gate is granted: 0 where fewer than it needs are there.

    `need`: what the dearest request that waits costs; less would serve nobody. `wish`: what would be
    convenient. In between it is a part of what is there.
    """
    if need > ungranted:
        return 0
    return max(need, min(wish, ungranted // _SHARE))


def next_wish(spent: int, elapsed_s: float, wish: int) -> int:
    """How large the next lease should be, where so much was spent in so many seconds of the last one, `wish`."""
    at_pace = spent * LEASE_S / max(elapsed_s, 0.001)
    return max(1, min(round(at_pace), wish * _GROWTH_MAX))
