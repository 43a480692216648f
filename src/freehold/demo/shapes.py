"""How traffic is spread over hours and days, how long answers take, what goes wrong when. Pure but for the dice given."""

import math
import random
from datetime import datetime, timedelta
from typing import Final

_HOUR: Final = timedelta(hours=1)
# What goes wrong in the demonstration, as days before today and hours of that day (UTC).
_UPSTREAM_FAILS: Final = {(6, 9): 0.3, (6, 10): 0.18, (17, 15): 0.2}
# The days are chosen so that one of them is a weekday, whenever today is: a burst on a quiet day stays within the limits.
_BURSTS: Final = {(1, 15): 12.0, (3, 14): 14.0, (12, 14): 16.0}


def requests_in_hour(dice: random.Random, a_day: float, hour: datetime, now: datetime) -> int:
    """How many requests one hour brings of a workload with so many on a weekday."""
    weekend = 0.4 if hour.weekday() >= 5 else 1.0
    # Two humps, before noon and in the afternoon, over a floor that never sleeps.
    daylight = 0.25 + 0.75 * max(0.0, math.sin((hour.hour - 5.5) / 24 * 2 * math.pi * 0.95)) ** 1.2
    expected = a_day / 24 * 1.9 * weekend * daylight * burst(hour, now)
    return _poisson(dice, expected)


def burst(hour: datetime, now: datetime) -> float:
    """By how much an hour of a run-away client is busier than others."""
    return _BURSTS.get(((now.date() - hour.date()).days, hour.hour), 1.0)


def upstream_status(dice: random.Random, at: datetime, now: datetime) -> int:
    """What the upstream answers an allowed request."""
    failing = _UPSTREAM_FAILS.get(((now.date() - at.date()).days, at.hour), 0.001)
    if dice.random() < failing:
        return dice.choice((500, 502, 503))
    return 404 if dice.random() < 0.012 else 200


def latency_us(dice: random.Random, status: int) -> int:
    """Microseconds to the answer: log-normal around 18 ms, and slow where the upstream fails."""
    scale = 6.0 if status >= 500 else 1.0
    return int(1000 * scale * math.exp(dice.gauss(2.9, 0.45)))


def moments(dice: random.Random, hour: datetime, count: int, crowded: bool) -> list[datetime]:
    """The instants of an hour's requests, in order; within a minute or two where a run-away client sends them."""
    span_s = 90.0 if crowded else _HOUR.total_seconds()
    seconds = sorted(dice.uniform(0, span_s) for _ in range(count))
    return [hour + timedelta(milliseconds=int(each * 1000)) for each in seconds]


def _poisson(dice: random.Random, expected: float) -> int:
    """Knuth's method, with the normal approximation where it would take long."""
    if expected > 30:
        return max(0, round(dice.gauss(expected, math.sqrt(expected))))
    limit, product, count = math.exp(-expected), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count
