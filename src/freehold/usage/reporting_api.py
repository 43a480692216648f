"""HTTP of what is reported of usage, and of whether its sums are right. Thin: parse, one action, present."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import QueryParameter

from freehold.errors import Problem, not_found
from freehold.kit.paging import Page, page
from freehold.organizations.permissions import require_operator
from freehold.usage import costs, metered_list, metered_places, metering, reconciling
from freehold.usage.archive import archive_of
from freehold.usage.reconciling import Reconciliation
from freehold.web.call import Call, checked_limit
from freehold.web.inputs import Body, CursorText, Limit, number, with_time_zone


class CostBody(Body, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a request cost."""

    cost: Annotated[int, number(40, "Units of cost, instead of what the gate counted.", 0, costs.COST_MAX)]


class CostReportView(msgspec.Struct, kw_only=True):
    """What was reported of a request. `counted_at` and `cost_before` are null until the request itself is counted."""

    request: str
    cost: int
    cost_before: int | None
    reported_at: datetime
    counted_at: datetime | None


class MeteredView(msgspec.Struct, kw_only=True):
    """What became of metered events. `repeated`: those whose source and id were counted before."""

    counted: int
    repeated: int


class MeteredEventView(msgspec.Struct, kw_only=True):
    """A metered event as it was counted. `time`: what it counts for. `key` and `endpoint` are null where none was named."""

    source: str
    id: str
    type: str
    time: datetime
    units: int
    key: str | None
    endpoint: str | None
    received_at: datetime


class FindingView(msgspec.Struct, kw_only=True):
    """Two sums that should be equal and are not. `project` is null for requests of nobody."""

    project: str | None
    between: str
    at: datetime
    words: str


class ReconciliationView(msgspec.Struct, kw_only=True):
    """Whether all sums add up, when they were compared last. `findings` are the first of the `differences`."""

    as_of: datetime
    finished_at: datetime
    compared: int
    differences: int
    findings: list[FindingView]


def report_cost(call: Call, request_id: str, data: CostBody) -> CostReportView:
    """Say what a request cost in the end: its cost and all sums have it once, however often it is sent.

    Of a request that has gone to the archive too: its sums change in their own time, and reports made again are restated.
    """
    report = _report_cost(call, request_id, data.cost)
    return CostReportView(
        request=report.request_id, cost=report.cost, cost_before=report.cost_before, reported_at=report.reported_at,
        counted_at=report.counted_at,
    )  # fmt: skip


def _report_cost(call: Call, request_id: str, cost: int) -> costs.CostReport:
    try:
        with call.write() as tx:
            return costs.report_cost(tx, call.actor, request_id, cost)
    except Problem as problem:
        found = costs.find_archived(archive_of(call.settings), request_id) if problem.code == "not_found" else None
        if found is None:
            raise
    with call.write() as tx:
        return costs.report_cost(tx, call.actor, request_id, cost, found)


def meter_usage(call: Call, project_id: str, body: bytes) -> MeteredView:
    """Count units that were used without a request through the gate: a CloudEvent, or a batch of them.

    Each counts once by its source and id, whenever it is sent again; a batch counts as a whole or not at all.
    """
    events = metering.read_events(call.headers.get("content-type"), body)
    with call.write() as tx:
        metered = metering.meter(tx, call.actor, project_id, events)
    return MeteredView(counted=metered.counted, repeated=metered.repeated)


def list_metered_events(
    call: Call, project_id: str,
    since: Annotated[datetime | None, QueryParameter(name="from", description="That count from this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="That count before this time.")] = None,
    limit: Limit = 50, cursor: CursorText = None,
) -> Page[MeteredEventView]:  # fmt: skip
    """A project's metered events, newest first by the time that they count for. Their units are in the usage's cost."""
    start, end, after = with_time_zone("from", since), with_time_zone("to", until), metered_places.after_event(cursor)
    with call.read() as tx:
        found = metered_list.list_metered(tx, call.actor, project_id, start, end, checked_limit(limit) + 1, after)
    cut = page(found, limit, metered_places.place_of)
    return Page([_metered_event_view(each) for each in cut.data], cut.next_cursor)


def _metered_event_view(event: metered_list.MeteredEvent) -> MeteredEventView:
    return MeteredEventView(
        source=event.source, id=event.event_id, type=event.type, time=event.at, units=event.units, key=event.key_id,
        endpoint=event.endpoint, received_at=event.received_at,
    )  # fmt: skip


def read_reconciliation(call: Call) -> ReconciliationView:
    """Whether all sums of the instance added up when they were compared last; for the operator."""
    require_operator(call.actor)
    with call.read() as tx:
        found = reconciling.latest(tx)
    if found is None:
        raise not_found("reconciliation")
    return _reconciliation_view(found)


def reconcile_usage(call: Call) -> ReconciliationView:
    """Compare all sums of the instance with each other now; for the operator. It takes a while where there are many."""
    require_operator(call.actor)
    return _reconciliation_view(reconciling.reconcile(call.store, call.settings))


def _reconciliation_view(found: Reconciliation) -> ReconciliationView:
    findings = [
        FindingView(project=each.project_id or None, between=each.between, at=each.at, words=each.words)
        for each in found.findings
    ]
    return ReconciliationView(
        as_of=found.as_of, finished_at=found.finished_at, compared=found.compared, differences=found.differences,
        findings=findings,
    )  # fmt: skip
