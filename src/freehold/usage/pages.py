"""Pages of usage: the chart with what made it up, single requests, one request explained.

The view's whole state is in its address. Thin: parse the address, one action, present.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast, get_args
from urllib.parse import urlencode

from litestar import Response

from freehold.apis import queries as apis
from freehold.dashboard import words
from freehold.dashboard.charts import AxisLabel, BarChart, Bucket, Series, Tone
from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Filter as FilterField
from freehold.dashboard.views.parts import Link, Pager
from freehold.dashboard.views.requests import CheckedRule, LimitRow, RequestsView, RequestView
from freehold.dashboard.views.usage import Breakdown, Figure, Option, Share, UsageView
from freehold.errors import FieldError, invalid, not_found
from freehold.keys import actions as keys
from freehold.keys.explanation import checked_rules
from freehold.kit import clock
from freehold.kit.paging import Cursor
from freehold.kit.paging import page as cut_page
from freehold.projects import queries as projects
from freehold.projects.actions import read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage import actions, rules
from freehold.usage.actions import ExplainedRequest
from freehold.usage.glances import OUTCOME_SERIES, request_row, requests_href
from freehold.usage.records import (
    KINDS,
    OUTCOMES,
    Counts,
    Filter,
    Grain,
    Group,
    GroupBy,
    Kind,
    Point,
    Question,
    Range,
    RequestRow,
    Usage,
)
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page

_RANGES: Final = (
    ("1h", "1 h", timedelta(hours=1)),
    ("24h", "24 h", timedelta(hours=24)),
    ("7d", "7 d", timedelta(days=7)),
    ("30d", "30 d", timedelta(days=30)),
)
_GROUPINGS: Final[tuple[tuple[GroupBy, str], ...]] = (("outcome", "Outcome"), ("key", "Key"), ("endpoint", "Endpoint"))
_GROUP_TONES: Final[tuple[Tone, ...]] = ("a", "b", "c", "d", "e", "f")
_BARS_MAX: Final = 400
_AXIS_LABELS: Final = 7
_REQUESTS_SHOWN: Final = 20
_REQUESTS_A_PAGE: Final = 50
_SHARES_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class _View:
    """What the address asks for."""

    query: Mapping[str, str]
    range: Range
    range_name: str
    bucket: Grain
    group_by: GroupBy
    filter: Filter

    def address(self, project_id: str, place: str = "usage", **changed: str | None) -> str:
        """The same view with some of it changed; None takes a part away."""
        kept = {**self.query, **changed}
        kept.pop("cursor", None)
        asked = urlencode({name: value for name, value in kept.items() if value})
        return f"/projects/{project_id}/{place}{'?' + asked if asked else ''}"

    def in_range(self, project_id: str, name: str) -> str:
        """The same view over one of the named ranges."""
        return replace(self, query={**self.query, "from": "", "to": "", "bucket": ""}).address(project_id, range=name)


# --- usage ----------------------------------------------------------------------------------------


def show_usage(call: Call, project_id: str) -> Response[Any]:
    """A project's usage: totals, the chart, and who made them."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "usage", project=project)
        view = _read_view(call, shell.now)
        grouped = view.group_by if view.group_by != "outcome" else None
        question = Question(view.range, view.bucket, "UTC", grouped, view.filter)
        usage = actions.read_usage(tx, call.actor, project_id, question)
        before = actions.break_down(tx, call.actor, project_id, _before(view.range), view.filter, "outcome")
        broken = {
            group_by: actions.break_down(tx, call.actor, project_id, view.range, view.filter, group_by)
            for group_by, _ in _GROUPINGS
        }
        rows = actions.list_requests(
            tx, call.actor, project_id, view.filter, view.range.start, view.range.end, _REQUESTS_SHOWN
        )
        routes = {row.operation_id: f"{row.method} {row.path}" for row in apis.endpoints_of(tx, project.api_id, True)}
        filters = _filters(tx, call, project, view)
    shown = UsageView(
        project_id=project_id,
        ranges=tuple(
            Option(label=label, href=view.in_range(project_id, name), current=name == view.range_name)
            for name, label, _ in _RANGES
        ),
        buckets=_bucket_options(view, project_id),
        groupings=tuple(
            Option(label=label, href=view.address(project_id, group_by=name), current=name == view.group_by)
            for name, label in _GROUPINGS
        ),
        filters=filters, hidden=_hidden(view), from_at=view.range.start, to_at=view.range.end, as_of=usage.as_of,
        total=usage.totals.requests, figures=_figures(usage, before, _totals_by_bucket(usage)),
        chart=_chart(usage, view, project_id, routes), breakdowns=_breakdowns(broken, view, project_id, routes),
        requests=tuple(request_row(row) for row in rows), requests_total=usage.totals.requests,
        requests_href=_requests_address(view, project_id), pager=Pager(),
    )  # fmt: skip
    return page("usage/usage.html.j2", shell, shown)


