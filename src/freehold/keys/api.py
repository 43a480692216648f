"""HTTP of keys. Thin: parse, one action, present."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response
from msgspec import UNSET, UnsetType

from freehold.keys import actions, declaring
from freehold.keys.settings_rules import KeySettings
from freehold.keys.short_form import ShortRateLimitBody, fields_as_written, written_rate_limits
from freehold.keys.views import (
    ConfirmedKeyView,
    DeclaredKeyView,
    IssuedKeyView,
    KeyView,
    declared_key_view,
    key_fields,
)
from freehold.kit.paging import Cursor, Page, page
from freehold.projects.limit_bodies import QuotaIfSaid, RateLimitsIfSaid, quota_of
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id
from freehold.web.inputs import Body, CursorText, Limit, text, with_time_zone

KeyName = Annotated[str, text("conveyancer-web", "Names one active key of the project.", minimum=1)]


class KeyBody(Body, frozen=True):
    """A new key. Without `endpoints` it may call all of the project's scope.

    Where a key of its name is declared and not issued, it is that one: what is left out is as it is declared.

    `rate_limit` is short for a rate limit named `requests`: write it or `rate_limits`, not both.
    """

    name: KeyName
    workload: Annotated[str | UnsetType | None, text("web", "What uses the key.")] = UNSET
    endpoints: Annotated[
        list[str] | UnsetType | None,
        msgspec.Meta(
            description="Endpoints of the project's scope that it is narrowed to.", examples=[["get_country"]]
        ),
    ] = UNSET
    expires_at: Annotated[
        datetime | UnsetType | None,
        msgspec.Meta(description="At most ten years from now; it never ends where this is absent."),
    ] = UNSET
    allowed_cidrs: list[str] | UnsetType = UNSET
    rate_limits: RateLimitsIfSaid = UNSET
    rate_limit: ShortRateLimitBody | UnsetType | None = UNSET
    quota: QuotaIfSaid = UNSET


class KeyPatch(Body, frozen=True):
    """New values; what is absent stays, null takes a narrowing, an expiry or a limit away.

    `rate_limits` takes the place of all of them; `rate_limit` is short for the one named `requests`: write one or the other.
    """

    name: KeyName | UnsetType = UNSET
    workload: Annotated[str, text("web")] | UnsetType | None = UNSET
    endpoints: list[str] | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    allowed_cidrs: list[str] | UnsetType | None = UNSET
    rate_limits: RateLimitsIfSaid = UNSET
    rate_limit: ShortRateLimitBody | UnsetType | None = UNSET
    quota: QuotaIfSaid = UNSET


def issue_key(call: Call, project_id: str, data: KeyBody) -> Response[IssuedKeyView]:
    """Issue a key; its secret is in this answer and nowhere else."""

    def act(tx: Transaction) -> IssuedKeyView:
        settings = patched(declaring.declared_settings(tx, call.actor, project_id, data.name), data)
        issued = actions.issue_key(tx, call.actor, call.secret, call.settings.brand, project_id, settings)
        return IssuedKeyView(secret=issued.text, **key_fields(issued.detail))

    with fields_as_written(data.rate_limit):
        return call.create(act)


def list_keys(call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None) -> Page[KeyView]:
    """A project's keys, newest first."""
    with call.read() as tx:
        rows = actions.list_keys(tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor))
    cut = page(rows, limit, lambda row: Cursor(0, row.key.id))
    return Page([KeyView(**key_fields(row)) for row in cut.data], cut.next_cursor)


def list_declared_keys(call: Call, project_id: str) -> Page[DeclaredKeyView]:
    """A project's declared keys that nobody has issued yet, all of them, by name. Issue one by its name."""
    with call.read() as tx:
        rows = declaring.list_declared(tx, call.actor, project_id)
    return Page([declared_key_view(row) for row in rows], None)


def undeclare_key(call: Call, declared_key_id: str) -> None:
    """Take a declared key back. An alert rule that looks at it looks at nothing from then on."""
    with call.write() as tx:
        declaring.withdraw_declared(tx, call.actor, declared_key_id)


def read_key(call: Call, key_id: str) -> KeyView:
    """One key, with who calls with each of its secrets that serve."""
    with call.read() as tx:
        detail = actions.read_key(tx, call.actor, key_id)
        return KeyView(**key_fields(detail, actions.callers_of(tx, detail)))


def edit_key(call: Call, key_id: str, data: KeyPatch) -> ConfirmedKeyView:
    """Change a key (RFC 7396); answers when every live gate process decides by it."""
    with fields_as_written(data.rate_limit):
        detail, confirmation = call.confirmed(
            lambda tx: actions.edit_key(tx, call.actor, key_id, lambda old: patched(old, data), call.revision())
        )
    return ConfirmedKeyView(**key_fields(detail), **asdict(confirmation))


def revoke_key(call: Call, key_id: str) -> ConfirmedKeyView:
    """Revoke a key for good; answers when every live gate process decides by it."""
    (detail, _), confirmation = call.confirmed(lambda tx: actions.revoke_key(tx, call.actor, key_id))
    return ConfirmedKeyView(**key_fields(detail), **asdict(confirmation))


def patched(old: KeySettings, patch: KeyPatch | KeyBody) -> KeySettings:
    """A key's settings with a patch merged into them."""
    new = replace(old, rate_limits=written_rate_limits(old.rate_limits, patch.rate_limit, patch.rate_limits))
    if patch.name is not UNSET:
        new = replace(new, name=patch.name)
    if patch.workload is not UNSET:
        new = replace(new, workload=patch.workload)
    if patch.endpoints is not UNSET:
        new = replace(new, endpoints=None if patch.endpoints is None else tuple(patch.endpoints))
    if patch.expires_at is not UNSET:
        new = replace(new, expires_at=with_time_zone("expires_at", patch.expires_at))
    if patch.allowed_cidrs is not UNSET:
        new = replace(new, allowed_cidrs=tuple(patch.allowed_cidrs or ()))
    if patch.quota is not UNSET:
        new = replace(new, quota=quota_of(patch.quota))
    return new
