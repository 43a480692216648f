# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about keys."""

from datetime import datetime

from freehold.sdk.model import Model
from freehold.sdk.models.projects import Quota, QuotaState, RateLimit
from freehold.sdk.models.words import Environment, KeyState, SecretState


class ShortRateLimit(Model, frozen=True, kw_only=True):
    """The rate limit named `requests`."""

    limit: int
    window_s: int


class Caller(Model, frozen=True, kw_only=True):
    """Who called with a secret lately: from where, as what, when last, and how often."""

    address: str | None
    user_agent: str | None
    last_at: datetime
    requests: int


class Secret(Model, frozen=True, kw_only=True):
    """One version of a key's secret: never the secret itself.

    `retires_at`: when a `retiring` one ends, or a `retired` one ended. `held`: that time is moved on while the
    secret is still in use, at the latest until `retires_by`. `callers`: of secrets that serve, where one key is
    read, among its latest calls; of a `retiring` one, since the rotation.
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
    callers: list[Caller] | None = None


class Key(Model, frozen=True, kw_only=True):
    """A key, without its secrets' texts. `rate_limit`: the one of its rate limits that is named `requests`."""

    id: str
    project: str
    environment: Environment
    name: str
    workload: str | None
    state: KeyState
    endpoints: list[str] | None
    allowed_cidrs: list[str]
    rate_limits: list[RateLimit]
    rate_limit: ShortRateLimit | None
    quota: Quota | None
    quota_state: QuotaState | None
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    revoked_at: datetime | None
    secrets: list[Secret]
    etag: str


class IssuedKey(Key, frozen=True, kw_only=True):
    """A new key; `secret` is what callers send, and is shown this once."""

    SECRETS = frozenset({"secret"})

    secret: str


class DeclaredKey(Model, frozen=True, kw_only=True):
    """A key that is declared and not issued.

    `key`: the id that it will have. `expires_after_days`: from its making.
    """

    name: str
    key: str
    project: str
    workload: str | None
    endpoints: list[str] | None
    allowed_cidrs: list[str]
    rate_limits: list[RateLimit]
    quota: Quota | None
    expires_after_days: int | None
    created_by: str
    created_at: datetime


class ConfirmedKey(Key, frozen=True, kw_only=True):
    """A key that was changed: `confirmed_by` gate processes decide by the change after `propagation_ms`.

    `silent`: processes that were not heard in time; they refuse all keys until they hear again, but for APIs
    that fail open.
    """

    confirmed_by: int
    silent: int
    propagation_ms: int


class RotatedKey(ConfirmedKey, frozen=True, kw_only=True):
    """A key with its new secret; `secret` is what callers send from now on, and is shown this once."""

    SECRETS = frozenset({"secret"})

    secret: str
