"""What one decision left behind, and the closed sets that usage is counted by. No behaviour.

`UsageEvent` is written to disk by one program and may be read by the next version of it: fields
are only ever added, at the end and with a default, never moved, renamed or removed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

import msgspec

from freehold.keys.records import ALLOWED, Environment, Reason, Via

Grain = Literal["minute", "hour", "day", "month"]
GroupBy = Literal["key", "endpoint", "outcome", "secret"]
# What the charts sort every decision into: `served` is allowed and not answered with 5xx, `throttled`
# is a limit, `failed` is allowed and answered with 5xx or denied as unavailable, `denied` is the rest.
Kind = Literal["served", "throttled", "denied", "failed"]

# By what sums can be filtered, and by what single requests can: sums have no paths.
FilterField = Literal["key", "secret", "endpoint", "outcome", "kind"]
RequestFilterField = Literal["key", "secret", "endpoint", "outcome", "kind", "path"]

GRAINS: Final[tuple[Grain, ...]] = get_args(Grain)
GROUP_BYS: Final[tuple[GroupBy, ...]] = get_args(GroupBy)
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
FILTER_FIELDS: Final[tuple[RequestFilterField, ...]] = get_args(RequestFilterField)
THROTTLES: Final = (Reason.RATE_LIMITED.value, Reason.QUOTA_EXHAUSTED.value)

# A path is kept as it was sent, without its query, and cut to so many characters (`gate.decider`, `sdk.admission`).
PATH_MAX: Final = 1024

# Every outcome that a decision can have.
OUTCOMES: Final = (ALLOWED, *(reason.value for reason in Reason))

# What the database's columns can hold: an event beyond it is a defect of its writer, and is
# reported by the reader instead of stopping the collector for ever.
Status = Annotated[int, msgspec.Meta(ge=0, le=999)]
Microseconds = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
Cost = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class UsageEvent(msgspec.Struct, array_like=True, gc=False):
    """The record of one decision, and of its outcome where Freehold saw the response.

    None where something is unknown. `at_ms`: when it was decided, in Unix milliseconds. `secret`:
    the selector of the secret's version. `endpoint`: an operation id of the catalogue. `outcome`:
    `allowed` or the reason of the denial. `latency_us`: microseconds until the upstream's answer
    was through. `limits`: (name, limit, remaining, reset_s) as they stood after this request.
    `epoch`: the configuration that was in force.
    """

    id: str
    at_ms: Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
    project_id: str | None
    organization_id: str | None
    environment: Environment | None
    key_id: str | None
    secret: str | None
    api_id: str | None
    endpoint: str | None
    method: str | None
    path: str | None
    outcome: str
    via: Via
    status: Status | None
    latency_us: Microseconds | None
    cost: Cost
    address: str | None
    user_agent: str | None
    rule: str
    limits: tuple[tuple[str, int, int, float], ...]
    epoch: int


# The fields of a `UsageEvent`, in their order: written down they are the same bytes, without an object made for it.
EventFields = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which decisions are meant: those with one of the values of each field that has any.

    `keys` are ids, `secrets` selectors, `endpoints` operation ids, `outcomes` as in `OUTCOMES`, `paths` exactly as they
    were sent: of single requests only, since sums have none. Of a field that `excluded` names, those with none of its
    values are meant; what has no value there is among them.
    """

    keys: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    excluded: tuple[RequestFilterField, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """From an instant on, up to but without another one."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a project's usage. `timezone` is an IANA name: days and months are that zone's."""

    range: Range
    bucket: Grain
    timezone: str = "UTC"
    group_by: GroupBy | None = None
    filter: Filter = Filter()


class Piece(NamedTuple):
    """A stretch of time that whole rollup rows of one grain make up."""

    grain: Grain
    start: datetime
    end: datetime


class Counts(NamedTuple):
    """Sums over some decisions. requests = served + throttled + denied + failed."""

    requests: int = 0
    cost: int = 0
    allowed: int = 0
    served: int = 0
    throttled: int = 0
    denied: int = 0
    failed: int = 0


class Sum(NamedTuple):
    """Sums of one rollup bucket and group. None where all buckets, or all groups, are in it."""

    at: datetime | None
    group: str | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series, of one group or of all."""

    at: datetime
    counts: Counts
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One part of the whole. `share` of the requests, 0 to 1. An empty id is what has no key, secret or endpoint."""

    id: str
    name: str
    counts: Counts
    share: float


@dataclass(frozen=True, slots=True)
class Divided:
    """The sums of a question: over time, together, and of each group where it is divided into such."""

    series: list[Point]
    totals: Counts
    groups: list[Group]


@dataclass(frozen=True, slots=True)
class UsageGap:
    """Decisions that were answered without a record, and so are in no sum. None: of several projects."""

    project_id: str | None
    start: datetime
    end: datetime
    decisions: int


class Percentiles(NamedTuple):
    """Latencies that so many percent of the requests had at most, in milliseconds, within 1 %; None where none was seen."""

    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class Proven(NamedTuple):
    """When all sums of a project were compared with each other last, and how many of them differed."""

    as_of: datetime
    differences: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The answer to a question. `as_of`: all before it is counted, or a gap."""

    question: Question
    series: list[Point]
    totals: Counts
    latency: Percentiles
    groups: list[Group]
    as_of: datetime
    gaps: list[UsageGap]
    proven: Proven | None = None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One decision as it is shown in a list: what is kept of its usage event, and its key's name."""

    id: str
    at: datetime
    project_id: str | None
    organization_id: str | None
    environment: Environment | None
    key_id: str | None
    key_name: str | None
    secret: str | None
    api_id: str | None
    endpoint: str | None
    method: str | None
    path: str | None
    outcome: str
    via: Via
    status: int | None
    latency_us: int | None
    cost: int
    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of single requests, newest first, and the place after which the next one begins; None at the end.

    `looked_to`: from this instant on all were looked through, about `looked_at`; what is older was not, though the page has room.
    """

    rows: list[RequestRow]
    after: tuple[datetime, str] | None = None
    looked_to: datetime | None = None
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a decision saw, as its usage event kept it."""

    rule: str
    limits: list[tuple[str, int, int, float]]
    epoch: int


@dataclass(frozen=True, slots=True)
class SecretName:
    """Which version of a key's secret, and how it ends."""

    version: int
    last4: str
