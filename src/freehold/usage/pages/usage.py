"""A project's usage: totals, the chart, and who made them."""

from typing import Any, Final

from litestar import Response

from freehold.apis import queries as apis
from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.usage import Gap, Option, UsageView
from freehold.kit import clock
from freehold.projects import queries as projects
from freehold.projects.actions import read_project
from freehold.usage import actions, periods
from freehold.usage.glances import request_row
from freehold.usage.pages.address import GROUPINGS, MONTH, RANGES, View, read_view
from freehold.usage.pages.breakdowns import breakdowns
from freehold.usage.pages.changes import changes_of
from freehold.usage.pages.chart import usage_chart
from freehold.usage.pages.declared import scope_gaps
from freehold.usage.pages.figures import figures, projected
from freehold.usage.pages.filters import chips, picks, timezones
from freehold.usage.pages.one_request import opened_request
from freehold.usage.pages.unlisted import unlisted_of
from freehold.usage.records import Divided, Question, Usage
from freehold.usage.scope_queries import scope_use, undeclared_use
from freehold.web.call import Call
from freehold.web.pages import page

_REQUESTS_SHOWN: Final = 20


def show_usage(call: Call, project_id: str) -> Response[Any]:
    """A project's usage: totals, the chart, and who made them."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "usage", project=project)
        view = read_view(call.query_lists(), shell.now)
        question = Question(view.range, view.bucket, view.timezone, None, view.filter)
        usage = actions.read_usage(tx, call.actor, project_id, question)
        previous = periods.read_previous(tx, call.actor, project_id, question)
        projection = periods.read_projection(tx, call.actor, project_id, usage)
        latencies = periods.read_latency_course(tx, call.actor, project_id, question)
        broken = {
            name: actions.read_divided(
                tx, call.actor, project_id, Question(view.range, view.bucket, view.timezone, name, view.filter)
            )
            for name, _ in GROUPINGS
        }
        listed = actions.page_of_requests(
            tx, call.actor, project_id, view.filter, view.range.start, view.range.end, _REQUESTS_SHOWN
        )
        routes = {row.operation_id: f"{row.method} {row.path}" for row in apis.endpoints_of(tx, project.api_id, True)}
        changes = changes_of(tx, project_id, view.range)
        offered = picks(tx, call, project, view.query)
        unlisted = unlisted_of(tx, call.settings, listed)
        opened = opened_request(tx, call, project, view.query, f"{view.address(project_id)}#h-r")
        gaps = scope_gaps(
            projects.scope_of(tx, project_id).endpoints, scope_use(tx, project_id, clock.now()),
            undeclared_use(tx, project_id, clock.now()), routes, project_id,
        )  # fmt: skip
    # By outcome the bars have their layers from the sums themselves: what was allowed and failed is a kind of its own.
    drawn = broken[view.group_by] if view.group_by != "outcome" else Divided(usage.series, usage.totals, [])
    shown = UsageView(
        project_id=project_id, ranges=_ranges(view, project_id), buckets=_buckets(view, project_id),
        groupings=_groupings(view, project_id), picks=offered, chips=chips(offered, view.query, project_id, "usage"),
        hidden=view.carried, timezone=view.timezone, timezones=timezones(view.timezone), from_at=view.range.start,
        to_at=view.range.end, as_of=usage.as_of, proven=usage.proven, gaps=_gaps(usage), total=usage.totals.requests,
        figures=figures(usage, usage.series, previous, latencies), projected=projected(projection),
        chart=usage_chart(drawn, view, project_id, routes, changes), as_table=view.as_table,
        table_href=view.address(project_id, table="" if view.as_table else "yes"), changes=changes, scope_gaps=gaps,
        export_href=view.pinned(project_id, "usage/export.csv"),
        live_href=view.address(project_id, "requests", live="yes", range="", bucket="", timezone="", group_by="", table="", **{"from": "", "to": ""}),
        alert_href=view.alert(project_id), breakdowns=breakdowns(broken, view, project_id, routes), requests=tuple(request_row(row) for row in listed.rows),
        requests_total=usage.totals.requests, requests_href=view.requests(project_id), unlisted=unlisted, pager=Pager(), opened=opened,
    )  # fmt: skip
    return page("usage/usage.html.j2", shell, shown)


def _ranges(view: View, project_id: str) -> tuple[Option, ...]:
    names = (*((name, label) for name, label, _ in RANGES), (MONTH, "This month"))
    return tuple(
        Option(label=label, href=view.in_range(project_id, name), current=name == view.range_name)
        for name, label in names
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
