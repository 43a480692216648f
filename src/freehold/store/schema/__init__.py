"""The tables, as the queries see them. One module a slice. The migrations make them; a test holds the two together.

What must always hold is held here, by keys and constraints, not by remembered WHEREs:

* Tenancy. Every asset carries the ids of what owns it and refers to them with composite foreign
  keys: a key of a project has that project's environment, a secret has its key's, a narrowed
  endpoint must be in the project's scope, an owner must be a member of the project's organization.
* States are closed sets (CHECK). Uniqueness is a constraint, never check-then-write.

Columns that end in `_at` are instants (Unix milliseconds).
"""

from freehold.store.schema.alerts import alert_channels, alert_defaults, alert_firings, alert_notifications, alert_rules
from freehold.store.schema.apis import apis, endpoints, event_types
from freehold.store.schema.forwarding import forwarding_cursors, forwardings
from freehold.store.schema.instance import changes, idempotency, instance, throttles, verifiers
from freehold.store.schema.keeping import audit_erasures, organization_deletions, person_deletions, retentions
from freehold.store.schema.keys import key_endpoints, key_secrets, key_templates, keys
from freehold.store.schema.mail import mails
from freehold.store.schema.metadata import metadata
from freehold.store.schema.names import usage_names
from freehold.store.schema.organizations import (
    audit_entries,
    audit_heads,
    audit_seals,
    invitations,
    members,
    organizations,
    sessions,
    tokens,
    users,
)
from freehold.store.schema.prices import price_lists
from freehold.store.schema.projects import project_owners, projects, scope_endpoints, scope_event_types
from freehold.store.schema.readiness import (
    readiness_acceptances,
    readiness_attestations,
    readiness_calls,
    readiness_http_results,
    readiness_own_checks,
    readiness_policies,
    readiness_results,
)
from freehold.store.schema.report_schedules import (
    report_recipients,
    report_schedule_recipients,
    report_schedule_runs,
    report_schedules,
)
from freehold.store.schema.reports import reports
from freehold.store.schema.reviews import access_request_entries, access_request_evidence, access_requests
from freehold.store.schema.shapes import shape_heads, shape_marks, shape_revisions
from freehold.store.schema.siblings import drift_acceptances, drift_heads, production_bindings
from freehold.store.schema.usage import (
    cost_reports,
    journals,
    metered_events,
    quota_counters,
    quota_leases,
    reconciliations,
    secret_uses,
    usage_archives,
    usage_changes,
    usage_events,
    usage_gaps,
    usage_rollups,
    usage_totals,
)
from freehold.store.schema.webhooks import (
    announcements,
    attempts,
    deliveries,
    inbox_requests,
    messages,
    replayed_deliveries,
    replays,
    webhook_advances,
    webhook_checks,
    webhook_endpoints,
    webhook_inboxes,
    webhook_probes,
    webhook_secrets,
    webhook_subscriptions,
)

__all__ = [
    "access_request_entries",
    "access_request_evidence",
    "access_requests",
    "alert_channels",
    "alert_defaults",
    "alert_firings",
    "alert_notifications",
    "alert_rules",
    "announcements",
    "apis",
    "attempts",
    "audit_entries",
    "audit_erasures",
    "audit_heads",
    "audit_seals",
    "changes",
    "cost_reports",
    "deliveries",
    "drift_acceptances",
    "drift_heads",
    "endpoints",
    "event_types",
    "forwarding_cursors",
    "forwardings",
    "idempotency",
    "inbox_requests",
    "instance",
    "invitations",
    "journals",
    "key_endpoints",
    "key_secrets",
    "key_templates",
    "keys",
    "mails",
    "members",
    "messages",
    "metadata",
    "metered_events",
    "organization_deletions",
    "organizations",
    "person_deletions",
    "price_lists",
    "production_bindings",
    "project_owners",
    "projects",
    "quota_counters",
    "quota_leases",
    "readiness_acceptances",
    "readiness_attestations",
    "readiness_calls",
    "readiness_http_results",
    "readiness_own_checks",
    "readiness_policies",
    "readiness_results",
    "reconciliations",
    "replayed_deliveries",
    "replays",
    "report_recipients",
    "report_schedule_recipients",
    "report_schedule_runs",
    "report_schedules",
    "reports",
    "retentions",
    "scope_endpoints",
    "scope_event_types",
    "secret_uses",
    "sessions",
    "shape_heads",
    "shape_marks",
    "shape_revisions",
    "throttles",
    "tokens",
    "usage_archives",
    "usage_changes",
    "usage_events",
    "usage_gaps",
    "usage_names",
    "usage_rollups",
    "usage_totals",
    "users",
    "verifiers",
    "webhook_advances",
    "webhook_checks",
    "webhook_endpoints",
    "webhook_inboxes",
    "webhook_probes",
    "webhook_secrets",
    "webhook_subscriptions",
]
