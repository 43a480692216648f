"""The rate limit: the generic cell rate algorithm (ITU-T I.371, annex A), exact to the nanosecond.

All that is kept of a limit is one number: the *arrival time*, the instant at which it is whole
again. A request of cost n moves it n intervals onwards; it may pass while the arrival time stays
within `limit` intervals of now. So a limit of 60 in 60 s lets 60 pass at once and then one a second.
A request that is denied moves nothing.

Pure integers, nanoseconds since 1970. The interval is rounded up, so a limit never grants more than
it says: the error is under a nanosecond a request.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from freehold.keys.records import LimitState, Meter, ProjectRecord, SecretRecord
from freehold.projects.limits import RateLimit

_SECOND: Final = 1_000_000_000
# What a limit that was never used is kept as: long past.
UNUSED: Final = 0


@lru_cache(maxsize=65_536)
def meters(owner: str, rate_limits: tuple[RateLimit, ...]) -> tuple[Meter, ...]:
    """Rate limits in the form that a decision counts by. `owner`: `key` or `project`. Owners with the same limits share them."""
    return tuple(_meter(owner, each) for each in rate_limits)


def _meter(owner: str, limit: RateLimit) -> Meter:
    interval = -(-limit.window_s * _SECOND // limit.limit)
    return Meter(f"{owner}:{limit.name}", limit.limit, limit.window_s, interval, interval * limit.limit)


def unused(record: SecretRecord, project: ProjectRecord) -> tuple[int, ...]:
    """What the rate limits of a key and its project have kept before they were ever used."""
    return (UNUSED,) * (len(record.meters) + len(project.meters))


def spend(meter: Meter, arrival_ns: int, cost: int, now_ns: int) -> tuple[bool, int, LimitState]:
    """Whether a request of this cost may pass now, the arrival time to keep after it, and the limit as it then stands.

    A cost above the limit itself can never pass; it is told to wait until the limit is whole.
    """
    label, limit, window_s, interval, tolerance = meter
    # How far ahead the limit is spoken for. A clock that was set back, or a limit that was made smaller,
    # must not lock a key out for longer than the limit's own window.
    ahead = arrival_ns - now_ns
    if ahead < 0:
        ahead = 0
    elif ahead > tolerance:
        ahead = tolerance
    asked = ahead + cost * interval
    if asked <= tolerance:
        remaining = (tolerance - asked) // interval
        return True, now_ns + asked, LimitState(label, limit, remaining, _seconds(asked), 0.0, window_s)
    reset_s = _seconds(ahead)
    wait_s = (asked - tolerance) / _SECOND if cost <= limit else reset_s
    return False, arrival_ns, LimitState(label, limit, (tolerance - ahead) // interval, reset_s, wait_s, window_s)


class Left:
    """What an allowed request leaves of its limits. `limits`: label, limit, what remains, seconds until it is whole.

    `numbers`: of each limit the last two, one after the other, as answers need them.
    """

    __slots__ = ("limits", "numbers")

    def __init__(self) -> None:
        self.limits: list[tuple[str, int, int, float]] = []
        self.numbers: list[float] = []


def spend_all(
    meters: Sequence[Meter], arrivals_ns: Sequence[int], cost: int, now_ns: int, left: Left
) -> list[int] | None:
    """Spend a cost on every limit: the arrival times to keep after it, and `left` grows by what there is then.

    None where one of them has no room: then nothing is spent, and what `left` gained means nothing. The
    same sums as `spend`, for the many requests that pass, without an object for each limit.
    """
    after, limits, numbers = [], left.limits, left.numbers
    for (label, limit, _, interval, tolerance), arrival_ns in zip(meters, arrivals_ns, strict=True):
        ahead = arrival_ns - now_ns
        if ahead < 0:
            ahead = 0
        elif ahead > tolerance:
            ahead = tolerance
        asked = ahead + cost * interval
        if asked > tolerance:
            return None
        after.append(now_ns + asked)
        remaining, reset_s = (tolerance - asked) // interval, -(-asked // 1_000_000) / 1000
        limits.append((label, limit, remaining, reset_s))
        numbers += remaining, reset_s
    return after


def _seconds(duration_ns: int) -> float:
    """Seconds, rounded up to the millisecond: whoever waits that long has waited long enough."""
    return -(-duration_ns // 1_000_000) / 1000
