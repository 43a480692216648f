"""SQL of sums over time, all from the rollups and their totals (`sum_sources`): no page adds up single requests."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Row, Select, Text, column, literal, select, values

from freehold.kit.sketch import Sketch, decode, merge
from freehold.store.engine import Transaction
from freehold.store.schema import organizations, projects, usage_totals
from freehold.store.types import Instant
from freehold.usage.records import Counts, Filter, GroupBy, Piece, Sum
from freehold.usage.sum_sources import (
    SUMS_OF_TOTALS,
    Source,
    counts,
    kept,
    numbers_of,
    source_of_latencies,
    sources_of,
    stretches,
)

Rows = list[Row[*tuple[Any, ...]]]

_TOTALS: Final = usage_totals.c
_GROUP_COLUMNS: Final[dict[GroupBy, str]] = {
    "key": "key_id", "endpoint": "endpoint", "outcome": "outcome", "secret": "secret",
}  # fmt: skip


def sums_of_project(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter, group_by: GroupBy | None
) -> list[Sum]:
    """A project's sums by bucket, and by group where asked for (primary keys)."""
    found = []
    for source in sources_of(tx, project_id, pieces, filter_, group_by):
        columns = [source.table.c.bucket_at, *_group(source, group_by)]
        found += [Sum(row[0], row[1] if group_by else None, counts(row)) for row in _sums(tx, source, columns)]
    return found


def groups_of_project(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter, group_by: GroupBy
) -> list[Sum]:
    """A project's sums by group over the whole range, in parts to be added (primary keys)."""
    found = []
    for source in sources_of(tx, project_id, pieces, filter_, group_by):
        found += [Sum(None, row[0], counts(row)) for row in _sums(tx, source, _group(source, group_by))]
    return found


def projects_of_organization(tx: Transaction, organization_id: str, pieces: Iterable[Piece]) -> list[Sum]:
    """An organization's sums by project over the whole range (primary key, for each of its projects)."""
    own = select(projects.c.id).where(projects.c.organization_id == organization_id)
    rows = _sums_of_projects(tx, numbers_of(own), pieces)
    return [Sum(None, row[0], counts(row)) for row in rows]


def latencies_of_project(tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter) -> Sketch:
    """The latencies of a project's requests over the whole range, for `sketch.quantile`, in microseconds (primary key)."""
    return merge(sketch for _, sketch in _latencies(tx, None, project_id, pieces, filter_))


def latencies_by_bucket(
    tx: Transaction, project_id: str, pieces: Iterable[Piece], filter_: Filter
) -> dict[datetime, Sketch]:
    """The latencies of each rollup bucket in a range, for a series of percentiles (primary key)."""
    buckets: dict[datetime, list[Sketch]] = {}
    for at, sketch in _latencies(tx, "bucket_at", project_id, pieces, filter_):
        buckets.setdefault(at, []).append(sketch)
    return {at: merge(parts) for at, parts in buckets.items()}


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
    rows = _sums_of_projects(tx, numbers_of(known), pieces)
    return [Sum(None, row[0], counts(row)) for row in rows]


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
        select(_TOTALS.project_id, _TOTALS.bucket_at, *SUMS_OF_TOTALS)
        .where(_TOTALS.project_id.in_(project_ids), _TOTALS.division == "whole", _TOTALS.grain == "hour")
        .where(_TOTALS.bucket_at >= start, _TOTALS.bucket_at < end)
        .group_by(_TOTALS.project_id, _TOTALS.bucket_at)
    )
    hours: dict[str, dict[datetime, Counts]] = {project_id: {} for project_id in project_ids}
    for row in tx.execute(query):
        hours[row.project_id][row.bucket_at] = counts(row)
    return hours


def _group(source: Source, group_by: GroupBy | None) -> list[Column[Any]]:
    return [source.table.c[_GROUP_COLUMNS[group_by]]] if group_by else []


def _latencies(
    tx: Transaction, column: str | None, project_id: str, pieces: Iterable[Piece], filter_: Filter
) -> Iterator[tuple[Any, Sketch]]:
    source = source_of_latencies(tx, project_id, pieces, filter_)
    latency = source.table.c.latency
    columns = [source.table.c[column]] if column else []
    for some in stretches(source.table, source.pieces):
        query = select(*columns, latency).where(*source.conditions, latency.is_not(None), some)
        for *group, written in tx.execute(query):
            yield (group[0] if group else None), decode(written)


def _sums(tx: Transaction, source: Source, columns: Sequence[Column[Any]]) -> Rows:
    rows: Rows = []
    for some in stretches(source.table, source.pieces):
        query = select(*columns, *source.sums).where(*source.conditions, some)
        rows += tx.execute(query.group_by(*columns)).all()
    return rows


def _sums_of_projects(tx: Transaction, numbers: Select[tuple[int]], pieces: Iterable[Piece]) -> Rows:
    """The sums of each of many projects over a whole range, in one statement.

    SQLite is given the stretches as a table: for stretches that are joined by OR it would remember the key of every row
    that it has seen, since there is no rowid, and take twice as long. PostgreSQL leaves partitions out by the OR.
    """
    whole = kept(tx, usage_totals, pieces, numbers)
    conditions = [_TOTALS.project_id.in_(numbers), _TOTALS.division == "whole"]
    if tx.dialect.name != "sqlite":
        return _sums(tx, Source(usage_totals, conditions, SUMS_OF_TOTALS, whole), [_TOTALS.project_id])
    given = values(column("grain", Text), column("start_at", Instant), column("end_at", Instant), name="given")
    piece = given.data([tuple(each) for each in whole]).cte("piece").c
    within = (_TOTALS.grain == piece.grain, _TOTALS.bucket_at >= piece.start_at, _TOTALS.bucket_at < piece.end_at)
    query = select(_TOTALS.project_id, *SUMS_OF_TOTALS).where(*conditions, *within).group_by(_TOTALS.project_id)
    return list(tx.execute(query).all())
