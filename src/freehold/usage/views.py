"""What the API shows of usage and single requests: views, and how they are filled. No IO."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from freehold.keys.records import Environment, Via
from freehold.usage import rules
from freehold.usage.actions import ExplainedRequest
from freehold.usage.period_rules import Method, Previous, Projection
from freehold.usage.records import Counts, Grain, GroupBy, Kind, RequestRow, Usage, UsageGap
from freehold.usage.repeating import Repeat

# What a range may be compared with.
Compare = Literal["previous"]


class CountsView(msgspec.Struct, kw_only=True):
    """Sums over some requests: `requests` is `served`, `throttled`, `denied` and `failed` together.

    `served`: allowed, and not answered with 5xx. `throttled`: over a rate limit or quota. `failed`:
    allowed but answered with 5xx, or denied because Freehold was not available. `cost`: cost units.
    """

    requests: int
    cost: int
    allowed: int
    served: int
    throttled: int
    denied: int
    failed: int


class TotalsView(CountsView, kw_only=True):
    """The sums over the whole range.

    `p50_ms` to `p99_ms`: the latencies that so many percent of the requests had at most, within 1 %; null where none was seen.
    """

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class PointView(CountsView, kw_only=True):
    """One bucket, from `at` on. `group` is the id of one of `groups` where grouping was asked for."""

    at: datetime
    group: str | None


class GroupView(CountsView, kw_only=True):
    """One part of the whole. `share` of the requests is from 0 to 1."""

    id: str
    name: str
    share: float


class GapView(msgspec.Struct, kw_only=True):
    """Decisions that were answered without a record, since a gate's disk took none: they are in no sum.

    `project` is null where they were of more projects than could be told apart.
    """

    project: str | None
    from_: datetime = msgspec.field(name="from")
    to: datetime
    decisions: int


class PreviousView(TotalsView, kw_only=True):
    """The same sums of the period before: as long, or as many days or months of the time zone.

    Of a range that still runs, it is the same part of the period before.
    """

    from_: datetime = msgspec.field(name="from")
    to: datetime


class ProjectionView(msgspec.Struct, kw_only=True):
    """An estimate of what a range that still runs may come to by its end, `at`; it is in no sum.

    `method` says how it was made, from what was counted before `made_of_to`. `same_hours_last_week`: what is left
    of the range is taken to be as the same hours of the last seven days were. `pace_so_far`: the rest goes on at
    the mean pace so far, for a project that is younger than that.
    """

    at: datetime
    requests: int
    cost: int
    method: Method
    made_of_to: datetime


class ProvenView(msgspec.Struct, kw_only=True):
    """When all of the project's sums were compared with each other last, and how many differed: 0 where they reconcile."""

    as_of: datetime
    differences: int


class UsageView(msgspec.Struct, kw_only=True):
    """A project's usage. Every request decided before `as_of` is counted, or in one of the `gaps`."""

    project: str
    from_: datetime = msgspec.field(name="from")
    to: datetime
    bucket: Grain
    timezone: str
    group_by: GroupBy | None
    series: list[PointView]
    totals: TotalsView
    groups: list[GroupView]
    as_of: datetime
    gaps: list[GapView]
    compare: Compare | None
    previous: PreviousView | None
    projection: ProjectionView | None
    proven: ProvenView | None


class RequestKeyView(msgspec.Struct, kw_only=True):
    """The key that a request came with."""

    id: str
    name: str | None


class RequestView(msgspec.Struct, kw_only=True):
    """One decision, and what came of it where Freehold saw the response.

    `endpoint` is an operation id. `secret` is the selector of the secret's version. `status` and
    `latency_ms` are the upstream's.
    """

    id: str
    at: datetime
    project: str | None
    organization: str | None
    environment: Environment | None
    key: RequestKeyView | None
    secret: str | None
    api: str | None
    endpoint: str | None
    method: str | None
    path: str | None
    outcome: str
    kind: Kind
    via: Via
    status: int | None
    latency_ms: float | None
    cost: int
    address: str | None
    user_agent: str | None


class SecretVersionView(msgspec.Struct, kw_only=True):
    """The version of the key's secret that a request came with."""

    selector: str
    version: int
    last4: str


class LimitView(msgspec.Struct, kw_only=True):
    """A limit as it stood after the request. `reset_s`: seconds until it was whole again."""

    name: str
    limit: int
    remaining: int
    reset_s: float


class ScopeInForceView(msgspec.Struct, kw_only=True):
    """The project's scope now. `changed_since`: the project or the key has changed after the decision."""

    endpoints: list[str]
    changed_since: bool


