"""Which projects a transaction changes, by whom and why: for whoever looks at them just before it commits.

The audit log touches the project of each entry that it records, so that a change which is on record cannot be
overlooked. Kept with the connection for as long as its transaction lasts; the database knows nothing of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection

_TOUCHED: Final = "freehold.touched"
_CAUSE: Final = "freehold.cause"


def forget(tx: Connection) -> None:
    """Begin anew: a connection serves one transaction after another."""
    tx.info.pop(_TOUCHED, None)
    tx.info.pop(_CAUSE, None)


def touch(tx: Connection, project_id: str, by: object) -> None:
    """Say that this transaction changes a project. Of several who do, the last one is named."""
    tx.info.setdefault(_TOUCHED, {})[project_id] = by


def touched(tx: Connection) -> Mapping[str, Any]:
    """The projects that this transaction has changed so far, in the order of their first change, and who did."""
    found: dict[str, Any] = tx.info.get(_TOUCHED, {})
    return dict(found)


def cause_of(tx: Connection, usual: str) -> str:
    """Why this transaction changes what it changes; `usual` where nobody said so."""
    cause: str = tx.info.get(_CAUSE, usual)
    return cause


def because(tx: Connection, cause: str) -> None:
    """Say why this transaction changes what it changes, until its end."""
    tx.info[_CAUSE] = cause


@contextmanager
def afresh(tx: Connection) -> Iterator[None]:
    """A block at whose beginning and end nothing is touched."""
    forget(tx)
    try:
        yield
    finally:
        forget(tx)
