"""For how many days what is kept, where an operator has said otherwise than the environment. Read by whoever deletes.

What an operator sets here is in force instead of what the environment says; without it, the environment's (or its default) is.
"""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import retentions

_C = retentions.c
# Which setting of the environment speaks of which kind.
SETTINGS: Final = {"requests": "usage_days", "minutes": "minutes_days", "hours": "hours_days"}


def days_set(tx: Transaction) -> dict[str, int]:
    """The days of every kind for which an operator has set them."""
    return {row.kind: row.days for row in tx.execute(select(_C.kind, _C.days))}


def days_of(tx: Transaction, kind: str, usual: int | None) -> int | None:
    """For how many days a kind is kept (primary key); `usual` where no operator has said, None for good."""
    return tx.execute(select(_C.days).where(_C.kind == kind)).scalar() or usual


def in_force(store: Store, settings: Settings) -> Settings:
    """The settings, with what operators have set of them."""
    with store.read() as tx:
        given = days_set(tx)
    values: dict[str, Any] = {name: given[kind] for kind, name in SETTINGS.items() if kind in given}
    return replace(settings, **values)
