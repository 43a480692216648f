"""What a view of usage or of requests shows, as CSV: the same range, filters and division, streamed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from litestar import Response
from litestar.response import Stream

from freehold.kit import clock
from freehold.kit.csv_lines import csv_lines
from freehold.projects.actions import read_project
from freehold.usage import actions
from freehold.usage.pages.address import instant, read_filter, read_view
from freehold.usage.records import KINDS, Divided, Question, RequestRow
from freehold.web.call import Call

_ROWS_AT_ONCE: Final = 1000
_COUNTS: Final = ("requests", "cost", *KINDS)
_REQUEST: Final = (
    "id", "at", "key_id", "key_name", "secret", "endpoint", "method", "path", "outcome", "via", "status", "latency_ms", "cost",
    "address", "user_agent",
)  # fmt: skip


def export_usage(call: Call, project_id: str) -> Response[Any]:
    """The chart's numbers as CSV: a line for each bar, or for each part of it."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        view = read_view(call.query_lists(), clock.now())
        grouped = view.group_by if view.group_by != "outcome" else None
        question = Question(view.range, view.bucket, view.timezone, grouped, view.filter)
        divided = actions.read_divided(tx, call.actor, project_id, question)
    columns = ("from", *((f"{grouped}_id", grouped) if grouped else ()), *_COUNTS)
    return _csv(columns, _usage_rows(divided), f"{project.slug}-{project.environment}-usage.csv")


def export_requests(call: Call, project_id: str) -> Response[Any]:
    """The requests of a view as CSV, newest first, to the last one that is kept."""
    query = call.query_lists()
    start, end = instant(query, "from"), instant(query, "to")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        first = actions.page_of_requests(tx, call.actor, project_id, read_filter(query), start, end, _ROWS_AT_ONCE)

    def rows() -> Iterator[Sequence[object]]:
        some = first
        yield from map(_request_cells, some.rows)
        while some.after:
            with call.read() as tx:
                some = actions.page_of_requests(
                    tx, call.actor, project_id, read_filter(query), start, end, _ROWS_AT_ONCE, some.after
                )
            yield from map(_request_cells, some.rows)

    return _csv(_REQUEST, rows(), f"{project.slug}-{project.environment}-requests.csv")


def _usage_rows(divided: Divided) -> Iterator[Sequence[object]]:
    names = {group.id: group.name for group in divided.groups}
    for point in divided.series:
        group = () if point.group is None else (point.group, names[point.group])
        yield (clock.to_text(point.at), *group, *(getattr(point.counts, name) for name in _COUNTS))


def _request_cells(row: RequestRow) -> Sequence[object]:
    latency_ms = None if row.latency_us is None else row.latency_us / 1000
    return (
        row.id, clock.to_text(row.at), row.key_id, row.key_name, row.secret, row.endpoint, row.method, row.path, row.outcome,
        row.via, row.status, latency_ms, row.cost, row.address, row.user_agent,
    )  # fmt: skip


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]], name: str) -> Response[Any]:
    lines = (line.encode() for line in csv_lines(columns, rows))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(lines, media_type="text/csv; header=present", headers=headers)
