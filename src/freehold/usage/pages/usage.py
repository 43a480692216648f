"""A project's usage: totals, the chart, and who made them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from litestar import Response

from freehold.apis import queries as apis
from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.usage import Figure, Gap, Option, UsageView
from freehold.projects.actions import read_project
from freehold.usage import actions, rules
from freehold.usage.glances import request_row
from freehold.usage.pages.address import GROUPINGS, RANGES, View, read_view
from freehold.usage.pages.breakdowns import breakdowns
from freehold.usage.pages.chart import usage_chart
from freehold.usage.pages.filters import filters
from freehold.usage.records import Counts, Question, Range, Usage
from freehold.web.call import Call
from freehold.web.pages import page

_REQUESTS_SHOWN: Final = 20


def show_usage(call: Call, project_id: str) -> Response[Any]:
    """A project's usage: totals, the chart, and who made them."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "usage", project=project)
        view = read_view(call.query_lists(), shell.now)
        grouped = view.group_by if view.group_by != "outcome" else None
        question = Question(view.range, view.bucket, "UTC", grouped, view.filter)
        usage = actions.read_usage(tx, call.actor, project_id, question)
        before = actions.break_down(tx, call.actor, project_id, _before(view.range), view.filter, "outcome")
        broken = {
            group_by: actions.break_down(tx, call.actor, project_id, view.range, view.filter, group_by)
            for group_by, _ in GROUPINGS
        }
        rows = actions.list_requests(
            tx, call.actor, project_id, view.filter, view.range.start, view.range.end, _REQUESTS_SHOWN
        )
        routes = {row.operation_id: f"{row.method} {row.path}" for row in apis.endpoints_of(tx, project.api_id, True)}
        fields = filters(tx, call, project, view.query)
    shown = UsageView(
        project_id=project_id, ranges=_ranges(view, project_id), buckets=_buckets(view, project_id),
        groupings=_groupings(view, project_id), filters=fields, hidden=view.carried, from_at=view.range.start,
        to_at=view.range.end, as_of=usage.as_of, gaps=_gaps(usage), total=usage.totals.requests,
        figures=_figures(usage, rules.total(group.counts for group in before), _totals_by_bucket(usage)),
        chart=usage_chart(usage, view, project_id, routes), breakdowns=breakdowns(broken, view, project_id, routes),
        requests=tuple(request_row(row) for row in rows), requests_total=usage.totals.requests,
        requests_href=view.requests(project_id), pager=Pager(),
    )  # fmt: skip
    return page("usage/usage.html.j2", shell, shown)


def _ranges(view: View, project_id: str) -> tuple[Option, ...]:
    return tuple(
        Option(label=label, href=view.in_range(project_id, name), current=name == view.range_name)
        for name, label, _ in RANGES
    )


def _buckets(view: View, project_id: str) -> tuple[Option, ...]:
    return tuple(
        Option(label=label, href=view.address(project_id, bucket=grain), current=grain == view.bucket)
        for grain, label in view.grains()
    )


def _groupings(view: View, project_id: str) -> tuple[Option, ...]:
    return tuple(
        Option(label=label, href=view.address(project_id, group_by=name), current=name == view.group_by)
        for name, label in GROUPINGS
    )


def _gaps(usage: Usage) -> tuple[Gap, ...]:
    return tuple(
        Gap(decisions=each.decisions, from_at=each.start, to_at=each.end, shared=each.project_id is None)
        for each in usage.gaps
    )


def _before(range_: Range) -> Range:
    """The stretch of the same length before a range."""
    return Range(range_.start - (range_.end - range_.start), range_.start)


def _totals_by_bucket(usage: Usage) -> list[Counts]:
    sums: dict[datetime, Counts] = {}
    for point in usage.series:
        sums[point.at] = rules.plus(sums.get(point.at, Counts()), point.counts)
    return list(sums.values())


def _figures(usage: Usage, then: Counts, buckets: Sequence[Counts]) -> tuple[Figure, ...]:
    now, p95 = usage.totals, usage.latency.p95_ms
    return (
        Figure(label="Requests", value=words.number(now.requests), unit="", note=_compared(now.requests, then.requests), note_tone="",
               spark=tuple(each.requests for each in buckets)),
        Figure(label="Served", value=words.percent(now.served, now.requests), unit="%" if now.requests else "",
               note=f"{words.number(now.served)} requests", note_tone="", spark=tuple(each.served for each in buckets)),
        Figure(label="p95 latency", value=words.milliseconds(None if p95 is None else round(p95 * 1000)), unit="" if p95 is None else " ms",
               note="Through the gateway", note_tone="", spark=()),
        Figure(label="Throttled", value=words.number(now.throttled), unit="", note=_compared(now.throttled, then.throttled),
               note_tone="warn" if now.throttled else "", spark=tuple(each.throttled for each in buckets), tone="throttled"),
        Figure(label="Denied", value=words.number(now.denied), unit="", note=_compared(now.denied, then.denied),
               note_tone="warn" if now.denied else "", spark=tuple(each.denied for each in buckets), tone="denied"),
        Figure(label="Failed", value=words.number(now.failed), unit="", note=_compared(now.failed, then.failed),
               note_tone="bad" if now.failed else "", spark=tuple(each.failed for each in buckets), tone="failed"),
    )  # fmt: skip


def _compared(now: int, then: int) -> str:
    """A sum beside that of the same stretch of time before it."""
    if now == then:
        return "As in the period before"
    if not then:
        return "None in the period before"
    return f"{abs(now - then) / then:.1%} {'above' if now > then else 'below'} the period before"
