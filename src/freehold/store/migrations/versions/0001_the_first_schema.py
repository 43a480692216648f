"""The first schema: instance, organizations, APIs, projects, keys, usage, webhooks, audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "apis",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("upstream_sandbox", sa.Text(), nullable=True),
        sa.Column("upstream_production", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("document_digest", sa.Text(), nullable=True),
        sa.Column("imported_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "upstream_sandbox IS NULL OR upstream_production IS NULL OR upstream_sandbox <> upstream_production",
            name=op.f("ck_apis_upstreams_differ"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apis")),
        sa.UniqueConstraint("slug", name=op.f("uq_apis_slug")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("actor_kind IN ('user', 'token', 'system')", name=op.f("ck_audit_entries_actor_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("chain", "position", name=op.f("uq_audit_entries_chain_position")),
    )
    op.create_index("ix_audit_entries_chain_at", "audit_entries", ["chain", "at", "id"], unique=False)
    op.create_index("ix_audit_entries_project", "audit_entries", ["project_id", "at"], unique=False)
    op.create_table(
        "audit_heads",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "changes",
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("subject_kind IN ('api', 'project', 'key', 'token')", name=op.f("ck_changes_subject_kind")),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_changes")),
    )
    op.create_table(
        "idempotency",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency")),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"], unique=False)
    op.create_table(
        "instance",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("set_up_at", sa.BigInteger(), nullable=True),
        sa.Column("setup_token_digest", sa.LargeBinary(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("secret_check", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_instance_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.create_table(
        "journals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("segment", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journals")),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("is_operator", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_index(
        "uq_organizations_is_operator",
        "organizations",
        ["is_operator"],
        unique=True,
        sqlite_where=sa.text("is_operator"),
        postgresql_where=sa.text("is_operator"),
    )
    op.create_table(
        "secret_uses",
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_address", sa.Text(), nullable=True),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("selector", name=op.f("pk_secret_uses")),
    )
    op.create_index("ix_secret_uses_key_id", "secret_uses", ["key_id"], unique=False)
    op.create_table(
        "throttles",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("arrival_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_throttles")),
    )
    op.create_index("ix_throttles_arrival_at", "throttles", ["arrival_at"], unique=False)
    op.create_table(
        "usage_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("journal_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=True),
        sa.Column("organization_id", sa.Text(), nullable=True),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("api_id", sa.Text(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("latency_us", sa.BigInteger(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.CheckConstraint("via IN ('verify', 'authorize', 'gateway', 'sdk')", name=op.f("ck_usage_events_via")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_events")),
        sa.UniqueConstraint("journal_id", "position", name=op.f("uq_usage_events_journal_id_position")),
    )
    op.create_index("ix_usage_events_at", "usage_events", ["at"], unique=False)
    op.create_index("ix_usage_events_key_at", "usage_events", ["key_id", "at"], unique=False)
    op.create_index("ix_usage_events_project_at", "usage_events", ["project_id", "at", "id"], unique=False)
    op.create_table(
        "usage_rollups",
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("bucket_at", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status_class", sa.SmallInteger(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("latency_us_sum", sa.BigInteger(), nullable=False),
        sa.Column("latency_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("grain IN ('minute', 'hour', 'day', 'month')", name=op.f("ck_usage_rollups_grain")),
        sa.PrimaryKeyConstraint(
            "grain",
            "bucket_at",
            "project_id",
            "key_id",
            "secret",
            "endpoint",
            "outcome",
            "status_class",
            name=op.f("pk_usage_rollups"),
        ),
    )
    op.create_index(
        "ix_usage_rollups_organization", "usage_rollups", ["organization_id", "grain", "bucket_at"], unique=False
    )
    op.create_index("ix_usage_rollups_project", "usage_rollups", ["project_id", "grain", "bucket_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_operator", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "verifiers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifiers")),
    )
    op.create_table(
        "endpoints",
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("example", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_endpoints_api_id")),
        sa.PrimaryKeyConstraint("api_id", "operation_id", name=op.f("pk_endpoints")),
    )
    op.create_index(
        "uq_endpoints_route",
        "endpoints",
        ["api_id", "method", "path"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "event_types",
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("schema", sa.Text(), nullable=True),
        sa.Column("example", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_event_types_api_id")),
        sa.PrimaryKeyConstraint("api_id", "name", name=op.f("pk_event_types")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'developer', 'billing', 'auditor')", name=op.f("ck_invitations_role")
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_invitations_invited_by")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_invitations_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitations_token_digest")),
    )
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["organization_id", "email"],
        unique=True,
        sqlite_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_table(
        "members",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'developer', 'billing', 'auditor')", name=op.f("ck_members_role")
        ),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_members_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_members_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name=op.f("pk_members")),
    )
    op.create_index("ix_members_user_id", "members", ["user_id"], unique=False)
    op.create_table(
        "projects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("sandbox_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("product_line", sa.Text(), nullable=True),
        sa.Column("use_case", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.Column("sandbox_environment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(environment = 'sandbox' AND sandbox_id IS NULL AND sandbox_environment IS NULL) OR (environment = 'production' AND sandbox_id IS NOT NULL AND sandbox_environment IS NOT NULL AND sandbox_environment = 'sandbox')",
            name=op.f("ck_projects_sibling"),
        ),
        sa.CheckConstraint("environment IN ('sandbox', 'production')", name=op.f("ck_projects_environment")),
        sa.CheckConstraint("state IN ('active', 'archived')", name=op.f("ck_projects_state")),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_projects_api_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_projects_organization_id")),
        sa.ForeignKeyConstraint(
            ["sandbox_id", "organization_id", "api_id", "sandbox_environment"],
            ["projects.id", "projects.organization_id", "projects.api_id", "projects.environment"],
            name="fk_projects_sibling",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("id", "api_id", name=op.f("uq_projects_id_api_id")),
        sa.UniqueConstraint("id", "environment", name=op.f("uq_projects_id_environment")),
        sa.UniqueConstraint(
            "id",
            "organization_id",
            "api_id",
            "environment",
            name=op.f("uq_projects_id_organization_id_api_id_environment"),
        ),
        sa.UniqueConstraint("id", "organization_id", name=op.f("uq_projects_id_organization_id")),
        sa.UniqueConstraint(
            "organization_id", "slug", "environment", name=op.f("uq_projects_organization_id_slug_environment")
        ),
        sa.UniqueConstraint("sandbox_id", name=op.f("uq_projects_sandbox_id")),
    )
    op.create_index("ix_projects_api_id", "projects", ["api_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("organization_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'personal' AND user_id IS NOT NULL AND organization_id IS NULL) OR (kind = 'service' AND organization_id IS NOT NULL AND user_id IS NULL) OR (kind = 'instance' AND organization_id IS NULL AND user_id IS NULL)",
            name=op.f("ck_tokens_kind"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_tokens_created_by")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_tokens_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index("ix_tokens_organization_id", "tokens", ["organization_id"], unique=False)
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"], unique=False)
    op.create_table(
        "keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("workload", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("narrowed", sa.Boolean(), nullable=False),
        sa.Column("allowed_cidrs", sa.Text(), nullable=True),
        sa.Column("rate_limit", sa.Integer(), nullable=True),
        sa.Column("rate_window_s", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name=op.f("ck_keys_revoked_at")),
        sa.CheckConstraint("state IN ('active', 'revoked')", name=op.f("ck_keys_state")),
        sa.CheckConstraint("(rate_limit IS NULL) = (rate_window_s IS NULL)", name=op.f("ck_keys_rate_limit")),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["projects.id", "projects.environment"],
            name=op.f("fk_keys_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("id", "project_id", "environment", name=op.f("uq_keys_id_project_id_environment")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_keys_id_project_id")),
    )
    op.create_index(
        "uq_keys_name",
        "keys",
        ["project_id", "name"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("dedup_id", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("origin IN ('published', 'test', 'freehold')", name=op.f("ck_messages_origin")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_messages_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_messages_id_project_id")),
        sa.UniqueConstraint("project_id", "dedup_id", name=op.f("uq_messages_project_id_dedup_id")),
    )
    op.create_index("ix_messages_project_created_at", "messages", ["project_id", "created_at"], unique=False)
    op.create_table(
        "project_owners",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.CheckConstraint("duty IN ('technical', 'billing', 'audit')", name=op.f("ck_project_owners_duty")),
        sa.ForeignKeyConstraint(
            ["organization_id", "user_id"],
            ["members.organization_id", "members.user_id"],
            name=op.f("fk_project_owners_organization_id_user_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "organization_id"],
            ["projects.id", "projects.organization_id"],
            name=op.f("fk_project_owners_project_id_organization_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", "duty", name=op.f("pk_project_owners")),
    )
    op.create_table(
        "scope_endpoints",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_id", "operation_id"],
            ["endpoints.api_id", "endpoints.operation_id"],
            name=op.f("fk_scope_endpoints_api_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "api_id"],
            ["projects.id", "projects.api_id"],
            name=op.f("fk_scope_endpoints_project_id_api_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "operation_id", name=op.f("pk_scope_endpoints")),
    )
    op.create_table(
        "scope_event_types",
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_id", "event_type"],
            ["event_types.api_id", "event_types.name"],
            name=op.f("fk_scope_event_types_api_id_event_type"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "api_id"],
            ["projects.id", "projects.api_id"],
            name=op.f("fk_scope_event_types_project_id_api_id"),
        ),
        sa.PrimaryKeyConstraint("project_id", "event_type", name=op.f("pk_scope_event_types")),
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("max_per_second", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'failing', 'disabled')", name=op.f("ck_webhook_endpoints_state")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "environment"],
            ["projects.id", "projects.environment"],
            name=op.f("fk_webhook_endpoints_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        sa.UniqueConstraint("id", "project_id", name=op.f("uq_webhook_endpoints_id_project_id")),
    )
    op.create_index("ix_webhook_endpoints_project_id", "webhook_endpoints", ["project_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("webhook_endpoint_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("leased_until_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'failed', 'dropped')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(
            ["message_id", "project_id"],
            ["messages.id", "messages.project_id"],
            name=op.f("fk_deliveries_message_id_project_id"),
        ),
        sa.ForeignKeyConstraint(
            ["webhook_endpoint_id", "project_id"],
            ["webhook_endpoints.id", "webhook_endpoints.project_id"],
            name=op.f("fk_deliveries_webhook_endpoint_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "message_id", "webhook_endpoint_id", name=op.f("uq_deliveries_message_id_webhook_endpoint_id")
        ),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_deliveries_endpoint", "deliveries", ["webhook_endpoint_id", "created_at"], unique=False)
    op.create_index("ix_deliveries_project", "deliveries", ["project_id", "created_at"], unique=False)
    op.create_table(
        "key_endpoints",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id", "project_id"], ["keys.id", "keys.project_id"], name=op.f("fk_key_endpoints_key_id_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "operation_id"],
            ["scope_endpoints.project_id", "scope_endpoints.operation_id"],
            name=op.f("fk_key_endpoints_project_id_operation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key_id", "operation_id", name=op.f("pk_key_endpoints")),
    )
    op.create_index("ix_key_endpoints_scope", "key_endpoints", ["project_id", "operation_id"], unique=False)
    op.create_table(
        "key_secrets",
        sa.Column("selector", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retires_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'retiring') <= (retires_at IS NOT NULL)", name=op.f("ck_key_secrets_retires_at")),
        sa.CheckConstraint("state IN ('active', 'retiring', 'retired', 'revoked')", name=op.f("ck_key_secrets_state")),
        sa.ForeignKeyConstraint(
            ["key_id", "project_id", "environment"],
            ["keys.id", "keys.project_id", "keys.environment"],
            name=op.f("fk_key_secrets_key_id_project_id_environment"),
        ),
        sa.PrimaryKeyConstraint("selector", name=op.f("pk_key_secrets")),
        sa.UniqueConstraint("key_id", "version", name=op.f("uq_key_secrets_key_id_version")),
    )
    op.create_index(
        "uq_key_secrets_active",
        "key_secrets",
        ["key_id"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("webhook_endpoint_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_endpoint_id"], ["webhook_endpoints.id"], name=op.f("fk_webhook_secrets_webhook_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("webhook_endpoint_id", "version", name=op.f("pk_webhook_secrets")),
    )
    op.create_table(
        "webhook_subscriptions",
        sa.Column("webhook_endpoint_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_endpoint_id", "project_id"],
            ["webhook_endpoints.id", "webhook_endpoints.project_id"],
            name=op.f("fk_webhook_subscriptions_webhook_endpoint_id_project_id"),
        ),
        sa.PrimaryKeyConstraint("webhook_endpoint_id", "event_type", name=op.f("pk_webhook_subscriptions")),
    )
    op.create_index(
        "ix_webhook_subscriptions_project", "webhook_subscriptions", ["project_id", "event_type"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("timing", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("request_headers", sa.Text(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=False),
        sa.Column("response_headers", sa.Text(), nullable=True),
        sa.Column("response_body", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'refused', 'unreachable', 'blocked')", name=op.f("ck_attempts_outcome")
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_attempts_delivery_id_number")),
    )
    _make_audit_log_append_only()


def _make_audit_log_append_only() -> None:
    """Entries are added and never changed or removed: the database itself refuses."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entries_no_{act.lower()} BEFORE {act} ON audit_entries"
                " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
