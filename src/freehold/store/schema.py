"""The tables, as the queries see them. The migrations make them; a test holds the two together.

What must always hold is held here, by keys and constraints, not by remembered WHEREs:

* Tenancy. Every asset carries the ids of what owns it and refers to them with composite foreign
  keys: a key of a project has that project's environment, a secret has its key's, a narrowed
  endpoint must be in the project's scope, an owner must be a member of the project's organization.
* States are closed sets (CHECK). Uniqueness is a constraint, never check-then-write.

Columns that end in `_at` are instants (Unix milliseconds).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freehold.store.types import Instant, JsonText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ENVIRONMENT = "environment IN ('sandbox', 'production')"
# A quota has both halves or none. CHECKs say IS NOT NULL of each: one that is unknown passes.
_QUOTA = (
    "(quota IS NULL AND quota_period IS NULL) OR (quota IS NOT NULL AND quota > 0"
    " AND quota_period IS NOT NULL AND quota_period IN ('hour', 'day', 'month'))"
)

_PROBE = "probe IN ('signed', 'forged', 'stale', 'repeated')"

# --- the instance ---------------------------------------------------------------------------------

instance = Table(
    "instance", metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("created_at", Instant, nullable=False),
    # Set once, by the first-run setup: the row's own lock decides between two people at one instant.
    Column("set_up_at", Instant),
    Column("setup_token_digest", LargeBinary),
    # One counter for all configuration that the gate decides by. Its row lock orders the commits.
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    # A digest derived from the instance's secret: a database opened with another secret is refused.
    Column("secret_check", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)  # fmt: skip

changes = Table(
    "changes", metadata,
    Column("epoch", BigInteger, primary_key=True),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("subject_kind IN ('api', 'project', 'key', 'token')", name="subject_kind"),
)  # fmt: skip

verifiers = Table(
    "verifiers", metadata,
    Column("id", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)  # fmt: skip

throttles = Table(
    "throttles", metadata,
    Column("name", Text, primary_key=True),
    # The theoretical arrival time of the generic cell rate algorithm.
    Column("arrival_at", Instant, nullable=False),
    Index("ix_throttles_arrival_at", "arrival_at"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    # The answer, encrypted because some answers hold a secret that is shown once.
    Column("status", SmallInteger),
    Column("answer", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Index("ix_idempotency_created_at", "created_at"),
)  # fmt: skip

# --- accounts and organizations -------------------------------------------------------------------

users = Table(
    "users", metadata,
    Column("id", Text, primary_key=True),
    # Lower case, so that one address is one account.
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_operator", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)  # fmt: skip

organizations = Table(
    "organizations", metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    # The operator's organization: its service tokens verify and publish for every project.
    Column("is_operator", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Index("uq_organizations_is_operator", "is_operator", unique=True,
          sqlite_where=text("is_operator"), postgresql_where=text("is_operator")),
)  # fmt: skip

_ROLE = "role IN ('owner', 'admin', 'developer', 'billing', 'auditor')"

members = Table(
    "members", metadata,
    Column("organization_id", Text, ForeignKey("organizations.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("joined_at", Instant, nullable=False),
    CheckConstraint(_ROLE, name="role"),
    Index("ix_members_user_id", "user_id"),
)  # fmt: skip

invitations = Table(
    "invitations", metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("token_digest", LargeBinary, nullable=False, unique=True),
    Column("invited_by", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("accepted_at", Instant),
    Column("withdrawn_at", Instant),
    CheckConstraint(_ROLE, name="role"),
    # One open invitation an address: inviting again replaces it.
    Index("uq_invitations_open", "organization_id", "email", unique=True,
          sqlite_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
          postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL")),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)  # fmt: skip

tokens = Table(
    "tokens", metadata,
    Column("id", Text, primary_key=True),
    # personal: a person's, with that person's roles. service: an organization's, with roles of its
    # own. instance: the bundled example API's, made anew at every start.
    Column("kind", Text, nullable=False),
    Column("user_id", Text, ForeignKey("users.id")),
    Column("organization_id", Text, ForeignKey("organizations.id")),
    Column("name", Text, nullable=False),
    Column("roles", JsonText, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("last4", Text, nullable=False),
    Column("created_by", Text, ForeignKey("users.id")),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    CheckConstraint(
        "(kind = 'personal' AND user_id IS NOT NULL AND organization_id IS NULL)"
        " OR (kind = 'service' AND organization_id IS NOT NULL AND user_id IS NULL)"
        " OR (kind = 'instance' AND organization_id IS NULL AND user_id IS NULL)",
        name="kind",
    ),
    Index("ix_tokens_user_id", "user_id"),
    Index("ix_tokens_organization_id", "organization_id"),
)  # fmt: skip

audit_heads = Table(
    "audit_heads", metadata,
    # An organization's id, or `instance` for what belongs to none. Its row lock orders the chain.
    Column("chain", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip

audit_entries = Table(
    "audit_entries", metadata,
    Column("id", Text, primary_key=True),
    Column("chain", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("project_id", Text),
    Column("before", JsonText),
    Column("after", JsonText),
    Column("address", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("chain", "position"),
    CheckConstraint("actor_kind IN ('user', 'token', 'system')", name="actor_kind"),
    Index("ix_audit_entries_chain_at", "chain", "at", "id"),
    Index("ix_audit_entries_project", "project_id", "at"),
)  # fmt: skip

# --- the operator's APIs --------------------------------------------------------------------------

apis = Table(
    "apis", metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # A base URL, or `bundled:example/<environment>` for the example API that Freehold serves itself.
    Column("upstream_sandbox", Text),
    Column("upstream_production", Text),
    # True: a gate that cannot hear the database goes on allowing the keys that it knows. The operator's choice.
    Column("fail_open", Boolean, nullable=False, server_default=text("false")),
    # True: the gateway sends the caller's key on to the upstream. The operator's choice.
    Column("pass_key", Boolean, nullable=False, server_default=text("false")),
    Column("document", Text),
    Column("document_digest", Text),
    Column("imported_at", Instant),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    # Sandbox traffic must not reach the production upstream, nor the other way round.
    CheckConstraint("upstream_sandbox IS NULL OR upstream_production IS NULL OR upstream_sandbox <> upstream_production",
                    name="upstreams_differ"),
)  # fmt: skip

endpoints = Table(
    "endpoints", metadata,
    Column("api_id", Text, ForeignKey("apis.id"), primary_key=True),
    Column("operation_id", Text, primary_key=True),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("summary", Text, nullable=False),
    # A call of it that can be tried: {"path", "query", "body"}.
    Column("example", JsonText),
    Column("position", Integer, nullable=False),
    # No longer in the document: kept, because scopes and usage name it; requests to it are endpoint_unknown.
    Column("removed_at", Instant),
    Index("uq_endpoints_route", "api_id", "method", "path", unique=True,
          sqlite_where=text("removed_at IS NULL"), postgresql_where=text("removed_at IS NULL")),
)  # fmt: skip

event_types = Table(
    "event_types", metadata,
    Column("api_id", Text, ForeignKey("apis.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("summary", Text, nullable=False),
    Column("schema", JsonText),
    Column("example", JsonText),
    Column("position", Integer, nullable=False),
    Column("removed_at", Instant),
)  # fmt: skip

# --- projects -------------------------------------------------------------------------------------

projects = Table(
    "projects", metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("api_id", Text, ForeignKey("apis.id"), nullable=False),
    Column("environment", Text, nullable=False),
    Column("sandbox_id", Text),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("product_line", Text),
    Column("use_case", Text),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("archived_at", Instant),
    # Named rate limits of all its keys together: a list of {name, limit, window_s}.
    Column("rate_limits", JsonText),
    # Units of cost in a UTC period, of all its keys together.
    Column("quota", BigInteger),
    Column("quota_period", Text),
    # The siblings: only a production project has a `sandbox_id`, each sandbox at most one sibling,
    # always of the same organization and on the same API.
    Column("sandbox_environment", Text),
    CheckConstraint(_ENVIRONMENT, name="environment"),
    CheckConstraint("state IN ('active', 'archived')", name="state"),
    # Says IS NOT NULL of each: a CHECK that is unknown passes, and a foreign key with a NULL in it is not looked at.
    CheckConstraint(
        "(environment = 'sandbox' AND sandbox_id IS NULL AND sandbox_environment IS NULL)"
        " OR (environment = 'production' AND sandbox_id IS NOT NULL AND sandbox_environment IS NOT NULL"
        " AND sandbox_environment = 'sandbox')",
        name="sibling",
    ),
    CheckConstraint(_QUOTA, name="quota"),
    UniqueConstraint("sandbox_id"),
    UniqueConstraint("organization_id", "slug", "environment"),
    UniqueConstraint("id", "environment"),
    UniqueConstraint("id", "api_id"),
    UniqueConstraint("id", "organization_id"),
    UniqueConstraint("id", "organization_id", "api_id", "environment"),
    ForeignKeyConstraint(
        ["sandbox_id", "organization_id", "api_id", "sandbox_environment"],
        ["projects.id", "projects.organization_id", "projects.api_id", "projects.environment"],
        name="fk_projects_sibling",
    ),
    Index("ix_projects_api_id", "api_id"),
)  # fmt: skip

project_owners = Table(
    "project_owners", metadata,
    Column("project_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("duty", Text, primary_key=True),
    Column("organization_id", Text, nullable=False),
    CheckConstraint("duty IN ('technical', 'billing', 'audit')", name="duty"),
    ForeignKeyConstraint(["project_id", "organization_id"], ["projects.id", "projects.organization_id"]),
    ForeignKeyConstraint(["organization_id", "user_id"], ["members.organization_id", "members.user_id"]),
)  # fmt: skip

scope_endpoints = Table(
    "scope_endpoints", metadata,
    Column("project_id", Text, primary_key=True),
    Column("operation_id", Text, primary_key=True),
    Column("api_id", Text, nullable=False),
    ForeignKeyConstraint(["project_id", "api_id"], ["projects.id", "projects.api_id"]),
    ForeignKeyConstraint(["api_id", "operation_id"], ["endpoints.api_id", "endpoints.operation_id"]),
)  # fmt: skip

scope_event_types = Table(
    "scope_event_types", metadata,
    Column("project_id", Text, primary_key=True),
    Column("event_type", Text, primary_key=True),
    Column("api_id", Text, nullable=False),
    ForeignKeyConstraint(["project_id", "api_id"], ["projects.id", "projects.api_id"]),
    ForeignKeyConstraint(["api_id", "event_type"], ["event_types.api_id", "event_types.name"]),
)  # fmt: skip

# --- keys -----------------------------------------------------------------------------------------

keys = Table(
    "keys", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("workload", Text),
    Column("state", Text, nullable=False),
    # True: only the endpoints in key_endpoints, even when there are none. False: the project's scope.
    Column("narrowed", Boolean, nullable=False),
    Column("allowed_cidrs", JsonText),
    # Named rate limits: a list of {name, limit, window_s}.
    Column("rate_limits", JsonText),
    # Units of cost in a UTC period.
    Column("quota", BigInteger),
    Column("quota_period", Text),
    Column("expires_at", Instant),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    # The expiry that was announced to webhooks: another one is announced anew.
    Column("announced_expiry_at", Instant),
    CheckConstraint("state IN ('active', 'revoked')", name="state"),
    CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name="revoked_at"),
    CheckConstraint(_QUOTA, name="quota"),
    UniqueConstraint("id", "project_id"),
    UniqueConstraint("id", "project_id", "environment"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_keys_expires_at", "expires_at", sqlite_where=text("state = 'active' AND expires_at IS NOT NULL"),
          postgresql_where=text("state = 'active' AND expires_at IS NOT NULL")),
    # Names are told apart among the keys that can still serve.
    Index("uq_keys_name", "project_id", "name", unique=True,
          sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'")),
)  # fmt: skip

key_secrets = Table(
    "key_secrets", metadata,
    # Names the secret's version in the key's text; cannot authenticate by itself.
    Column("selector", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("last4", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retires_at", Instant),
    # True: it does not retire while it is still in use, up to a hard bound.
    Column("held", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("state IN ('active', 'retiring', 'retired', 'revoked')", name="state"),
    CheckConstraint("(state = 'retiring') <= (retires_at IS NOT NULL)", name="retires_at"),
    UniqueConstraint("key_id", "version"),
    ForeignKeyConstraint(["key_id", "project_id", "environment"], ["keys.id", "keys.project_id", "keys.environment"]),
    Index("ix_key_secrets_retiring", "retires_at",
          sqlite_where=text("state = 'retiring'"), postgresql_where=text("state = 'retiring'")),
    # One secret a key is the current one.
    Index("uq_key_secrets_active", "key_id", unique=True,
          sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'")),
)  # fmt: skip

key_endpoints = Table(
    "key_endpoints", metadata,
    Column("key_id", Text, primary_key=True),
    Column("operation_id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    ForeignKeyConstraint(["key_id", "project_id"], ["keys.id", "keys.project_id"]),
    # A key can only be narrowed from the project's scope; what leaves the scope leaves the key.
    ForeignKeyConstraint(["project_id", "operation_id"],
                         ["scope_endpoints.project_id", "scope_endpoints.operation_id"], ondelete="CASCADE"),
    Index("ix_key_endpoints_scope", "project_id", "operation_id"),
)  # fmt: skip

# --- usage ----------------------------------------------------------------------------------------

# What of a quota is spoken for in one period: granted to gates, whether they have spent it or not.
quota_counters = Table(
    "quota_counters", metadata,
    # A key's or a project's id.
    Column("owner_id", Text, primary_key=True),
    Column("period_at", Instant, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("granted", BigInteger, nullable=False),
    CheckConstraint("granted >= 0", name="granted"),
    ForeignKeyConstraint(["project_id"], ["projects.id"]),
    Index("ix_quota_counters_period_at", "period_at"),
)  # fmt: skip

# What one gate process was granted of a counter. Whatever of it was not spent goes back to the counter once
# that is certain: when the gate returns it, or when the journal of a gate that is gone was read to its end.
quota_leases = Table(
    "quota_leases", metadata,
    Column("verifier_id", Text, primary_key=True),
    Column("owner_id", Text, primary_key=True),
    Column("period_at", Instant, primary_key=True),
    Column("granted", BigInteger, nullable=False),
    Column("granted_at", Instant, nullable=False),
    CheckConstraint("granted >= 0", name="granted"),
    ForeignKeyConstraint(["owner_id", "period_at"], ["quota_counters.owner_id", "quota_counters.period_at"]),
    Index("ix_quota_leases_counter", "owner_id", "period_at"),
)  # fmt: skip

journals = Table(
    "journals", metadata,
    # The life of one gate process; its folder's name.
    Column("id", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("segment", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    # All that was decided before this instant is counted.
    Column("updated_at", Instant, nullable=False),
    # When it was read to its end, its process being gone. The row stays: its events must not count again.
    Column("ended_at", Instant),
)  # fmt: skip

# Decisions that were answered without a record, because a gate's disk took none (FREEHOLD_JOURNAL_FULL=shed).
usage_gaps = Table(
    "usage_gaps", metadata,
    Column("journal_id", Text, primary_key=True),
    Column("slot", Integer, primary_key=True),
    # Empty: of no known key. `*`: of more projects than the journal can tell apart.
    Column("project_id", Text, nullable=False),
    Column("decisions", BigInteger, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    CheckConstraint("decisions > 0", name="decisions"),
    Index("ix_usage_gaps_project_id", "project_id", "last_at"),
)  # fmt: skip

usage_events = Table(
    "usage_events", metadata,
    Column("id", Text, primary_key=True),
    Column("journal_id", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    # NULL where the credential named no project: malformed or unknown keys.
    Column("project_id", Text),
    Column("organization_id", Text),
    Column("environment", Text),
    Column("key_id", Text),
    Column("secret", Text),
    Column("api_id", Text),
    Column("endpoint", Text),
    Column("method", Text),
    Column("path", Text),
    # `allowed` or the reason of the denial.
    Column("outcome", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("status", SmallInteger),
    Column("latency_us", BigInteger),
    Column("cost", BigInteger, nullable=False),
    Column("address", Text),
    Column("user_agent", Text),
    # What the decision saw: rule, limits with what remained, configuration epoch.
    Column("explanation", JsonText),
    CheckConstraint("via IN ('verify', 'authorize', 'gateway', 'sdk')", name="via"),
    Index("ix_usage_events_journal", "journal_id", "position"),
    Index("ix_usage_events_project_at", "project_id", "at", "id"),
    Index("ix_usage_events_key_at", "key_id", "at"),
    # A day's are a partition, and ids sort by time: so they are unique in all partitions together (usage/partitions.py).
    postgresql_partition_by="RANGE (id)",
)  # fmt: skip

usage_rollups = Table(
    "usage_rollups", metadata,
    # Empty texts, not NULL, where a decision had no project, key, secret or endpoint: they are part of the key.
    Column("project_id", Text, primary_key=True),
    Column("grain", Text, primary_key=True),
    Column("bucket_at", Instant, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("secret", Text, primary_key=True),
    Column("endpoint", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    # 2xx to 5xx as 2 to 5; 0 where no upstream answered or none was seen.
    Column("status_class", SmallInteger, primary_key=True),
    Column("organization_id", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("latency_us_sum", BigInteger, nullable=False),
    Column("latency_count", BigInteger, nullable=False),
    # The latencies' distribution (kit/sketch.py); NULL where none was seen.
    Column("latency", LargeBinary),
    CheckConstraint("grain IN ('minute', 'hour', 'day', 'month')", name="grain"),
    # One tree and no other: whatever is asked of rollups is asked of projects.
    sqlite_with_rowid=False,
    # Minutes are partitioned further, by day.
    postgresql_partition_by="LIST (grain)",
)  # fmt: skip

# When sums of a project changed last: who looks at them regularly looks at these only.
usage_changes = Table(
    "usage_changes", metadata,
    Column("project_id", Text, primary_key=True),
    Column("changed_at", Instant, nullable=False),
    Index("ix_usage_changes_changed_at", "changed_at"),
)  # fmt: skip

# What the operator's API says that a request cost. It waits where the request is not counted yet.
cost_reports = Table(
    "cost_reports", metadata,
    Column("request_id", Text, primary_key=True),
    # Whose requests the reporter may report of; NULL: everybody's.
    Column("organization_id", Text),
    Column("cost", BigInteger, nullable=False),
    Column("cost_before", BigInteger),
    Column("reported_by", Text, nullable=False),
    Column("reported_at", Instant, nullable=False),
    # When it changed the sums, once.
    Column("counted_at", Instant),
    CheckConstraint("cost >= 0", name="cost"),
    CheckConstraint("(counted_at IS NULL) = (cost_before IS NULL)", name="counted"),
    Index("ix_cost_reports_waiting", "reported_at",
          sqlite_where=text("counted_at IS NULL"), postgresql_where=text("counted_at IS NULL")),
)  # fmt: skip

# Units of cost that were used without a request through the gate (CloudEvents). Kept for good: an id counts once.
metered_events = Table(
    "metered_events", metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("key_id", Text),
    Column("endpoint", Text),
    Column("received_at", Instant, nullable=False),
    CheckConstraint("units >= 0", name="units"),
    ForeignKeyConstraint(["key_id", "project_id"], ["keys.id", "keys.project_id"]),
    Index("ix_metered_events_at", "project_id", "at"),
)  # fmt: skip

# The files that requests went to when they were too old to be kept here: one a day and project.
usage_archives = Table(
    "usage_archives", metadata,
    Column("day_at", Instant, primary_key=True),
    # Empty: of no known project.
    Column("project_id", Text, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
)  # fmt: skip

# What comparing all sums with each other found, each time.
reconciliations = Table(
    "reconciliations", metadata,
    Column("as_of", Instant, primary_key=True),
    Column("finished_at", Instant, nullable=False),
    Column("compared", BigInteger, nullable=False),
    Column("differences", BigInteger, nullable=False),
    # The first of the differences, in words.
    Column("findings", JsonText, nullable=False),
)  # fmt: skip

secret_uses = Table(
    "secret_uses", metadata,
    Column("selector", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("last_address", Text),
    Column("requests", BigInteger, nullable=False),
    Index("ix_secret_uses_key_id", "key_id"),
)  # fmt: skip

# --- mail -----------------------------------------------------------------------------------------

# What people are told by e-mail, written with what it tells of and sent afterwards.
mails = Table(
    "mails", metadata,
    Column("id", Text, primary_key=True),
    # Whose it is: the organization that it tells something of.
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant),
    Column("leased_until_at", Instant),
    # One sentence in words: why it was not sent, the last time or for good.
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    # The same as HTML, for programs that show it.
    Column("html", Text),
    CheckConstraint("state IN ('pending', 'sent', 'failed')", name="state"),
    Index("ix_mails_due", "due_at", sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
    Index("ix_mails_finished_at", "finished_at"),
    Index("ix_mails_organization_id", "organization_id", "id"),
)  # fmt: skip

# --- webhooks -------------------------------------------------------------------------------------

# What happened in other slices and webhook endpoints may want to hear: each becomes a message, once.
announcements = Table(
    "announcements", metadata,
    # The id of the message that it becomes.
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("payload", JsonText, nullable=False),
    Column("at", Instant, nullable=False),
)  # fmt: skip

webhook_endpoints = Table(
    "webhook_endpoints", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("headers", JsonText, nullable=False),
    Column("max_per_second", Integer),
    # The next slot of an endpoint with a rate of its own: where its requests are spread in time.
    Column("paced_at", Instant),
    # One at a time and in order: a delivery's place in the line is taken from `places` as it is made.
    Column("fifo", Boolean, nullable=False, server_default=text("false")),
    Column("places", BigInteger, nullable=False, server_default="0"),
    # Requests are signed by ed25519 (`v1a`) too.
    Column("v1a", Boolean, nullable=False, server_default=text("false")),
    Column("state", Text, nullable=False),
    Column("state_reason", Text),
    # How it fares since it last accepted anything: failed attempts, since when, and before when it is left alone.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since_at", Instant),
    Column("held_until_at", Instant),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    CheckConstraint("state IN ('active', 'paused', 'failing', 'disabled')", name="state"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_webhook_endpoints_project_id", "project_id"),
)  # fmt: skip

webhook_subscriptions = Table(
    "webhook_subscriptions", metadata,
    Column("webhook_endpoint_id", Text, primary_key=True),
    Column("event_type", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    Index("ix_webhook_subscriptions_project", "project_id", "event_type"),
)  # fmt: skip

webhook_secrets = Table(
    "webhook_secrets", metadata,
    Column("webhook_endpoint_id", Text, ForeignKey("webhook_endpoints.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("encrypted", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("retires_at", Instant),
)  # fmt: skip

messages = Table(
    "messages", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.id"), nullable=False),
    Column("event_type", Text, nullable=False),
    # What the publisher named it: the same name twice is one message.
    Column("dedup_id", Text),
    Column("payload", JsonText, nullable=False),
    Column("request_id", Text),
    Column("origin", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("origin IN ('published', 'test', 'freehold')", name="origin"),
    UniqueConstraint("project_id", "dedup_id"),
    UniqueConstraint("id", "project_id"),
    Index("ix_messages_project_created_at", "project_id", "created_at"),
)  # fmt: skip

_PENDING = text("state = 'pending'")
_IN_LINE = text("state = 'pending' AND place IS NOT NULL")

deliveries = Table(
    "deliveries", metadata,
    Column("id", Text, primary_key=True),
    Column("message_id", Text, nullable=False),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # How many of them were made before it was last replayed: the schedule of retries counts the others.
    Column("attempts_before", Integer, nullable=False, server_default="0"),
    # Its place in the line of an endpoint that receives one at a time and in order.
    Column("place", BigInteger),
    Column("due_at", Instant),
    Column("leased_until_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    # Which probe of a webhook check it is: such a delivery counts in no rate, and nothing retries it.
    Column("probe", Text),
    CheckConstraint("state IN ('pending', 'delivered', 'failed', 'dropped')", name="state"),
    CheckConstraint(_PROBE, name="probe"),
    UniqueConstraint("message_id", "webhook_endpoint_id"),
    ForeignKeyConstraint(["message_id", "project_id"], ["messages.id", "messages.project_id"]),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    Index("ix_deliveries_due", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_deliveries_waiting", "webhook_endpoint_id", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_deliveries_line", "webhook_endpoint_id", "place", sqlite_where=_IN_LINE, postgresql_where=_IN_LINE),
    Index("ix_deliveries_endpoint", "webhook_endpoint_id", "created_at"),
    Index("ix_deliveries_project", "project_id", "created_at"),
)  # fmt: skip

attempts = Table(
    "attempts", metadata,
    Column("id", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),
    # One sentence in words where it failed.
    Column("error", Text),
    Column("status", SmallInteger),
    Column("address", Text),
    Column("duration_us", BigInteger, nullable=False),
    Column("timing", JsonText),
    # The endpoint's URL at that time: it may have been changed since.
    Column("url", Text, nullable=False),
    Column("request_headers", JsonText, nullable=False),
    Column("request_body", Text, nullable=False),
    Column("response_headers", JsonText),
    Column("response_body", LargeBinary),
    CheckConstraint("outcome IN ('accepted', 'refused', 'unreachable', 'blocked')", name="outcome"),
    UniqueConstraint("delivery_id", "number"),
)  # fmt: skip

# Jobs that send deliveries of one endpoint once more. Each batch is one transaction, which also moves `passed_at` and
# `passed_id`: whoever dies in between leaves a job that goes on there.
replays = Table(
    "replays", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # Which deliveries it is for, as the caller said it.
    Column("wanted", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    # Why it was canceled by rule.
    Column("reason", Text),
    # NULL until they were counted.
    Column("total", BigInteger),
    Column("replayed", BigInteger, nullable=False),
    # The last delivery that was looked at, by age.
    Column("passed_at", Instant),
    Column("passed_id", Text),
    # When it last had its turn: jobs take turns.
    Column("turn_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    CheckConstraint("kind IN ('delivery', 'filter', 'recovery')", name="kind"),
    CheckConstraint("state IN ('queued', 'running', 'done', 'canceled')", name="state"),
    CheckConstraint("(state IN ('done', 'canceled')) = (finished_at IS NOT NULL)", name="finished_at"),
    CheckConstraint("(passed_at IS NULL) = (passed_id IS NULL)", name="passed"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    # One at a time for an endpoint: two that overlap would send the same twice.
    Index("uq_replays_unfinished", "webhook_endpoint_id", unique=True,
          sqlite_where=text("state IN ('queued', 'running')"), postgresql_where=text("state IN ('queued', 'running')")),
    Index("ix_replays_endpoint", "webhook_endpoint_id", "created_at"),
)  # fmt: skip

# What a job has replayed: each delivery once.
replayed_deliveries = Table(
    "replayed_deliveries", metadata,
    Column("replay_id", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # How many attempts there had been.
    Column("after_attempts", Integer, nullable=False),
    ForeignKeyConstraint(["replay_id", "project_id"], ["replays.id", "replays.project_id"]),
    Index("ix_replayed_deliveries_delivery", "delivery_id"),
)  # fmt: skip

# What a receiver was asked to prove, and did. It counts for the URL and the secret that it was of.
webhook_checks = Table(
    "webhook_checks", metadata,
    Column("id", Text, primary_key=True),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("secret_version", Integer, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    # A check that has not ended by then never will: its process is gone.
    Column("ends_by_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("state", Text, nullable=False),
    Column("expires_at", Instant),
    CheckConstraint("state IN ('running', 'passed', 'failed', 'unclear', 'interrupted')", name="state"),
    CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="finished_at"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    Index("ix_webhook_checks_endpoint", "webhook_endpoint_id", "started_at"),
    Index("uq_webhook_checks_running", "webhook_endpoint_id", unique=True,
          sqlite_where=text("state = 'running'"), postgresql_where=text("state = 'running'")),
)  # fmt: skip

# `passed` is null until it is known, and stays null where what came back does not tell.
webhook_probes = Table(
    "webhook_probes", metadata,
    Column("check_id", Text, ForeignKey("webhook_checks.id"), primary_key=True),
    Column("probe", Text, primary_key=True),
    Column("delivery_id", Text, ForeignKey("deliveries.id"), nullable=False),
    Column("passed", Boolean),
    Column("detail", Text, nullable=False),
    CheckConstraint(_PROBE, name="probe"),
)  # fmt: skip

# Each time that a sandbox endpoint's clock was moved on. A production endpoint cannot be in here.
webhook_advances = Table(
    "webhook_advances", metadata,
    Column("id", Text, primary_key=True),
    Column("webhook_endpoint_id", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("by_ms", BigInteger, nullable=False),
    Column("advanced_by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("environment = 'sandbox'", name="environment"),
    CheckConstraint("by_ms > 0", name="by_ms"),
    ForeignKeyConstraint(["webhook_endpoint_id", "project_id"],
                         ["webhook_endpoints.id", "webhook_endpoints.project_id"]),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_webhook_advances_endpoint", "webhook_endpoint_id", "at"),
)  # fmt: skip

# The hosted receiver of a sandbox project: one, at an address that cannot be guessed.
webhook_inboxes = Table(
    "webhook_inboxes", metadata,
    Column("project_id", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("retry_after_s", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("environment = 'sandbox'", name="environment"),
    CheckConstraint("answer IN ('verify', 'accept', '500', '410', '429', 'slow', 'endless')", name="answer"),
    CheckConstraint("retry_after_s BETWEEN 0 AND 86400", name="retry_after_s"),
    UniqueConstraint("address"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
)  # fmt: skip

inbox_requests = Table(
    "inbox_requests", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("webhook_inboxes.project_id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("address", Text),
    Column("message_id", Text),
    Column("headers", JsonText, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("body_bytes", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", SmallInteger),
    CheckConstraint("verdict IN ('verified', 'repeated', 'refused')", name="verdict"),
    Index("ix_inbox_requests_project_id", "project_id", "id"),
)  # fmt: skip

# --- alerts ---------------------------------------------------------------------------------------

# The projects that were given their default rules: what a person deletes of them does not come back.
alert_defaults = Table(
    "alert_defaults", metadata,
    Column("project_id", Text, ForeignKey("projects.id"), primary_key=True),
    Column("given_at", Instant, nullable=False),
)  # fmt: skip

alert_rules = Table(
    "alert_rules", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("metric", Text, nullable=False),
    # What of the metric is meant: {key, endpoint, reason, percentile, webhook}, absent where any is.
    Column("filters", JsonText, nullable=False),
    # A list of {at, resolve_below}: one firing for each of them.
    Column("thresholds", JsonText, nullable=False),
    Column("comparison", Text, nullable=False),
    # Either a calendar period in a time zone, or a window that slides, or neither (what is true of a key).
    Column("period", Text),
    Column("timezone", Text, nullable=False),
    Column("window_s", Integer),
    Column("minimum_count", BigInteger, nullable=False),
    Column("severity", Text, nullable=False),
    Column("owner_id", Text),
    Column("owner_organization_id", Text),
    Column("next_action", Text, nullable=False),
    # By which ways it is told: a list of `webhooks`, `email`, `chat`.
    Column("notify", JsonText, nullable=False),
    Column("muted_until_at", Instant),
    Column("enabled", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    # When it is to be looked at next (NULL: when something happens), and when it was last.
    Column("due_at", Instant),
    Column("evaluated_at", Instant),
    CheckConstraint("comparison IN ('above', 'below')", name="comparison"),
    CheckConstraint("period IS NULL OR period IN ('hour', 'day', 'month')", name="period"),
    CheckConstraint("period IS NULL OR window_s IS NULL", name="span"),
    CheckConstraint("window_s IS NULL OR window_s > 0", name="window_s"),
    CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
    CheckConstraint("minimum_count >= 0", name="minimum_count"),
    CheckConstraint("(owner_id IS NULL) = (owner_organization_id IS NULL)", name="owner"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id"], ["projects.id"]),
    # The owner is a member of the project's own organization; a member who leaves leaves the rule without one.
    ForeignKeyConstraint(["project_id", "owner_organization_id"], ["projects.id", "projects.organization_id"]),
    ForeignKeyConstraint(["owner_organization_id", "owner_id"], ["members.organization_id", "members.user_id"],
                         ondelete="SET NULL"),
    Index("ix_alert_rules_project_id", "project_id"),
    Index("ix_alert_rules_due_at", "due_at", sqlite_where=text("deleted_at IS NULL AND enabled"),
          postgresql_where=text("deleted_at IS NULL AND enabled")),
    Index("ix_alert_rules_evaluated_at", "evaluated_at"),
    Index("ix_alert_rules_owner", "owner_organization_id", "owner_id"),
)  # fmt: skip

alert_firings = Table(
    "alert_firings", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("threshold", Float, nullable=False),
    # The key or webhook endpoint that it is about where a rule looks at each; empty where at the project.
    Column("subject_id", Text, nullable=False),
    # The period that was crossed, and its end, before which the firing does not resolve.
    Column("period_at", Instant, nullable=False),
    Column("period_ends_at", Instant),
    Column("severity", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("value", Float, nullable=False),
    Column("peak", Float, nullable=False),
    Column("peak_at", Instant, nullable=False),
    # What it saw when it opened: the rule as it was, the numbers, and the window of the requests behind it.
    Column("seen", JsonText, nullable=False),
    # When it was told of; NULL while the rule is muted.
    Column("told_at", Instant),
    Column("resolved_at", Instant),
    Column("resolved_value", Float),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text, ForeignKey("users.id")),
    CheckConstraint("severity IN ('info', 'warning', 'critical')", name="severity"),
    CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
    # One firing for each rule, threshold and period (and key, where a rule looks at each).
    UniqueConstraint("rule_id", "threshold", "subject_id", "period_at"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["rule_id", "project_id"], ["alert_rules.id", "alert_rules.project_id"]),
    Index("ix_alert_firings_project", "project_id", "opened_at", "id"),
    Index("ix_alert_firings_rule", "rule_id", "opened_at", "id"),
    Index("ix_alert_firings_open", "project_id", "rule_id", sqlite_where=text("resolved_at IS NULL"),
          postgresql_where=text("resolved_at IS NULL")),
)  # fmt: skip

alert_channels = Table(
    "alert_channels", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    # The URL is the credential: sealed to the row, shown by its host alone.
    Column("sealed_url", LargeBinary, nullable=False),
    Column("shown_url", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    CheckConstraint("kind IN ('slack', 'generic')", name="kind"),
    UniqueConstraint("id", "project_id"),
    ForeignKeyConstraint(["project_id", "environment"], ["projects.id", "projects.environment"]),
    Index("ix_alert_channels_project_id", "project_id"),
)  # fmt: skip

# What was told of a firing, by which way and to whom, with what came of it. The queue of what goes to chat channels.
alert_notifications = Table(
    "alert_notifications", metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    # NULL: a test that a person sent.
    Column("firing_id", Text),
    Column("event", Text, nullable=False),
    Column("way", Text, nullable=False),
    # The chat channel's id, the e-mail address, or empty for the project's webhook endpoints.
    Column("target", Text, nullable=False),
    # The message or e-mail that it was handed over as; NULL for chat, which is sent from here.
    Column("handed_over_id", Text),
    Column("payload", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant),
    Column("leased_until_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("status", SmallInteger),
    Column("error", Text),
    CheckConstraint("event IN ('opened', 'resolved', 'test')", name="event"),
    CheckConstraint("way IN ('webhooks', 'email', 'chat')", name="way"),
    CheckConstraint("state IN ('handed_over', 'pending', 'delivered', 'failed')", name="state"),
    UniqueConstraint("firing_id", "event", "way", "target"),
    ForeignKeyConstraint(["rule_id", "project_id"], ["alert_rules.id", "alert_rules.project_id"]),
    ForeignKeyConstraint(["firing_id", "project_id"], ["alert_firings.id", "alert_firings.project_id"]),
    Index("ix_alert_notifications_due", "due_at", sqlite_where=text("state = 'pending'"),
          postgresql_where=text("state = 'pending'")),
    Index("ix_alert_notifications_firing_id", "firing_id"),
    Index("ix_alert_notifications_rule", "rule_id", "created_at"),
)  # fmt: skip
