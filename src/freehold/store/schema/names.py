"""Ids and names that stand in millions of rows of usage: written out once, and a number everywhere else."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, ColumnElement, ColumnOperators, Identity, Integer, Table, Text, false, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from freehold.store.schema.metadata import metadata

# Of projects, keys, journals, secrets and declared endpoints. A name keeps its number; the empty text has one too.
usage_names = Table(
    "usage_names", metadata,
    Column("number", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # As PostgreSQL's sequences do: what a deleted organization's number may still stand in is never another one's.
    sqlite_autoincrement=True,
)  # fmt: skip


class number_of(FunctionElement[int]):  # noqa: N801 — written like SQL's functions
    """The number of a text that SQL says; NULL where it has none (unique)."""

    type = Integer()
    inherit_cache = True


class _given_number(FunctionElement[int]):  # noqa: N801
    """The number of a text that a statement is given: NULL for NULL, and -1 where the text has none."""

    type = Integer()
    inherit_cache = True


class name_of(FunctionElement[str]):  # noqa: N801
    """The text of a number that SQL says (primary key)."""

    type = Text()
    inherit_cache = True


class Named(TypeDecorator[str]):
    """A text of `usage_names` that is kept as its number: up to 4 bytes where an id takes 31.

    Queries say the text and get the text: the database looks it up. One that has no number differs from all. What a type cannot
    see is a comparison with a column of texts: that takes `number_of`, or a join with `usage_names`. Orders are those
    of the numbers. Who writes has the number given first (`usage.naming`); tables refuse what has none.
    """

    impl = Integer
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[str]):
        """Comparisons of such a column."""

        def in_(self, other: Any) -> ColumnOperators:
            """One of these. None of nothing: SQLAlchemy would look up the query by which it says an empty list."""
            return false() if isinstance(other, Collection) and not other else super().in_(other)

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            """Refuses a column of texts, which SQLite would find to be different from every number."""
            if any(isinstance(each, ColumnElement) and isinstance(each.type, Text) for each in other):
                raise TypeError("a number is compared with a text: say number_of(...) of it")
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator

    def bind_expression(self, bindparam: Any) -> ColumnElement[Any]:
        """What a statement compares or writes instead of a text."""
        return _given_number(type_coerce(bindparam, Text))

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """What a query returns instead of a number."""
        return name_of(column)


@compiles(number_of)
def _number_of(element: number_of, compiler: Any, **kwargs: Any) -> str:
    name = compiler.process(element.clauses, **kwargs)
    return f"(SELECT named.number FROM usage_names named WHERE named.name = {name})"  # noqa: S608 — SQL that was compiled


# On one line, with the parameter once: SQLAlchemy writes a list of values by putting each in its place.
@compiles(_given_number)
def _given(element: _given_number, compiler: Any, **kwargs: Any) -> str:
    given = compiler.process(element.clauses, **kwargs)
    return (
        "(SELECT CASE WHEN given.name IS NOT NULL THEN COALESCE(named.number, -1) END"  # noqa: S608
        f" FROM (SELECT {given} AS name) given LEFT JOIN usage_names named ON named.name = given.name)"
    )


@compiles(name_of)
def _name_of(element: name_of, compiler: Any, **kwargs: Any) -> str:
    number = compiler.process(element.clauses, **kwargs)
    return f"(SELECT named.name FROM usage_names named WHERE named.number = {number})"  # noqa: S608
