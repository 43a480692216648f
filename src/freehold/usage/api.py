"""HTTP of usage and single requests. Thin: parse, one action, present."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.params import Parameter, QueryParameter

from freehold.keys.records import Environment, Via
from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, page
from freehold.usage import actions, rules
from freehold.usage.actions import ExplainedRequest
from freehold.usage.cursors import after_request
from freehold.usage.records import Counts, Filter, Grain, GroupBy, Kind, Question, RequestRow, Usage
from freehold.web.call import Call, checked_limit
from freehold.web.inputs import CursorText, Limit, with_time_zone

From = Annotated[
    datetime | None, QueryParameter(name="from", description="From this time on, cut to the minute before.")
]
To = Annotated[datetime | None, QueryParameter(name="to", description="Before this time, cut to the minute after.")]
KeyId = Annotated[
    str | None, QueryParameter(name="key", description="Only this key's requests, by its id.", max_length=100)
]
Selector = Annotated[
    str | None,
    QueryParameter(name="secret", description="Only this secret's requests, by its selector.", max_length=100),
]
EndpointId = Annotated[
    str | None,
    QueryParameter(name="endpoint", description="Only requests to this endpoint, by operation id.", max_length=300),
]
Outcome = Annotated[
    str | None,
    QueryParameter(name="outcome", description="Only this outcome: `allowed` or a denial's reason.", max_length=50),
]
KindText = Annotated[
    Kind | None,
    QueryParameter(
        name="kind",
        description="Only `served`, `throttled`, `denied` or `failed` requests, as the sums tell them apart.",
    ),
]


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
    """The sums over the whole range. `p95_ms`: the 95th percentile of the latencies, null where none was seen."""

    p95_ms: float | None


class PointView(CountsView, kw_only=True):
    """One bucket, from `at` on. `group` is the id of one of `groups` where grouping was asked for."""

    at: datetime
    group: str | None


class GroupView(CountsView, kw_only=True):
    """One part of the whole. `share` of the requests is from 0 to 1."""

    id: str
    name: str
    share: float


class UsageView(msgspec.Struct, kw_only=True):
    """A project's usage. Every request decided before `as_of` is counted."""

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


class ProjectUsageView(CountsView, kw_only=True):
    """What one project used. `share` of the organization's requests is from 0 to 1."""

    project: str
    name: str
    environment: str
    share: float


class OrganizationUsageView(msgspec.Struct, kw_only=True):
    """What an organization's projects used, largest first."""

    organization: str
    from_: datetime = msgspec.field(name="from")
    to: datetime
    projects: list[ProjectUsageView]
    totals: CountsView
    as_of: datetime


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
    """One request with its explanation."""

    project_name: str | None
    explanation: ExplanationView


def read_usage(  # noqa: PLR0913, PLR0917 — each is one parameter of the query
    call: Call,
    project_id: str,
    since: From = None,
    until: To = None,
    bucket: Annotated[
        Grain | None, Parameter(description="How time is cut; what suits the range where it is not given.")
    ] = None,
    timezone: Annotated[
        str, Parameter(description="The IANA time zone of hours, days and months.", max_length=100)
    ] = "UTC",
    group_by: Annotated[GroupBy | None, Parameter(description="Divide every bucket by this.")] = None,
    key: KeyId = None,
    secret: Selector = None,
    endpoint: EndpointId = None,
    outcome: Outcome = None,
    kind: KindText = None,
) -> UsageView:
    """What a project used: a series, its totals, and who made them. The last 24 hours unless given."""
    range_ = rules.read_range(with_time_zone("from", since), with_time_zone("to", until), clock.now())
    question = Question(
        range_, bucket or rules.bucket_for(range_.end - range_.start), timezone, group_by,
        Filter(key, secret, endpoint, outcome, kind),
    )  # fmt: skip
    with call.read() as tx:
        return usage_view(project_id, actions.read_usage(tx, call.actor, project_id, question))


def list_requests(  # noqa: PLR0913, PLR0917 — each is one parameter of the query
    call: Call,
    project_id: str,
    since: Annotated[datetime | None, QueryParameter(name="from", description="From this time on.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="Before this time.")] = None,
    key: KeyId = None,
    secret: Selector = None,
    endpoint: EndpointId = None,
    outcome: Outcome = None,
    kind: KindText = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[RequestView]:
    """A project's single requests, newest first."""
    start, end = with_time_zone("from", since), with_time_zone("to", until)
    filter_, after = Filter(key, secret, endpoint, outcome, kind), after_request(cursor)
    with call.read() as tx:
        rows = actions.list_requests(tx, call.actor, project_id, filter_, start, end, checked_limit(limit) + 1, after)
    cut = page(rows, limit, lambda row: Cursor(clock.to_ms(row.at), row.id))
    return Page([RequestView(**_request_fields(row)) for row in cut.data], cut.next_cursor)


def read_request(call: Call, request_id: str) -> ExplainedRequestView:
    """One request, with why it was allowed or denied."""
    with call.read() as tx:
        return explained_request_view(actions.read_request(tx, call.actor, request_id))


def read_organization_usage(
    call: Call, organization_id: str, since: From = None, until: To = None
) -> OrganizationUsageView:
    """What each project of an organization used, largest first. The last 24 hours unless given."""
    range_ = rules.read_range(with_time_zone("from", since), with_time_zone("to", until), clock.now())
    with call.read() as tx:
        usage = actions.read_organization_usage(tx, call.actor, organization_id, range_)
    rows = [
        ProjectUsageView(
            project=row.id, name=row.name, environment=row.environment, share=row.share, **row.counts._asdict()
        )
        for row in usage.projects
    ]
    return OrganizationUsageView(
        organization=organization_id, from_=range_.start, to=range_.end, projects=rows,
        totals=CountsView(**usage.totals._asdict()), as_of=usage.as_of,
    )  # fmt: skip


def usage_view(project_id: str, usage: Usage) -> UsageView:
    """A project's usage, as the API shows it."""
    question = usage.question
    return UsageView(
        project=project_id, from_=question.range.start, to=question.range.end, bucket=question.bucket,
        timezone=question.timezone, group_by=question.group_by,
        series=[PointView(at=point.at, group=point.group, **_fields(point.counts)) for point in usage.series],
        totals=TotalsView(p95_ms=usage.p95_ms, **_fields(usage.totals)),
        groups=[GroupView(id=each.id, name=each.name, share=each.share, **_fields(each.counts)) for each in usage.groups],
        as_of=usage.as_of,
    )  # fmt: skip


def explained_request_view(found: ExplainedRequest) -> ExplainedRequestView:
    """One request with its explanation, as the API shows it."""
    row, explanation, secret = found.request, found.explanation, found.secret
    return ExplainedRequestView(
        project_name=found.project_name,
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
        **_request_fields(row),
    )  # fmt: skip


def _fields(counts: Counts) -> dict[str, int]:
    return counts._asdict()


def _request_fields(row: RequestRow) -> dict[str, Any]:
    return {
        "id": row.id, "at": row.at, "project": row.project_id, "organization": row.organization_id,
        "environment": row.environment, "key": RequestKeyView(id=row.key_id, name=row.key_name) if row.key_id else None,
        "secret": row.secret, "api": row.api_id, "endpoint": row.endpoint, "method": row.method, "path": row.path,
        "outcome": row.outcome, "kind": rules.kind_of(row.outcome, row.status), "via": row.via, "status": row.status,
        "latency_ms": None if row.latency_us is None else row.latency_us / 1000, "cost": row.cost,
        "address": row.address, "user_agent": row.user_agent,
    }  # fmt: skip
