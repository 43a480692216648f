"""SQL of sums over time, all from the rollups: no page adds up single requests.

Minutes are kept for days, hours for more than a year. Where a stretch that only minutes could cut exactly
is older than the minutes that are kept, an hour counts where it begins: nothing is lost or counted twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    SelectBase,
    Text,
    and_,
    case,
    column,
    func,
    literal,
    or_,
    select,
    values,
)

from freehold.keys.records import ALLOWED
from freehold.kit.sketch import Sketch, decode, merge
from freehold.store.engine import Transaction
from freehold.store.schema import organizations, projects, usage_rollups
from freehold.store.types import Instant
from freehold.usage.queries import matching, of_kind
from freehold.usage.records import KINDS, Counts, Filter, GroupBy, Kind, Piece, Sum

Rows = list[Row[*tuple[Any, ...]]]

# SQLite parses no condition that is nested more than 1,000 deep.
_PIECES_AT_ONCE: Final = 200
# Where a project has no minutes at all.
_FAR: Final = datetime(2200, 1, 1, tzinfo=UTC)
_ROLLUPS: Final = usage_rollups.c
_GROUP_COLUMNS: Final[dict[GroupBy | None, Column[str]]] = {
    "key": _ROLLUPS.key_id, "endpoint": _ROLLUPS.endpoint, "outcome": _ROLLUPS.outcome, "secret": _ROLLUPS.secret,
}  # fmt: skip


def sums_of_project(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter, group_by: GroupBy | None
) -> list[Sum]:
    """A project's sums by bucket, and by group where asked for (primary key)."""
    columns = [_ROLLUPS.bucket_at] + ([_GROUP_COLUMNS[group_by]] if group_by else [])
    rows = _sums(tx, columns, _kept(tx, pieces, [project_id]), [_ROLLUPS.project_id == project_id, *_matching(filter_)])
    return [Sum(row[0], row[1] if group_by else None, _counts(row)) for row in rows]


def groups_of_project(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter, group_by: GroupBy
) -> list[Sum]:
    """A project's sums by group over the whole range (primary key)."""
    kept = _kept(tx, pieces, [project_id])
    rows = _sums(tx, [_GROUP_COLUMNS[group_by]], kept, [_ROLLUPS.project_id == project_id, *_matching(filter_)])
    return [Sum(None, row[0], _counts(row)) for row in rows]


def projects_of_organization(tx: Transaction, organization_id: str, pieces: Iterable[Piece]) -> list[Sum]:
    """An organization's sums by project over the whole range (primary key, for each of its projects)."""
    own = select(projects.c.id).where(projects.c.organization_id == organization_id)
    rows = _sums_of_projects(tx, own, pieces)
    return [Sum(None, row[0], _counts(row)) for row in rows]


def latencies_of_project(tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter) -> Sketch:
    """The latencies of a project's requests over the whole range, for `sketch.quantile`, in microseconds (primary key)."""
    return merge(sketch for _, sketch in _latencies(tx, (), project_id, pieces, filter_))


def latencies_by_bucket(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter
) -> dict[datetime, Sketch]:
    """The latencies of each rollup bucket in a range, for a series of percentiles (primary key)."""
    return _each(_latencies(tx, (_ROLLUPS.bucket_at,), project_id, pieces, filter_))


def latencies_by_group(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter, group_by: GroupBy
) -> dict[str, Sketch]:
    """The latencies of each group over the whole range (primary key)."""
    return _each(_latencies(tx, (_GROUP_COLUMNS[group_by],), project_id, pieces, filter_))


class ProjectName(NamedTuple):
    """A project as a table of several names it."""

    id: str
    name: str
    environment: str
    organization_id: str
    organization_name: str


def projects_of_instance(tx: Transaction, pieces: Iterable[Piece]) -> list[Sum]:
    """The whole instance's sums by project over the whole range; an empty id for none (primary key, for each project)."""
    known = select(projects.c.id).union_all(select(literal("")))
    rows = _sums_of_projects(tx, known, pieces)
    return [Sum(None, row[0], _counts(row)) for row in rows]


def project_names(tx: Transaction, organization_id: str | None = None) -> dict[str, ProjectName]:
    """What the projects of an organization, or of all, are called, those without usage too."""
    query = select(
        projects.c.id, projects.c.name, projects.c.environment, projects.c.organization_id, organizations.c.name
    ).join(organizations, organizations.c.id == projects.c.organization_id)
    if organization_id is not None:
        query = query.where(projects.c.organization_id == organization_id)
    return {row[0]: ProjectName._make(row) for row in tx.execute(query)}


def requests_by_hour(
    tx: Transaction, project_ids: Sequence[str], start: datetime, end: datetime
) -> dict[str, dict[datetime, Counts]]:
    """The hourly sums of many projects in one query, for sparklines; hours without a request are left out.

    Whole hours that begin in the range (primary key).
    """
    query = (
        select(_ROLLUPS.project_id, _ROLLUPS.bucket_at, *_SUMS)
        .where(_ROLLUPS.project_id.in_(project_ids), _ROLLUPS.grain == "hour")
        .where(_ROLLUPS.bucket_at >= start, _ROLLUPS.bucket_at < end)
        .group_by(_ROLLUPS.project_id, _ROLLUPS.bucket_at)
    )
    hours: dict[str, dict[datetime, Counts]] = {project_id: {} for project_id in project_ids}
    for row in tx.execute(query):
        hours[row.project_id][row.bucket_at] = _counts(row)
    return hours


