"""What the API shows of keys and their secrets: views, and how they are filled. No IO."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from freehold.keys import rotation_rules
from freehold.keys.actions import KeyDetail
from freehold.keys.records import Caller, Environment, KeyState, Secret, SecretState
from freehold.keys.short_form import ShortRateLimitView, short_form_of
from freehold.keys.templates import KeyTemplate
from freehold.projects.limit_bodies import QuotaStateView, QuotaView, RateLimitView, limit_fields
from freehold.web.call import etag


class CallerView(msgspec.Struct, kw_only=True):
    """Who called with a secret lately: from where, as what, when last, and how often."""

    address: str | None
    user_agent: str | None
    last_at: datetime
    requests: int


class SecretView(msgspec.Struct, kw_only=True):
    """One version of a key's secret: never the secret itself.

    `retires_at`: when a `retiring` one ends, or a `retired` one ended. `held`: that time is moved on while the
    secret is still in use, at the latest until `retires_by`. `callers`: of secrets that serve, where one key
    is read, among its latest calls; of a `retiring` one, since the rotation.
    """

    version: int
    selector: str
    last4: str
    state: SecretState
    created_at: datetime
    retires_at: datetime | None
    held: bool
    retires_by: datetime | None
    last_used_at: datetime | None
    last_address: str | None
    requests: int
    callers: list[CallerView] | UnsetType = UNSET


class KeyView(msgspec.Struct, kw_only=True):
    """A key, without its secrets' texts. `rate_limit`: the one of its rate limits that is named `requests`."""

    id: str
    project: str
    environment: Environment
    name: str
    workload: str | None
    state: KeyState
    endpoints: list[str] | None
    allowed_cidrs: list[str]
    rate_limits: list[RateLimitView]
    rate_limit: ShortRateLimitView | None
    quota: QuotaView | None
    quota_state: QuotaStateView | None
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    revoked_at: datetime | None
    secrets: list[SecretView]
    etag: str


class IssuedKeyView(KeyView, kw_only=True):
    """A new key; `secret` is what callers send, and is shown this once."""

    secret: str


class ConfirmedKeyView(KeyView, kw_only=True):
    """A key that was changed: `confirmed_by` gate processes decide by the change after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for
    APIs that fail open.
    """

    confirmed_by: int
    silent: int
    propagation_ms: int


class RotatedKeyView(ConfirmedKeyView, kw_only=True):
    """A key with its new secret; `secret` is what callers send from now on, and is shown this once."""

    secret: str


def key_fields(detail: KeyDetail, callers: Mapping[str, tuple[Caller, ...]] | None = None) -> dict[str, Any]:
    """A key as every view of it shows it. `callers`: of its secrets, by selector; None where they were not asked for."""
    key = detail.key
    return {
        "id": key.id, "project": key.project_id, "environment": key.environment, "name": key.name,
        "workload": key.workload, "state": key.state, "endpoints": key.endpoints, "allowed_cidrs": key.allowed_cidrs,
        **limit_fields(key.rate_limits, key.quota, detail.quota), "rate_limit": short_form_of(key.rate_limits),
        "expires_at": key.expires_at, "created_by": key.created_by,
        "created_at": key.created_at, "revoked_at": key.revoked_at,
        "secrets": [_secret_view(secret, callers) for secret in detail.secrets], "etag": etag(key.revision),
    }  # fmt: skip


def _secret_view(secret: Secret, callers: Mapping[str, tuple[Caller, ...]] | None) -> SecretView:
    return SecretView(
        version=secret.version, selector=secret.selector, last4=secret.last4, state=secret.state,
        created_at=secret.created_at, retires_at=secret.retires_at, held=secret.held,
        retires_by=rotation_rules.retires_by(secret.superseded_at) if secret.superseded_at else None,
        last_used_at=secret.last_used_at, last_address=secret.last_address, requests=secret.requests,
        callers=UNSET if callers is None else [_caller_view(each) for each in callers.get(secret.selector, ())],
    )  # fmt: skip


def _caller_view(caller: Caller) -> CallerView:
    return CallerView(
        address=caller.address, user_agent=caller.user_agent, last_at=caller.last_at, requests=caller.requests
    )


class DeclaredKeyView(msgspec.Struct, kw_only=True):
    """A key that is declared and not issued. `key`: the id that it will have. `expires_after_days`: from its making."""

    name: str
    key: str
    project: str
    workload: str | None
    endpoints: list[str] | None
    allowed_cidrs: list[str]
    rate_limits: list[RateLimitView]
    quota: QuotaView | None
    expires_after_days: int | None
    created_by: str
    created_at: datetime


def declared_key_view(declared: KeyTemplate) -> DeclaredKeyView:
    """A declared key for an answer."""
    said = declared.settings
    return DeclaredKeyView(
        name=declared.name, key=declared.key_id, project=declared.project_id, workload=said["workload"],
        endpoints=said["endpoints"], allowed_cidrs=list(declared.allowed_cidrs),
        rate_limits=[RateLimitView(name=name, **limit) for name, limit in sorted(said["rate_limits"].items())],
        quota=QuotaView(**said["quota"]) if said["quota"] else None, expires_after_days=said["expires_after_days"],
        created_by=declared.created_by, created_at=declared.created_at,
    )  # fmt: skip
