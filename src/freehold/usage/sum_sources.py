"""Where sums over time are read: from the totals where they tell, from the rollup rows otherwise. SQL only.

Minutes are kept for days, hours for more than a year. Where a stretch that only minutes could cut exactly
is older than the minutes that are kept, an hour counts where it begins: nothing is lost or counted twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    SelectBase,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)

from freehold.keys.records import ALLOWED
from freehold.store.engine import Transaction
from freehold.store.schema import usage_names, usage_rollups, usage_totals
from freehold.store.types import Instant
from freehold.usage.naming import is_number, number_in
from freehold.usage.queries import matching, of_kind
from freehold.usage.records import KINDS, Counts, Filter, GroupBy, Kind, Piece
from freehold.usage.rules import side_by_side
from freehold.usage.totals import DIVIDED_GRAIN, Division, division_of

# SQLite parses no condition that is nested more than 1,000 deep.
_PIECES_AT_ONCE: Final = 200
# Where a project has no minutes at all.
_FAR: Final = datetime(2200, 1, 1, tzinfo=UTC)
_ROLLUPS: Final = usage_rollups.c
_TOTALS: Final = usage_totals.c


@dataclass(frozen=True, slots=True)
class Source:
    """A table of sums: its conditions for what is asked, the columns that sum up to `Counts`, and its pieces of time."""

    table: Table
    conditions: list[ColumnElement[bool]]
    sums: Sequence[ColumnElement[Any]]
    pieces: list[Piece]


def sources_of(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter, group_by: GroupBy | None
) -> list[Source]:
    """What answers a question: the whole range from one table, or its hours from another."""
    division, number = division_of(filter_, group_by), number_in(tx, project_id)
    if division == "whole":
        return [_totals(number, division, filter_, kept(tx, usage_totals, pieces, _this(number)))]
    all_of_it = kept(tx, usage_rollups, pieces, _this(number))
    if division is None:
        return [_rollups(number, filter_, all_of_it)]
    hours = [piece for piece in all_of_it if piece.grain == DIVIDED_GRAIN]
    others = [piece for piece in all_of_it if piece.grain != DIVIDED_GRAIN]
    return [_totals(number, division, filter_, hours), _rollups(number, filter_, others)]


def source_of_latencies(tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter) -> Source:
    """What has the latencies of a question: the totals of the whole, or rollup rows."""
    number = number_in(tx, project_id)
    if division_of(filter_, None) == "whole":
        return _totals(number, "whole", filter_, kept(tx, usage_totals, pieces, _this(number)))
    return _rollups(number, filter_, kept(tx, usage_rollups, pieces, _this(number)))


def _totals(number: int, division: Division, filter_: Filter, pieces: list[Piece]) -> Source:
    of_division = [is_number(_TOTALS.project_id, number), _TOTALS.division == division]
    return Source(usage_totals, [*of_division, *matching(filter_, _TOTALS, _no_kinds)], SUMS_OF_TOTALS, pieces)


def _rollups(number: int, filter_: Filter, pieces: list[Piece]) -> Source:
    return Source(usage_rollups, [is_number(_ROLLUPS.project_id, number), *_matching(filter_)], SUMS, pieces)


def _this(number: int) -> Select[tuple[int]]:
    return select(literal(number).label("number"))


def numbers_of(project_ids: SelectBase) -> Select[tuple[int]]:
    """The numbers that projects have in rows of usage; of one without usage, none (unique)."""
    return select(usage_names.c.number).where(usage_names.c.name.in_(project_ids))


def kept(tx: Transaction, table: Table, pieces: Iterable[Piece], numbers: Select[tuple[int]]) -> list[Piece]:
    """The same stretches, by hours where a table's minutes are no longer kept (primary key, for each project)."""
    since: datetime | None = None
    found: list[Piece] = []
    for piece in pieces:
        if piece.grain != "minute":
            found.append(piece)
            continue
        since = since or _minutes_since(tx, table, numbers)
        if piece.start < since:
            found.append(Piece("hour", piece.start, min(piece.end, since)))
        if piece.end > since:
            found.append(Piece("minute", max(piece.start, since), piece.end))
    # A month in a time zone of half hours is one stretch of hours then, not ninety.
    return side_by_side(found)


def _minutes_since(tx: Transaction, table: Table, numbers: Select[tuple[int]]) -> datetime:
    """The hour that the oldest minutes of some projects are of. They are deleted by whole hours."""
    of = table.c
    own = numbers.subquery()
    oldest = select(func.min(of.bucket_at)).where(of.project_id == own.c.number, of.grain == "minute")
    if table is usage_totals:
        oldest = oldest.where(_TOTALS.division == "whole")
    found: datetime | None = tx.execute(
        select(func.min(oldest.correlate(own).scalar_subquery(), type_=Instant)).select_from(own)
    ).scalar()
    return _FAR if found is None else found.replace(minute=0, second=0, microsecond=0)


def stretches(table: Table, pieces: Iterable[Piece]) -> Iterator[ColumnElement[bool]]:
    """The rows of so many pieces as SQLite can be asked for at once, again and again."""
    of, left = table.c, iter(pieces)
    while some := list(islice(left, _PIECES_AT_ONCE)):
        yield or_(
            *(and_(of.grain == piece.grain, of.bucket_at >= piece.start, of.bucket_at < piece.end) for piece in some)
        )


def _of_kind(kind: Kind) -> ColumnElement[bool]:
    return of_kind(_ROLLUPS.outcome, _ROLLUPS.status_class == 5, kind)


def _matching(filter_: Filter) -> list[ColumnElement[bool]]:
    return matching(filter_, _ROLLUPS, lambda kinds: or_(*map(_of_kind, kinds)))


def _sum(of: ColumnElement[int]) -> ColumnElement[int]:
    # PostgreSQL sums bigints into a decimal number, which takes longer to read than all the rest of a row.
    return cast(func.sum(of), BigInteger)


def _requests_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return _sum(case((condition, _ROLLUPS.requests), else_=0))


# What sums up to `Counts`, of rollup rows and of totals.
SUMS: Final = (
    _sum(_ROLLUPS.requests), _sum(_ROLLUPS.cost), _requests_where(_ROLLUPS.outcome == ALLOWED),
    *(_requests_where(_of_kind(kind)) for kind in KINDS),
)  # fmt: skip
SUMS_OF_TOTALS: Final = tuple(_sum(_TOTALS[name]) for name in Counts._fields)


def counts(row: Row[*tuple[Any, ...]]) -> Counts:
    """The last columns of a row of sums."""
    return Counts._make(row[-len(SUMS) :])


def _no_kinds(kinds: Sequence[Kind]) -> ColumnElement[bool]:
    raise ValueError(f"totals do not tell what decisions of a kind cost: {kinds}")
