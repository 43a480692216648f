"""What a quantity costs by graduated tiers: exact integers, rounded once. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from freehold.prices.records import Tier


class Cut(NamedTuple):
    """Units of one tier: counted before, and counted now."""

    number: int
    tier: Tier
    before: int
    quantity: int


def cut(tiers: Sequence[Tier], before: int, quantity: int) -> list[Cut]:
    """A quantity by the tiers that it falls into, after so much of the month was counted before.

    Numbered from 1; tiers that get nothing are left out. The quantities add up to the whole.
    """
    found = []
    for number, tier in enumerate(tiers, 1):
        ends = tiers[number].above if number < len(tiers) else before + quantity
        counted = _within(tier.above, ends, before)
        now = _within(tier.above, ends, before + quantity) - counted
        if now:
            found.append(Cut(number, tier, counted, now))
    return found


def amount(price: int, per: int, before: int, quantity: int) -> int:
    """What units of one tier come to in minor units: of the tier up to their end, less of the tier before them.

    Each of the two is rounded half up. So the parts of a month add up to it, and with nothing before it is
    quantity times price by `per`, rounded.
    """
    return rounded((before + quantity) * price, per) - rounded(before * price, per)


def rounded(value: int, by: int) -> int:
    """A division of what is not negative, rounded half up."""
    return (2 * value + by) // (2 * by)


def _within(above: int, ends: int, counted: int) -> int:
    """How many of the first `counted` units are in a tier."""
    return max(0, min(counted, ends) - above)
