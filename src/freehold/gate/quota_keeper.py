"""The thread that carries out orders of quota: many in one transaction, one after another.

Knows nothing of requests. Whatever fails, the order's answer is that nobody knows; the leases are
made so that this costs units, never correctness.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from freehold.gate.quota_leases import HeldLease
from freehold.keys import quota_leases
from freehold.keys.quota_leases import Lease, Order
from freehold.keys.quota_settling import end_lease
from freehold.kit import clock
from freehold.store.engine import Store

_log: Final = logging.getLogger("freehold.gate")
# Orders in one transaction: it holds their counters, and on SQLite the one writer's lock.
_BATCH_MAX: Final = 50

Answer = Callable[[HeldLease, Order, Lease | None], None]


class LeaseKeeper:
    """Carries out one worker's orders."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, verifier_id: str) -> None:
        self._loop = loop
        self._store = store
        self._verifier_id = verifier_id
        self._orders: list[tuple[HeldLease, Order]] = []
        self._condition = threading.Condition()
        self._stopping = False
        self._cut_off = False
        self._answer: Answer | None = None
        self._thread = threading.Thread(target=self._run, name="quota-lease", daemon=True)

    def start(self, answer: Answer) -> None:
        """Begin; `answer` is called in the event loop with what each order has brought."""
        self._answer = answer
        self._thread.start()

    def place(self, lease: HeldLease, order: Order) -> None:
        """Take an order."""
        with self._condition:
            self._orders.append((lease, order))
            self._condition.notify()

    def stop(self) -> None:
        """Carry out what was ordered, end, and wait for the end."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join()

    def leave(self, held: Sequence[HeldLease]) -> None:
        """Give back all that was not spent of these leases; what cannot be given back now is settled by the journal."""
        try:
            for at in range(0, len(held), _BATCH_MAX):
                with self._store.write() as tx:
                    for each in sorted(held[at : at + _BATCH_MAX], key=lambda lease: (lease.owner_id, lease.began_ms)):
                        end_lease(tx, self._verifier_id, each.owner_id, clock.from_ms(each.began_ms), each.spent)
            with self._store.write() as tx:
                quota_leases.forget_leases(tx, self._verifier_id)
        except SQLAlchemyError as error:
            _log.warning("The gate could not give back its leases of quota: %s", type(error).__name__)

    def _run(self) -> None:
        while batch := self._next():
            answers = self._carry_out([order for _, order in batch])
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._tell, batch, answers)

    def _next(self) -> list[tuple[HeldLease, Order]]:
        """What to carry out next; empty at the end."""
        with self._condition:
            while not self._orders and not self._stopping:
                self._condition.wait()
            batch, self._orders = self._orders[:_BATCH_MAX], self._orders[_BATCH_MAX:]
        # Counters are locked in one order by everybody; what was ordered of one lease stays in its order.
        return sorted(batch, key=lambda each: (each[1].owner_id, each[1].period_at))

    def _carry_out(self, orders: list[Order]) -> Sequence[Lease | None]:
        try:
            with self._store.read() as tx:
                used = [quota_leases.used_of(tx, order) if order.need else 0 for order in orders]
            with self._store.write() as tx:
                leases = [
                    quota_leases.carry_out(tx, self._verifier_id, order, already, clock.now())
                    for order, already in zip(orders, used, strict=True)
                ]
        except IntegrityError:
            if len(orders) > 1:
                # Others' orders are not to fail with the one that does.
                return [answer for order in orders for answer in self._carry_out([order])]
            _log.warning("The gate cannot be granted quota for %s: the database does not know it.", orders[0].owner_id)
            return [None]
        except SQLAlchemyError as error:
            if not self._cut_off:
                _log.warning("The gate cannot be granted quota: %s", type(error).__name__)
            self._cut_off = True
            return [None] * len(orders)
        self._cut_off = False
        return leases

    def _tell(self, batch: list[tuple[HeldLease, Order]], answers: Sequence[Lease | None]) -> None:
        if self._answer is not None:
            for (lease, order), answer in zip(batch, answers, strict=True):
                self._answer(lease, order, answer)
