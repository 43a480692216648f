"""Numbers for the ids and names that stand in rows of usage (`usage_names`), in the caller's transaction. SQL only.

A number is given when a name first comes, and never to another one. Names are inserted in their order, so two that
give numbers to the same ones wait for each other in one direction; whoever waited finds the other's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Column, ColumnElement, Integer, select, type_coerce

from freehold.store.engine import Transaction
from freehold.store.schema import usage_names

Numbers = Mapping[str | None, int | None]

_KNOWN: Final = {
    "sqlite": "SELECT name, number FROM usage_names WHERE name IN (SELECT value FROM json_each(?))",
    "postgresql": "SELECT name, number FROM usage_names WHERE name IN (SELECT json_array_elements_text(%s::json))",
}
_GIVE: Final = {
    "sqlite": "INSERT INTO usage_names (name) SELECT value FROM json_each(?) WHERE TRUE ON CONFLICT DO NOTHING",
    "postgresql": """INSERT INTO usage_names (name) SELECT name FROM json_array_elements_text(%s::json)
        WITH ORDINALITY AS given (name, place) ORDER BY place ON CONFLICT DO NOTHING""",
}


def numbered(tx: Transaction, names: Iterable[str | None]) -> Numbers:
    """The number of each name, which is given to those that have none yet (unique). None has none, and is in it."""
    wanted = {name for name in names if name is not None}
    known: dict[str | None, int | None] = {None: None, **_known(tx, wanted)}
    if new := sorted(wanted.difference(known)):
        tx.exec_driver_sql(_GIVE[tx.dialect.name], (_json(new),))
        known.update(_known(tx, new))
    return known


def number_in(tx: Transaction, name: str) -> int:
    """The number of a name, for a query that is asked of many stretches of time; -1 where it has none (unique).

    A number by itself: where stretches are joined by OR, SQLite searches none of them by what a subquery says.
    """
    found = tx.execute(select(usage_names.c.number).where(usage_names.c.name == name)).scalar()
    return -1 if found is None else found


def is_number(column: Column[str], number: int) -> ColumnElement[bool]:
    """A column of names has the one of this number (`number_in`)."""
    return type_coerce(column, Integer) == number


def _known(tx: Transaction, names: Iterable[str]) -> dict[Any, Any]:
    rows = tx.exec_driver_sql(_KNOWN[tx.dialect.name], (_json(list(names)),))
    return {row[0]: row[1] for row in rows}


def _json(names: list[str]) -> str:
    return msgspec.json.encode(names).decode()
