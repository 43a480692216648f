"""A PostgreSQL connection that waits for no answer for ever.

A server that has died without a word, or a network that drops everything, would otherwise keep a
thread until the kernel gives up, which takes a quarter of an hour. What the kernel can notice, it is
told to notice in seconds; what it cannot (somebody in between who takes our bytes and says nothing),
we notice: an answer that is not there in time ends the connection, and the pool makes another.
"""

from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

# What the kernel is told: to look after a silent peer soon, and to give bytes up that nobody confirms.
KERNEL: Final = {
    "connect_timeout": 5, "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}  # fmt: skip
_LOOK_EVERY_S: Final = 0.1

Result = TypeVar("Result")


class PatientConnection(psycopg.Connection[Any]):
    """Gives every answer of the server so many seconds."""

    answer_s: float | None = None

    def wait(self, gen: PQGen[Result], interval: float = _LOOK_EVERY_S, timeout: float | None = None) -> Result:
        """Wait for one answer; OperationalError, and the end of the connection, where it does not come in time."""
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except psycopg.OperationalError:
            # An answer that never came is the one failure that leaves a statement under way: nobody can tell
            # what would come next on this connection.
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def connect(answer_s: float | None, *given: Any, **named: Any) -> PatientConnection:
    """A connection whose answers have so many seconds; None: as long as they take."""
    connection = PatientConnection.connect(*given, **named)
    connection.answer_s = answer_s
    return connection