def _bucket_options(view: _View, project_id: str) -> tuple[Option, ...]:
    span = view.range.end - view.range.start
    grains: tuple[tuple[Grain, str, timedelta], ...] = (
        ("minute", "Minute", timedelta(minutes=1)), ("hour", "Hour", timedelta(hours=1)), ("day", "Day", timedelta(days=1)),
    )  # fmt: skip
    return tuple(
        Option(label=label, href=view.address(project_id, bucket=grain), current=grain == view.bucket)
        for grain, label, length in grains
        if (2 * length <= span and span / length <= _BARS_MAX) or grain == view.bucket
    )


def _totals_by_bucket(usage: Usage) -> list[Counts]:
    sums: dict[datetime, Counts] = {}
    for point in usage.series:
        sums[point.at] = rules.plus(sums.get(point.at, Counts()), point.counts)
    return list(sums.values())


def _figures(usage: Usage, before: Sequence[Group], buckets: Sequence[Counts]) -> tuple[Figure, ...]:
    now, then = usage.totals, rules.total(group.counts for group in before)
    p95 = usage.p95_ms
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


def _chart(usage: Usage, view: _View, project_id: str, routes: Mapping[str, str]) -> BarChart:
    step = {
        "minute": timedelta(minutes=1),
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "month": timedelta(days=31),
    }[view.bucket]
    by_time: dict[datetime, list[Point]] = {}
    for point in usage.series:
        by_time.setdefault(point.at, []).append(point)
    starts = list(by_time)
    ends = [*starts[1:], view.range.end]
    title = "Requests by outcome"
    series: tuple[Series, ...] = OUTCOME_SERIES
    if view.group_by != "outcome":
        title = f"Requests by {view.group_by}"
        names = [routes.get(group.id, group.name) for group in usage.groups]
        series = tuple(Series(_tone(index), name) for index, name in enumerate(names))
    also = _filter_query(view)
    return BarChart(
        title=title, unit=f"{ {'minute': 'By minute', 'hour': 'Hourly', 'day': 'Daily', 'month': 'Monthly'}[view.bucket] }, UTC", series=series,
        buckets=tuple(
            Bucket(_bucket_label(at, view.bucket), _bar(by_time[at], view.group_by), requests_href(project_id, at, min(end, at + step), also))
            for at, end in zip(starts, ends, strict=True)
        ),
        axis=_axis(starts, view.bucket),
    )  # fmt: skip


def _bar(points: Sequence[Point], group_by: GroupBy) -> tuple[int, ...]:
    if group_by != "outcome":
        return tuple(point.counts.requests for point in points)
    counts = points[0].counts
    return (counts.served, counts.throttled, counts.denied, counts.failed)


def _tone(index: int) -> Tone:
    return _GROUP_TONES[index] if index < len(_GROUP_TONES) else "rest"


def _bucket_label(at: datetime, bucket: Grain) -> str:
    return f"{at.day} {at:%b}" if bucket in ("day", "month") else f"{at.day} {at:%b, %H:%M}"


