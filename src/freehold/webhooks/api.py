"""HTTP of webhook endpoints, messages and deliveries. Thin: parse, one action, present."""

from typing import Any

from litestar import Response

from freehold.kit.paging import Cursor, Page, page
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit, etag
from freehold.web.cursors import after_id
from freehold.web.inputs import CursorText, Limit
from freehold.webhooks import actions, check_actions, testing
from freehold.webhooks.check_api import standing_view
from freehold.webhooks.check_records import CheckStanding
from freehold.webhooks.delivery_views import (
    attempt_view,
)
from freehold.webhooks.endpoint_views import (
    SigningRotationBody,
    SigningSecretView,
    TestEventBody,
    TestEventView,
    WebhookBody,
    WebhookPatch,
    WebhookView,
    WebhookWithSecretView,
    patched,
)
from freehold.webhooks.records import (
    EndpointSettings,
    SecretVersion,
    WebhookEndpoint,
)


def list_webhooks(call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None) -> Page[WebhookView]:
    """A project's webhook endpoints, newest first."""
    with call.read() as tx:
        rows = actions.list_endpoints(tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor))
        cut = page(rows, limit, lambda row: Cursor(0, row.id))
        fields = _fields(tx, call, cut.data)
    return Page([WebhookView(**each) for each in fields], cut.next_cursor)


def create_webhook(call: Call, project_id: str, data: WebhookBody) -> Response[WebhookWithSecretView]:
    """Add a webhook endpoint; its signing secret is in this answer and nowhere else."""
    wanted = EndpointSettings(
        data.url,
        tuple(data.event_types),
        data.description,
        data.headers,
        data.fifo,
        data.max_per_second,
        data.v1a,
        data.slot,
    )

    def act(tx: Transaction) -> WebhookWithSecretView:
        made = actions.create_endpoint(tx, call.actor, call.secret, call.settings, project_id, wanted)
        return _with_secret(tx, call, made)

    return call.create(act)


def read_webhook(call: Call, endpoint_id: str) -> WebhookView:
    """One webhook endpoint."""
    with call.read() as tx:
        return _view(tx, call, actions.read_endpoint(tx, call.actor, endpoint_id))


def edit_webhook(call: Call, endpoint_id: str, data: WebhookPatch) -> WebhookView:
    """Change a webhook endpoint (RFC 7396)."""
    with call.write() as tx:
        changed = actions.edit_endpoint(
            tx, call.actor, call.secret, call.settings, endpoint_id, lambda old: patched(old, data), call.revision()
        )
        return _view(tx, call, changed)


def delete_webhook(call: Call, endpoint_id: str) -> None:
    """Remove a webhook endpoint; what is pending for it is dropped, what was sent stays on record."""
    with call.write() as tx:
        actions.delete_endpoint(tx, call.actor, endpoint_id, call.revision())


def pause_webhook(call: Call, endpoint_id: str) -> WebhookView:
    """Stop sending to an endpoint; what arrives for it meanwhile is kept."""
    with call.write() as tx:
        return _view(tx, call, actions.pause_endpoint(tx, call.actor, endpoint_id, call.revision()))


def resume_webhook(call: Call, endpoint_id: str) -> WebhookView:
    """Send to a paused or disabled endpoint again, first what was kept for it."""
    with call.write() as tx:
        return _view(tx, call, actions.resume_endpoint(tx, call.actor, endpoint_id, call.revision()))


def rotate_webhook_secret(
    call: Call, endpoint_id: str, data: SigningRotationBody | None = None
) -> Response[WebhookWithSecretView]:
    """Give an endpoint a new signing secret; until the overlap ends, the old one signs too."""
    overlap_s = actions.OVERLAP_S if data is None else data.overlap_s

    def act(tx: Transaction) -> WebhookWithSecretView:
        return _with_secret(
            tx, call, actions.rotate_signing_secret(tx, call.actor, call.secret, endpoint_id, overlap_s)
        )

    return call.create(act, status=200)


def send_test_event(call: Call, endpoint_id: str, data: TestEventBody | None = None) -> TestEventView:
    """Send a signed test event now and answer with what came back."""
    event_type = None if data is None else data.event_type
    tested = testing.send_test(call.store, call.settings, call.secret, call.actor, endpoint_id, event_type)
    message = tested.dispatch.message
    return TestEventView(
        accepted=tested.attempt.outcome == "accepted", webhook=endpoint_id, message=message.id,
        delivery=tested.dispatch.delivery_id, event_type=message.event_type, attempt=attempt_view(tested.attempt),
    )  # fmt: skip


def _with_secret(tx: Transaction, call: Call, made: actions.NewSecret) -> WebhookWithSecretView:
    return WebhookWithSecretView(signing_secret=made.text, **_fields(tx, call, [made.endpoint])[0])


def _view(tx: Transaction, call: Call, endpoint: WebhookEndpoint) -> WebhookView:
    return WebhookView(**_fields(tx, call, [endpoint])[0])


def _fields(tx: Transaction, call: Call, endpoints: list[WebhookEndpoint]) -> list[dict[str, Any]]:
    secrets, standings = actions.signing_secrets_of(tx, endpoints), check_actions.standings_of(tx, endpoints)
    return [_fields_of(call, each, secrets[each.id], standings[each.id]) for each in endpoints]


def _fields_of(
    call: Call, endpoint: WebhookEndpoint, secrets: tuple[SecretVersion, ...], standing: CheckStanding
) -> dict[str, Any]:
    keys = actions.public_keys_of(call.secret, endpoint, secrets)
    versions = [
        SigningSecretView(
            version=each.version,
            created_at=each.created_at,
            retires_at=each.retires_at,
            public_key=keys.get(each.version),
        )
        for each in secrets
    ]
    return {
        "id": endpoint.id, "project": endpoint.project_id, "environment": endpoint.environment, "slot": endpoint.slot, "url": endpoint.url,
        "event_types": list(endpoint.event_types), "description": endpoint.description, "headers": endpoint.headers,
        "fifo": endpoint.fifo, "max_per_second": endpoint.max_per_second, "v1a": endpoint.v1a,
        "failing_since": endpoint.failing_since_at, "next_probe_at": endpoint.held_until_at,
        "state": endpoint.state, "state_reason": endpoint.state_reason, "signing_secrets": versions,
        "check": standing_view(standing),
        "created_by": endpoint.created_by, "created_at": endpoint.created_at, "etag": etag(endpoint.revision),
    }  # fmt: skip