class ExplanationView(msgspec.Struct, kw_only=True):
    """Why the decision came out as it did. `remedy` is what must change, empty where nothing must.

    `rule` is the check that decided and `rule_words` what it asks for. `epoch` numbers the
    configuration that was in force.
    """

    allowed: bool
    rule: str
    rule_words: str
    meaning: str
    remedy: str
    limits: list[LimitView]
    secret: SecretVersionView | None
    scope: ScopeInForceView
    epoch: int


class ExplainedRequestView(RequestView, kw_only=True):
    """One request with its explanation.

    `curl`: a command that asks the gate the same again, with `$FREEHOLD_KEY` for the secret and `$FREEHOLD_TOKEN` for the
    service token of a verify call; without query and body, which are not kept. Null where too little was kept.
    `cost_before`: what the gate counted, where a cost was reported afterwards, at `cost_reported_at`; else both are null.
    """

    project_name: str | None
    explanation: ExplanationView
    curl: str | None
    cost_before: int | None
    cost_reported_at: datetime | None


def usage_view(
    project_id: str, usage: Usage, compare: Compare | None, previous: Previous | None, projection: Projection | None
) -> UsageView:
    """A project's usage, as the API shows it."""
    question = usage.question
    return UsageView(
        project=project_id, from_=question.range.start, to=question.range.end, bucket=question.bucket,
        timezone=question.timezone, group_by=question.group_by,
        series=[PointView(at=point.at, group=point.group, **_fields(point.counts)) for point in usage.series],
        totals=TotalsView(**usage.latency._asdict(), **_fields(usage.totals)),
        groups=[GroupView(id=each.id, name=each.name, share=each.share, **_fields(each.counts)) for each in usage.groups],
        as_of=usage.as_of, gaps=gap_views(usage.gaps), compare=compare, previous=_previous_view(previous),
        projection=_projection_view(projection), proven=usage.proven and ProvenView(**usage.proven._asdict()),
    )  # fmt: skip


def _previous_view(previous: Previous | None) -> PreviousView | None:
    if previous is None:
        return None
    return PreviousView(
        from_=previous.range.start, to=previous.range.end, **previous.latency._asdict(), **_fields(previous.totals)
    )


def _projection_view(projection: Projection | None) -> ProjectionView | None:
    if projection is None:
        return None
    return ProjectionView(
        at=projection.end, requests=projection.requests, cost=projection.cost, method=projection.method,
        made_of_to=projection.made_of_to,
    )  # fmt: skip


def gap_views(gaps: Iterable[UsageGap]) -> list[GapView]:
    """Gaps, as the API shows them."""
    return [GapView(project=each.project_id, from_=each.start, to=each.end, decisions=each.decisions) for each in gaps]


def explained_request_view(found: ExplainedRequest, again: Repeat | None) -> ExplainedRequestView:
    """One request with its explanation, as the API shows it."""
    row, explanation, secret = found.request, found.explanation, found.secret
    return ExplainedRequestView(
        project_name=found.project_name, curl=again.command if again else None,
        cost_before=found.reported.cost_before if found.reported else None,
        cost_reported_at=found.reported.reported_at if found.reported else None,
        explanation=ExplanationView(
            allowed=explanation.allowed, rule=explanation.rule, rule_words=explanation.rule_words,
            meaning=explanation.meaning, remedy=explanation.remedy,
            limits=[
                LimitView(name=limit.name, limit=limit.limit, remaining=limit.remaining, reset_s=limit.reset_s)
                for limit in explanation.limits
            ],
            secret=SecretVersionView(selector=row.secret, version=secret.version, last4=secret.last4)
            if secret and row.secret else None,
            scope=ScopeInForceView(endpoints=found.endpoints, changed_since=found.changed_since),
            epoch=found.epoch,
        ),
        **request_fields(row),
    )  # fmt: skip


def _fields(counts: Counts) -> dict[str, int]:
    return counts._asdict()


def request_fields(row: RequestRow) -> dict[str, Any]:
    """One request's fields, for the views that have them."""
    return {
        "id": row.id, "at": row.at, "project": row.project_id, "organization": row.organization_id,
        "environment": row.environment, "key": RequestKeyView(id=row.key_id, name=row.key_name) if row.key_id else None,
        "secret": row.secret, "api": row.api_id, "endpoint": row.endpoint, "method": row.method, "path": row.path,
        "outcome": row.outcome, "kind": rules.kind_of(row.outcome, row.status), "via": row.via, "status": row.status,
        "latency_ms": None if row.latency_us is None else row.latency_us / 1000, "cost": row.cost,
        "address": row.address, "user_agent": row.user_agent,
    }  # fmt: skip