def _latencies(
    tx: Transaction, columns: Sequence[Column[Any]], project_id: str, pieces: Iterable[Piece], filter_: Filter
) -> Iterator[tuple[Any, Sketch]]:
    conditions = [_ROLLUPS.project_id == project_id, _ROLLUPS.latency.is_not(None), *_matching(filter_)]
    for stretches in _stretches(_kept(tx, pieces, [project_id])):
        for *group, latency in tx.execute(select(*columns, _ROLLUPS.latency).where(*conditions, stretches)):
            yield (group[0] if group else None), decode(latency)


def _each(sketches: Iterable[tuple[Any, Sketch]]) -> dict[Any, Sketch]:
    groups: dict[Any, list[Sketch]] = {}
    for group, sketch in sketches:
        groups.setdefault(group, []).append(sketch)
    return {group: merge(parts) for group, parts in groups.items()}


def _sums(
    tx: Transaction, columns: Sequence[Column[Any]], pieces: Iterable[Piece], conditions: Sequence[ColumnElement[bool]]
) -> list[Row[*tuple[Any, ...]]]:
    rows: list[Row[*tuple[Any, ...]]] = []
    for stretches in _stretches(pieces):
        rows += tx.execute(select(*columns, *_SUMS).where(*conditions, stretches).group_by(*columns)).all()
    return rows


def _sums_of_projects(tx: Transaction, project_ids: SelectBase, pieces: Iterable[Piece]) -> Rows:
    """The sums of each of many projects over a whole range, in one statement.

    SQLite is given the stretches as a table: for stretches that are joined by OR it would remember the key of every row
    that it has seen, since there is no rowid, and take twice as long. PostgreSQL leaves partitions out by the OR.
    """
    kept = list(_kept(tx, pieces, project_ids))
    condition = _ROLLUPS.project_id.in_(project_ids)
    if tx.dialect.name != "sqlite":
        return _sums(tx, [_ROLLUPS.project_id], kept, [condition])
    given = values(column("grain", Text), column("start_at", Instant), column("end_at", Instant), name="given")
    piece = given.data([tuple(each) for each in kept]).cte("piece").c
    within = (_ROLLUPS.grain == piece.grain, _ROLLUPS.bucket_at >= piece.start_at, _ROLLUPS.bucket_at < piece.end_at)
    query = select(_ROLLUPS.project_id, *_SUMS).where(condition, *within).group_by(_ROLLUPS.project_id)
    return list(tx.execute(query).all())


def _kept(tx: Transaction, pieces: Iterable[Piece], project_ids: Sequence[str] | SelectBase) -> Iterator[Piece]:
    """The same stretches, by hours where the projects' minutes are no longer kept (primary key, for each project)."""
    since: datetime | None = None
    for piece in pieces:
        if piece.grain != "minute":
            yield piece
            continue
        since = since or _minutes_since(tx, project_ids)
        if piece.start < since:
            yield Piece("hour", piece.start, min(piece.end, since))
        if piece.end > since:
            yield Piece("minute", max(piece.start, since), piece.end)


def _minutes_since(tx: Transaction, project_ids: Sequence[str] | SelectBase) -> datetime:
    """The hour that the oldest minutes of some projects are of. They are deleted by whole hours."""
    own = select(projects.c.id).where(projects.c.id.in_(project_ids)).subquery()
    oldest = select(func.min(_ROLLUPS.bucket_at)).where(_ROLLUPS.project_id == own.c.id, _ROLLUPS.grain == "minute")
    found: datetime | None = tx.execute(
        select(func.min(oldest.correlate(own).scalar_subquery(), type_=Instant)).select_from(own)
    ).scalar()
    return _FAR if found is None else found.replace(minute=0, second=0, microsecond=0)


def _stretches(pieces: Iterable[Piece]) -> Iterator[ColumnElement[bool]]:
    """The rows of so many pieces as SQLite can be asked for at once, again and again."""
    left = iter(pieces)
    while some := list(islice(left, _PIECES_AT_ONCE)):
        yield or_(
            *(
                and_(_ROLLUPS.grain == piece.grain, _ROLLUPS.bucket_at >= piece.start, _ROLLUPS.bucket_at < piece.end)
                for piece in some
            )
        )


def _of_kind(kind: Kind) -> ColumnElement[bool]:
    return of_kind(_ROLLUPS.outcome, _ROLLUPS.status_class == 5, kind)


def _matching(filter_: Filter) -> list[ColumnElement[bool]]:
    return matching(filter_, _ROLLUPS, lambda kinds: or_(*map(_of_kind, kinds)))


def _requests_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, _ROLLUPS.requests), else_=0))


_SUMS: Final = (
    func.sum(_ROLLUPS.requests), func.sum(_ROLLUPS.cost), _requests_where(_ROLLUPS.outcome == ALLOWED),
    *(_requests_where(_of_kind(kind)) for kind in KINDS),
)  # fmt: skip


def _counts(row: Row[*tuple[Any, ...]]) -> Counts:
    # PostgreSQL sums bigints into a decimal number.
    return Counts(*map(int, row[-len(_SUMS) :]))
