"""What each kind of report is: its columns, what it takes to read it, and what it reaches over. Pure."""

from dataclasses import dataclass
from typing import Final

from freehold.organizations.permissions import Permission
from freehold.reports import summaries
from freehold.reports.records import Column, Reach, ReportKind
from freehold.reports.summaries import Summary


@dataclass(frozen=True, slots=True)
class KindFacts:
    """One kind. `period`: whether it is of days, or of how things stand. `counted`: it waits until usage is counted.

    `summary`: how it is read by people; None where it cannot be had as HTML or PDF.
    `of_request`: whether it is of one access request that was decided, and of no days. `utc`: its days are of UTC alone.
    """

    title: str
    detail: str
    permission: Permission
    columns: tuple[Column, ...]
    reach: tuple[Reach, ...] = ("project", "organization")
    period: bool = True
    counted: bool = False
    summary: Summary | None = None
    of_request: bool = False
    utc: bool = False

    @property
    def closed(self) -> bool:
        """Whether it is of what does not change any more: made again, it has the same bytes."""
        return self.period or self.of_request


def _columns(*named: str) -> tuple[Column, ...]:
    """Columns by name; a name that ends in `_at` is an instant, `name:type` says another type than text.

    `name:number`: an integer that is no quantity, of which a sum would say nothing.
    """
    made = []
    for each in named:
        name, _, kind = each.partition(":")
        match kind or ("instant" if name.endswith("_at") else "text"):
            case "integer":
                made.append(Column(name, "integer"))
            case "number":
                made.append(Column(name, "integer", summed=False))
            case "boolean":
                made.append(Column(name, "boolean"))
            case "instant":
                made.append(Column(name, "instant"))
            case _:
                made.append(Column(name, "text"))
    return tuple(made)


KIND_FACTS: Final[dict[ReportKind, KindFacts]] = {
    "usage_summary": KindFacts(
        "Usage summary", "Requests and cost of each day, by key, endpoint and outcome", "usage.read",
        _columns("day", "project", "key", "endpoint", "outcome", "status_class:integer", "requests:integer", "cost:integer",
                 "latency_us_sum:integer", "latency_count:integer"),
        counted=True, summary=summaries.USAGE,
    ),
    "usage_detail": KindFacts(
        "Single requests", "Every decision of the period, also those that were archived", "usage.read",
        _columns("id", "decided_at", "project", "key", "secret", "endpoint", "method", "path", "outcome", "via", "status:integer",
                 "latency_us:integer", "cost:integer", "address", "user_agent"),
        counted=True,
    ),
    "key_inventory": KindFacts(
        "Key inventory", "Every key as it stands: scope, limits, age, last use, versions", "keys.read",
        _columns("id", "project", "environment", "name", "workload", "state", "endpoints", "allowed_cidrs", "rate_limits", "quota",
                 "version:integer", "created_by", "created_at", "expires_at", "version_created_at", "last_used_at", "requests:integer"),
        period=False, summary=summaries.KEYS,
    ),
    "webhook_deliveries": KindFacts(
        "Webhook deliveries", "What was sent to each webhook endpoint, and what became of it", "webhooks.read",
        _columns("id", "project", "webhook", "message", "event_type", "state", "attempts:integer", "created_at", "finished_at",
                 "last_status:integer", "last_error"),
    ),
    "alert_firings": KindFacts(
        "Alert firings", "Which thresholds were crossed, when, by how much, and who took them on", "alerts.read",
        _columns("id", "project", "alert", "metric", "severity", "threshold", "value", "peak", "opened_at", "peak_at", "resolved_at",
                 "acknowledged_at", "acknowledged_by"),
        summary=summaries.FIRINGS,
    ),
    "access_review": KindFacts(
        "Access review", "Who and which tokens can do what in the organization, since when, and when last seen", "members.read",
        _columns("kind", "id", "name", "roles", "owns", "since_at", "last_seen_at", "expires_at"),
        reach=("organization",), period=False, summary=summaries.ACCESS,
    ),
    "audit_log": KindFacts(
        "Audit log", "Every change of the period, with who, from where, before and after, in the chain's order", "audit.read",
        _columns("position:integer", "id", "changed_at", "actor_kind", "actor_id", "actor_name", "on_behalf_of", "action",
                 "subject_kind", "subject_id", "subject_name", "project", "before", "after", "reason", "address", "request_id",
                 "hash"),
    ),
    "cost_statement": KindFacts(
        "Cost statement", "What was served, by the operator's price lists: a line for each month, project, endpoint and tier. Amounts are in minor units in CSV, JSON Lines and Parquet",
        "usage.read",
        _columns("month", "project", "environment", "api", "endpoint", "unit", "tier:number", "above:number",
                 "counted_before:number", "quantity:integer", "price:number", "per:number", "amount:integer", "currency",
                 "price_list"),
        counted=True, utc=True, summary=summaries.COSTS,
    ),
    "readiness_evidence": KindFacts(
        "Readiness evidence", "Everything that the decision of one access request rested on, as it was then", "production.read",
        _columns("section", "number:number", "name", "state", "blocking:boolean", "title", "detail", "at:instant", "age_s:number",
                 "evidence_kind", "evidence_id", "evidence_at", "actor", "actor_id", "fingerprint", "facts"),
        reach=("project",), period=False, of_request=True, summary=summaries.EVIDENCE,
    ),
}  # fmt: skip
