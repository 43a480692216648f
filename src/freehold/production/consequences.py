"""What follows from a change of a shape, in its transaction and in this order."""

from collections.abc import Callable
from typing import Final

from freehold.production.drift.counting import count_drift
from freehold.production.review.endings import follow_change
from freehold.production.shape.records import Change
from freehold.production.siblings.locking import hold_lock
from freehold.store.engine import Transaction

Consequence = Callable[[Transaction, Change], None]

CONSEQUENCES: Final[tuple[Consequence, ...]] = (hold_lock, follow_change, count_drift)
