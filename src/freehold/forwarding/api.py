"""HTTP of forwardings. Thin: parse, one action, present."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response
from msgspec import UNSET

from freehold.forwarding import actions, queries, testing
from freehold.forwarding.actions import NewForwarding
from freehold.forwarding.bodies import ForwardingBody, ForwardingPatch, ForwardingResumeBody, place_of
from freehold.forwarding.records import INSTANCE, Forwarding, ForwardingKind, ForwardingState, Lag, Place
from freehold.kit.paging import Page
from freehold.store.engine import Transaction
from freehold.web.call import Call, etag
from freehold.webhooks.headers import merged


class ForwardingView(msgspec.Struct, kw_only=True):
    """A place that audit entries are sent on to. `to`: where, of a URL the host alone. `organization` null: the whole instance's.

    `failing`: its receiver did not take the last batch; `error` says why, `next_try_at` when it is tried again, for good.
    `told_at`: when those who may change it were told of that by e-mail, half an hour after it began; null before, and once
    the receiver takes entries again.
    `position`: of an organization's chain, up to which all is with the receiver. `lag_entries` wait, the oldest of them
    since `lag_since`. `refused`: entries that a collector said it would never take.
    """

    id: str
    organization: str | None
    kind: ForwardingKind
    name: str
    to: str
    state: ForwardingState
    error: str | None
    failing_since: datetime | None
    next_try_at: datetime | None
    told_at: datetime | None
    position: int | None
    lag_entries: int
    lag_since: datetime | None
    sent: int
    refused: int
    last_sent_at: datetime | None
    created_by: str
    created_at: datetime
    etag: str


class ForwardingWithSecretView(ForwardingView, kw_only=True):
    """A forwarding with its new signing secret, which is shown this once; null where its kind signs nothing."""

    signing_secret: str | None


class ForwardingTestView(msgspec.Struct, kw_only=True):
    """What came of a test entry (`audit.test`): taken, or why not."""

    taken: bool
    error: str | None


def list_forwardings(call: Call, organization_id: str) -> Page[ForwardingView]:
    """Where an organization's audit entries are sent on to, oldest first, all of them."""
    return _list(call, organization_id)


def list_instance_forwardings(call: Call) -> Page[ForwardingView]:
    """Where the audit entries of the whole instance are sent on to; operators only."""
    return _list(call, None)


def create_forwarding(call: Call, organization_id: str, data: ForwardingBody) -> Response[ForwardingWithSecretView]:
    """Send an organization's audit entries on to an HTTPS endpoint, signed by Standard Webhooks, in order."""
    return _create(call, organization_id, data)


def create_instance_forwarding(call: Call, data: ForwardingBody) -> Response[ForwardingWithSecretView]:
    """Send the audit entries of the whole instance on: to an HTTPS endpoint, a syslog receiver or a collector; operators only."""
    return _create(call, None, data)


def read_forwarding(call: Call, forwarding_id: str) -> ForwardingView:
    """One forwarding, and how far it is behind."""
    with call.read() as tx:
        return _view(tx, actions.read_forwarding(tx, call.actor, forwarding_id))


def edit_forwarding(call: Call, forwarding_id: str, data: ForwardingPatch) -> ForwardingView:
    """Change a forwarding (RFC 7396). It is tried again at once."""
    given = {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    name, headers = given.pop("name", None), given.pop("headers", {})

    def change(old: Place) -> Mapping[str, Any]:
        if headers == {}:
            return given
        return given | {"headers": {} if headers is None else merged(old.headers, headers)}

    with call.write() as tx:
        return _view(
            tx,
            actions.edit_forwarding(
                tx, call.actor, call.secret, call.settings, forwarding_id, name, change, call.revision()
            ),
        )


def pause_forwarding(call: Call, forwarding_id: str) -> ForwardingView:
    """Send nothing on until it is resumed."""
    with call.write() as tx:
        return _view(tx, actions.pause_forwarding(tx, call.actor, forwarding_id))


def resume_forwarding(call: Call, forwarding_id: str, data: ForwardingResumeBody | None = None) -> ForwardingView:
    """Go on, at once: from where it stood, or from a position."""
    with call.write() as tx:
        return _view(tx, actions.resume_forwarding(tx, call.actor, forwarding_id, data.after if data else None))


def send_test_entry(call: Call, forwarding_id: str) -> ForwardingTestView:
    """Send one test entry now and answer with what came of it."""
    sent = testing.send_test(call.store, call.settings, call.secret, call.actor, forwarding_id)
    return ForwardingTestView(taken=sent.error is None, error=sent.error)


def rotate_forwarding_secret(call: Call, forwarding_id: str) -> Response[ForwardingWithSecretView]:
    """Give a forwarding to an HTTPS endpoint a new signing secret; for 24 hours the old one signs too."""
    return call.create(
        lambda tx: _with_secret(tx, actions.rotate_forwarding_secret(tx, call.actor, call.secret, forwarding_id)),
        status=200,
    )


def delete_forwarding(call: Call, forwarding_id: str) -> None:
    """Send nothing on any more, and erase where it went."""
    with call.write() as tx:
        actions.delete_forwarding(tx, call.actor, forwarding_id)


def _list(call: Call, organization_id: str | None) -> Page[ForwardingView]:
    with call.read() as tx:
        rows = actions.list_forwardings(tx, call.actor, organization_id)
        lags = queries.lags_of(tx, organization_id or INSTANCE)
        return Page([ForwardingView(**_fields(tx, row, lags)) for row in rows], None)


def _create(call: Call, organization_id: str | None, data: ForwardingBody) -> Response[ForwardingWithSecretView]:
    place = place_of(data)
    return call.create(
        lambda tx: _with_secret(
            tx,
            actions.create_forwarding(
                tx, call.actor, call.secret, call.settings, organization_id, data.name, place, data.after
            ),
        )
    )


def _view(tx: Transaction, forwarding: Forwarding) -> ForwardingView:
    return ForwardingView(**_fields(tx, forwarding, queries.lags_of(tx, forwarding.scope)))


def _with_secret(tx: Transaction, made: NewForwarding) -> ForwardingWithSecretView:
    fields = _fields(tx, made.forwarding, queries.lags_of(tx, made.forwarding.scope))
    return ForwardingWithSecretView(signing_secret=made.signing_secret or None, **fields)


def _fields(tx: Transaction, forwarding: Forwarding, lags: Mapping[str, Lag]) -> dict[str, Any]:
    lag = lags.get(forwarding.id, Lag(0, None))
    own: Sequence[str] = [forwarding.organization_id] if forwarding.organization_id else []
    position = next((queries.cursors_of(tx, forwarding.id).get(chain, 0) for chain in own), None)
    return {
        "id": forwarding.id, "organization": forwarding.organization_id, "kind": forwarding.kind, "name": forwarding.name,
        "to": forwarding.shown, "state": forwarding.state, "error": forwarding.error, "failing_since": forwarding.failing_since_at,
        "next_try_at": forwarding.due_at if forwarding.state == "failing" else None, "told_at": forwarding.told_at, "position": position,
        "lag_entries": lag.entries, "lag_since": lag.oldest_at, "sent": forwarding.sent, "refused": forwarding.refused,
        "last_sent_at": forwarding.last_sent_at, "created_by": forwarding.created_by, "created_at": forwarding.created_at,
        "etag": etag(forwarding.revision),
    }  # fmt: skip
