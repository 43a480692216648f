# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about usage."""

from datetime import datetime

from freehold.sdk.model import Model
from freehold.sdk.models.words import Bucket, Environment, GroupBy, ProjectionMethod, RequestKind, UsageCompare, Via


class Counts(Model, frozen=True, kw_only=True):
    """Sums over some requests: `requests` is `served`, `throttled`, `denied` and `failed` together.

    `served`: allowed, and not answered with 5xx. `throttled`: over a rate limit or quota. `failed`: allowed but
    answered with 5xx, or denied because Freehold was not available. `cost`: cost units.
    """

    requests: int
    cost: int
    allowed: int
    served: int
    throttled: int
    denied: int
    failed: int


class Point(Counts, frozen=True, kw_only=True):
    """One bucket, from `at` on. `group` is the id of one of `groups` where grouping was asked for."""

    at: datetime
    group: str | None


class Totals(Counts, frozen=True, kw_only=True):
    """The sums over the whole range.

    `p50_ms` to `p99_ms`: the latencies that so many percent of the requests had at most, within 1 %; null where
    none was seen.
    """

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class Group(Counts, frozen=True, kw_only=True):
    """One part of the whole. `share` of the requests is from 0 to 1."""

    id: str
    name: str
    share: float


class Gap(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Decisions that were answered without a record, since a gate's disk took none: they are in no sum.

    `project` is null where they were of more projects than could be told apart.
    """

    project: str | None
    from_: datetime
    to: datetime
    decisions: int


class Previous(Totals, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The same sums of the period before: as long, or as many days or months of the time zone.

    Of a range that still runs, it is the same part of the period before.
    """

    from_: datetime
    to: datetime


class Projection(Model, frozen=True, kw_only=True):
    """An estimate of what a range that still runs may come to by its end, `at`; it is in no sum.

    `method` says how it was made, from what was counted before `made_of_to`. `same_hours_last_week`: what is
    left of the range is taken to be as the same hours of the last seven days were. `pace_so_far`: the rest goes
    on at the mean pace so far, for a project that is younger than that.
    """

    at: datetime
    requests: int
    cost: int
    method: ProjectionMethod
    made_of_to: datetime


class Proven(Model, frozen=True, kw_only=True):
    """When all of the project's sums were compared with each other last, and how many differed: 0 where they reconcile.."""

    as_of: datetime
    differences: int


class Usage(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A project's usage. Every request decided before `as_of` is counted, or in one of the `gaps`."""

    project: str
    from_: datetime
    to: datetime
    bucket: Bucket
    timezone: str
    group_by: GroupBy | None
    series: list[Point]
    totals: Totals
    groups: list[Group]
    as_of: datetime
    gaps: list[Gap]
    compare: UsageCompare | None
    previous: Previous | None
    projection: Projection | None
    proven: Proven | None


class RequestKey(Model, frozen=True, kw_only=True):
    """The key that a request came with."""

    id: str
    name: str | None


class Request(Model, frozen=True, kw_only=True):
    """One decision, and what came of it where Freehold saw the response.

    `endpoint` is an operation id. `secret` is the selector of the secret's version. `status` and `latency_ms`
    are the upstream's.
    """

    id: str
    at: datetime
    project: str | None
    organization: str | None
    environment: Environment | None
    key: RequestKey | None
    secret: str | None
    api: str | None
    endpoint: str | None
    method: str | None
    path: str | None
    outcome: str
    kind: RequestKind
    via: Via
    status: int | None
    latency_ms: float | None
    cost: int
    address: str | None
    user_agent: str | None


class Limit(Model, frozen=True, kw_only=True):
    """A limit as it stood after the request. `reset_s`: seconds until it was whole again."""

    name: str
    limit: int
    remaining: int
    reset_s: float


class SecretVersion(Model, frozen=True, kw_only=True):
    """The version of the key's secret that a request came with."""

    selector: str
    version: int
    last4: str


class ScopeInForce(Model, frozen=True, kw_only=True):
    """The project's scope now. `changed_since`: the project or the key has changed after the decision."""

    endpoints: list[str]
    changed_since: bool


class Explanation(Model, frozen=True, kw_only=True):
    """Why the decision came out as it did.

    `remedy` is what must change, empty where nothing must. `rule` is the check that decided and `rule_words`
    what it asks for. `epoch` numbers the configuration that was in force.
    """

    allowed: bool
    rule: str
    rule_words: str
    meaning: str
    remedy: str
    limits: list[Limit]
    secret: SecretVersion | None
    scope: ScopeInForce
    epoch: int


class ExplainedRequest(Request, frozen=True, kw_only=True):
    """One request with its explanation.

    `curl`: a command that asks the gate the same again, with `$FREEHOLD_KEY` for the secret and
    `$FREEHOLD_TOKEN` for the service token of a verify call; without query and body, which are not kept. Null
    where too little was kept. `cost_before`: what the gate counted, where a cost was reported afterwards, at
    `cost_reported_at`; else both are null.
    """

    project_name: str | None
    explanation: Explanation
    curl: str | None
    cost_before: int | None
    cost_reported_at: datetime | None


class ProjectUsage(Counts, frozen=True, kw_only=True):
    """What one project of an organization used."""

    share: float
    previous: Counts | None
    project: str
    name: str
    environment: str


class OrganizationUsage(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What an organization's projects used, largest first."""

    from_: datetime
    to: datetime
    totals: Counts
    previous: Counts | None
    projects_total: int
    next_cursor: str | None
    as_of: datetime
    gaps: list[Gap]
    organization: str
    projects: list[ProjectUsage]


class CostReport(Model, frozen=True, kw_only=True):
    """What was reported of a request. `counted_at` and `cost_before` are null until the request itself is counted."""

    request: str
    cost: int
    cost_before: int | None
    reported_at: datetime
    counted_at: datetime | None


class MeteredEvent(Model, frozen=True, kw_only=True):
    """A metered event as it was counted.

    `time`: what it counts for. `key` and `endpoint` are null where none was named.
    """

    source: str
    id: str
    type: str
    time: datetime
    units: int
    key: str | None
    endpoint: str | None
    received_at: datetime


class Metered(Model, frozen=True, kw_only=True):
    """What became of metered events. `repeated`: those whose source and id were counted before."""

    counted: int
    repeated: int


class Finding(Model, frozen=True, kw_only=True):
    """Two sums that should be equal and are not. `project` is null for requests of nobody."""

    project: str | None
    between: str
    at: datetime
    words: str


class Reconciliation(Model, frozen=True, kw_only=True):
    """Whether all sums add up, when they were compared last. `findings` are the first of the `differences`."""

    as_of: datetime
    finished_at: datetime
    compared: int
    differences: int
    findings: list[Finding]


class InstanceProjectUsage(Counts, frozen=True, kw_only=True):
    """What one project of the instance used. All but `name` is null for requests with a key that nobody knows."""

    share: float
    previous: Counts | None
    project: str | None
    name: str
    environment: str | None
    organization: str | None
    organization_name: str | None


class InstanceUsage(Model, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What the instance's projects used, largest first."""

    from_: datetime
    to: datetime
    totals: Counts
    previous: Counts | None
    projects_total: int
    next_cursor: str | None
    as_of: datetime
    gaps: list[Gap]
    projects: list[InstanceProjectUsage]


class DryRunKey(Model, frozen=True, kw_only=True):
    """The key and the version of its secret that were asked about."""

    id: str
    name: str
    secret_version: int
    last4: str


class DryRunLimit(Limit, frozen=True, kw_only=True):
    """A limit as it would stand after the call.

    `known_at`: up to when its state is known here. Rate limits are counted by the gates: what is known of one
    is what its newest counted request left. Null where nothing is known: then it counted as whole, which it may
    not be.
    """

    known_at: datetime | None


class DryRun(Model, frozen=True, kw_only=True):
    """What would be decided, by which rule, and what must change for the call to pass (`remedy`)."""

    allowed: bool
    reason: str | None
    rule: str
    rule_words: str
    meaning: str
    remedy: str
    key: DryRunKey | None
    project: str | None
    environment: Environment | None
    endpoint: str | None
    limits: list[DryRunLimit]
    retry_after_s: float | None
