"""What a shape is, and how two of them differ. No behaviour.

A shape is one JSON document, for its canonical bytes (RFC 8785) are what is hashed and compared:

    version         1
    api             the API's slug
    labels          name, purpose, product_line, use_case
    owners          the duties that somebody holds (who does is a binding)
    scope           endpoints, event_types
    limits          rate_limits by name: limit, window_s; quota: limit, period, or null
    keys            by name: workload, endpoints (null: the whole scope), restricted (to networks, which are a binding),
                    rate_limits, quota, expires_after_days (null: never)
    webhooks        by slot: description, event_types, headers (their names), fifo, max_per_second, v1a
    alert_channels  by slot: name, kind
    alerts          by slot: name, metric, thresholds (numbers as text), comparison, period, timezone, window_s,
                    filter (a key by its name, a webhook endpoint by its slot), minimum_count, severity, next_action,
                    notify, enabled
    report_schedules  by slot: name, kind, format, cron, time_zone, period. Absent where there is none: so the shapes of
                    projects without any are, and were before there were any, the same bytes
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from freehold.organizations.records import By
from freehold.projects.records import Project

Shape = Mapping[str, Any]
DifferenceKind = Literal["only_in_sandbox", "only_in_production", "differs"]
# Why a shape was changed: by a person or token directly, or as a whole by one of Freehold's own acts.
Cause = Literal["edit", "clone", "promotion", "revert", "restoration", "file"]
BindingKind = Literal["url", "header", "networks", "member"]

SHAPE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two shapes differ. `path` and `item` are JSON Pointers (RFC 6901); an absent side is None.

    The sides are called by the environments that they mostly are of; of two revisions, the later is `sandbox`.
    """

    path: str
    item: str
    kind: DifferenceKind
    sandbox: Any
    production: Any


@dataclass(frozen=True, slots=True)
class Selection:
    """Where a selection of items leads: the shape, all items that change, and why some came along without being chosen."""

    shape: Shape
    items: frozenset[str]
    pulled: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BindingSlot:
    """A value that an environment has to be given. `slot` is a JSON Pointer: `/webhooks/orders/url`.

    `required`: a clone is not made without it; of the others, what the sandbox has serves.
    """

    slot: str
    kind: BindingKind
    required: bool
    label: str


@dataclass(frozen=True, slots=True)
class Head:
    """A project's newest revision."""

    project_id: str
    number: int
    fingerprint: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """What a project declared from one change on: what differed from the revision before, who did it, and why."""

    project_id: str
    number: int
    fingerprint: str
    shape: Shape
    changes: tuple[Mapping[str, str], ...]
    cause: Cause
    actor_kind: str
    actor_id: str
    actor_name: str
    request_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A transaction's change of one project's shape, before its commit. `before` None: its first revision.

    `differences`: of the new shape (as `sandbox`) from the old one. `number`: of the revision that records it.
    """

    project: Project
    before: Shape | None
    after: Shape
    fingerprint: str
    number: int
    differences: tuple[Difference, ...]
    by: By
    cause: Cause
    at: datetime