def _axis(starts: Sequence[datetime], bucket: Grain) -> tuple[AxisLabel, ...]:
    every = max(1, -(-len(starts) // _AXIS_LABELS))
    days = len(starts) > 1 and starts[-1] - starts[0] > timedelta(days=2)
    return tuple(
        AxisLabel(index + 0.5, f"{at.day} {at:%b}" if days or bucket in ("day", "month") else f"{at:%H:%M}")
        for index, at in enumerate(starts)
        if index % every == every // 2
    )


def _breakdowns(
    broken: Mapping[GroupBy, Sequence[Group]], view: _View, project_id: str, routes: Mapping[str, str]
) -> tuple[Breakdown, ...]:
    return (
        Breakdown(title="By key", shares=_shares(broken["key"], view, project_id, "key", {}), empty="No key was used."),
        Breakdown(title="By endpoint", shares=_shares(broken["endpoint"], view, project_id, "endpoint", routes), empty="No endpoint was called."),
        Breakdown(title="By outcome", shares=_shares(broken["outcome"], view, project_id, "outcome", {}), empty="Nothing was decided."),
    )  # fmt: skip


def _shares(
    groups: Sequence[Group], view: _View, project_id: str, name: GroupBy, routes: Mapping[str, str]
) -> tuple[Share, ...]:
    return tuple(
        Share(
            label=_share_label(group, name, routes), requests=group.counts.requests,
            href=_requests_address(view, project_id, **{name: group.id}) if group.id and group.id != rules.OTHERS else view.address(project_id, group_by=name),
            code=name == "endpoint", tone=_kind_of_group(group) if name == "outcome" else "served", swatch=name == "outcome",
            note=_share_note(group) if name != "outcome" else "", note_tone="warn" if _share_note(group) else "",
        )
        for group in groups[:_SHARES_SHOWN]
    )  # fmt: skip


def _share_label(group: Group, name: GroupBy, routes: Mapping[str, str]) -> str:
    if name == "outcome":
        return group.name.replace("_", " ").capitalize()
    return routes.get(group.id, group.name)


def _share_note(group: Group) -> str:
    counts = group.counts
    if counts.throttled:
        return f"{words.percent(counts.throttled, counts.requests, 1)}% throttled"
    lost = counts.denied + counts.failed
    return f"{words.percent(lost, counts.requests, 1)}% denied or failed" if lost else ""


def _kind_of_group(group: Group) -> Kind:
    counts = group.counts
    return max(KINDS, key=lambda kind: cast("int", getattr(counts, kind)))


# --- requests -------------------------------------------------------------------------------------


def show_requests(call: Call, project_id: str) -> Response[Any]:
    """A project's single requests, newest first."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "requests", project=project)
        query = call.query_values()
        start, end = _instant(query, "from"), _instant(query, "to")
        wanted = _filter(query)
        after = after_instant(query.get("cursor") or None)
        rows = actions.list_requests(tx, call.actor, project_id, wanted, start, end, _REQUESTS_A_PAGE + 1, after)
        view = _View(query, Range(start or clock.EPOCH, end or shell.now), "", "hour", "outcome", wanted)
        filters, as_of = _filters(tx, call, project, view), actions.as_of(tx)
    cut = cut_page(rows, _REQUESTS_A_PAGE, _place)
    shown = RequestsView(
        project_id=project_id, rows=tuple(request_row(row) for row in cut.data), filters=filters, from_at=start,
        to_at=end, as_of=as_of,
        pager=Pager(
            older=f"{_with(view.address(project_id, 'requests'))}cursor={cut.next_cursor}" if cut.next_cursor else None,
            newest=view.address(project_id, "requests") if after else None,
        ),
    )  # fmt: skip
    return page("usage/requests.html.j2", shell, shown)


def _place(row: RequestRow) -> Cursor:
    return Cursor(clock.to_ms(row.at), row.id)


def _with(address: str) -> str:
    return address + ("&" if "?" in address else "?")


def show_request(call: Call, project_id: str, request_id: str) -> Response[Any]:
    """One request with its whole explanation."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        found = actions.read_request(tx, call.actor, request_id)
        if found.request.project_id != project_id:
            raise not_found("request")
        shell = frame(tx, call, "requests", project=project)
    return page("usage/request.html.j2", shell, _explained(found, project, call.settings.brand))


def _explained(found: ExplainedRequest, project: Project, brand: str) -> RequestView:
    request, why = found.request, found.explanation
    prefix = "test" if project.environment == "sandbox" else "live"
    changed = " The project or the key has changed since." if found.changed_since else ""
    return RequestView(
        project_id=project.id, request=request_row(request), why=why.meaning + changed, remedy=why.remedy,
        fix=_fix(why.reason or "", project.id, request.key_id), endpoint=request.endpoint or "",
        key_identifier=f"{brand}_{prefix}_…{found.secret.last4}" if found.secret else "",
        secret_version=found.secret.version if found.secret else None, via=request.via, cost=request.cost,
        address=request.address or "", user_agent=request.user_agent or "", epoch=found.epoch,
        rules=tuple(CheckedRule(name=each.title, state=each.state, detail=each.words) for each in checked_rules(why.rule)),
        limits=tuple(LimitRow(name=f"{each.name}_rate_limit", limit=each.limit, remaining=each.remaining, reset_s=each.reset_s) for each in why.limits),
    )  # fmt: skip


def _fix(reason: str, project_id: str, key_id: str | None) -> Link | None:
    """Where what a denial asks for is done."""
    here = f"/projects/{project_id}"
    key = f"{here}/keys/{key_id}"
    places = {
        "revoked": Link(label="Issue another key", href=f"{here}/keys/new"),
        "expired": Link(label="Move its expiry", href=key),
        "project_archived": Link(label="Restore the project", href=f"{here}/settings#restore"),
        "endpoint_not_in_scope": Link(label="Open the scope", href=f"{here}/scope"),
        "address_not_allowed": Link(label="Change its networks", href=key),
        "rate_limited": Link(label="Change the limit", href=key),
    }
    return places.get(reason)


# --- reading the address --------------------------------------------------------------------------


def _read_view(call: Call, now: datetime) -> _View:
    query = call.query_values()
    start, end = _instant(query, "from"), _instant(query, "to")
    name = query.get("range", "")
    spans = {each: span for each, _, span in _RANGES}
    if start is None and end is None:
        name = name if name in spans else "24h"
        end = now
        start = now - spans[name]
    else:
        name = ""
    range_ = rules.read_range(start, end, now)
    bucket = query.get("bucket", "")
    grain = cast("Grain", bucket) if bucket in get_args(Grain) else rules.bucket_for(range_.end - range_.start)
    if (range_.end - range_.start) / {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}.get(
        grain, timedelta(days=1)
    ) > _BARS_MAX:
        grain = rules.bucket_for(range_.end - range_.start)
    grouping = query.get("group_by", "")
    group_by: GroupBy = next((name for name, _ in _GROUPINGS if name == grouping), "outcome")
    return _View(query, range_, name, grain, group_by, _filter(query))


def _filter(query: Mapping[str, str]) -> Filter:
    kind = query.get("kind", "")
    return Filter(
        key=query.get("key") or None, secret=query.get("secret") or None, endpoint=query.get("endpoint") or None,
        outcome=query.get("outcome") or None, kind=next((each for each in KINDS if each == kind), None),
    )  # fmt: skip


def _instant(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        # A `+` of a time zone arrives as a blank where somebody wrote the address by hand.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise invalid(
            FieldError(name, f"{text!r} is no time. Write it like 2026-11-22T14:00:00Z.", "invalid_time")
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _before(range_: Range) -> Range:
    return Range(range_.start - (range_.end - range_.start), range_.start)


def _hidden(view: _View) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, view.query[name]) for name in ("range", "from", "to", "bucket", "group_by") if view.query.get(name)
    )


def _filter_query(view: _View) -> str:
    names = ("key", "secret", "endpoint", "outcome", "kind")
    return urlencode({name: view.query[name] for name in names if view.query.get(name)})


def _requests_address(view: _View, project_id: str, **more: str) -> str:
    filters = {**{name: view.query.get(name) for name in ("key", "secret", "endpoint", "outcome", "kind")}, **more}
    return requests_href(
        project_id,
        view.range.start,
        view.range.end,
        urlencode({name: value for name, value in filters.items() if value}),
    )


def _filters(tx: Transaction, call: Call, project: Project, view: _View) -> tuple[FilterField, ...]:
    shown = keys.list_keys(tx, call.actor, project.id, 200)
    scope = projects.scope_of(tx, project.id).endpoints
    return (
        _choice("kind", "Outcome", view.query.get("kind", ""), ((kind, kind.capitalize()) for kind in KINDS)),
        _choice("outcome", "Reason", view.query.get("outcome", ""), ((each, each.replace("_", " ")) for each in OUTCOMES)),
        _choice("key", "Key", view.query.get("key", ""), ((each.key.id, each.key.name) for each in shown)),
        _choice("endpoint", "Endpoint", view.query.get("endpoint", ""), ((each, each) for each in scope)),
    )  # fmt: skip


def _choice(name: str, label: str, value: str, choices: Iterable[tuple[str, str]]) -> FilterField:
    offered = (("", "Any"), *choices)
    if value not in {each for each, _ in offered}:
        # A filter from an address that the list does not offer stays visible, so that it can be taken away.
        offered = (*offered, (value, value))
    return FilterField(name=name, label=label, value=value, choices=offered)
