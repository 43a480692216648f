"""The rate limit: the generic cell rate algorithm (ITU-T I.371, annex A), exact to the nanosecond.

All that is kept of a limit is one number: the *arrival time*, the instant at which it is whole
again. A request of cost n moves it n intervals onwards; it may pass while the arrival time stays
within `limit` intervals of now. So a limit of 60 in 60 s lets 60 pass at once and then one a second.
A request that is denied moves nothing.

Pure integers, nanoseconds since 1970. The interval is rounded up, so a limit never grants more than
it says: the error is under a nanosecond a request.
"""

from typing import Final

from freehold.keys.records import LimitState, RateLimit

_SECOND: Final = 1_000_000_000
# What a limit that was never used is kept as: long past.
UNUSED: Final = 0


def interval_ns(limit: RateLimit) -> int:
    """How long the limit takes to regain a cost of one, rounded up."""
    return -(-limit.window_s * _SECOND // limit.limit)


def spend(name: str, limit: RateLimit, arrival_ns: int, cost: int, now_ns: int) -> tuple[bool, int, LimitState]:
    """Whether a request of this cost may pass now, the arrival time to keep after it, and the limit as it then stands.

    A cost above the limit itself can never pass; it is told to wait until the limit is whole.
    """
    interval = -(-limit.window_s * _SECOND // limit.limit)
    tolerance = interval * limit.limit
    # A clock that was set back, or a limit that was made smaller, must not lock a key out for longer
    # than the limit's own window.
    full_at = min(max(arrival_ns, now_ns), now_ns + tolerance)
    asked = full_at + cost * interval
    late = asked - now_ns - tolerance
    if late <= 0:
        return True, asked, LimitState(name, limit.limit, -late // interval, (asked - now_ns) / _SECOND, 0.0)
    remaining = (now_ns + tolerance - full_at) // interval
    reset_s = (full_at - now_ns) / _SECOND
    wait_s = late / _SECOND if cost <= limit.limit else reset_s
    return False, arrival_ns, LimitState(name, limit.limit, remaining, reset_s, wait_s)
