"""What follows from a change of a shape, in its transaction and in this order."""

from collections.abc import Callable
from typing import Final

from freehold.production.records import Change
from freehold.store.engine import Transaction

Consequence = Callable[[Transaction, Change], None]

CONSEQUENCES: Final[tuple[Consequence, ...]] = ()
