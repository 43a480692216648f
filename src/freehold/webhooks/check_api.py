"""HTTP of webhook checks. Thin: parse, one action, present."""

from datetime import datetime
from typing import Annotated

import msgspec

from freehold.errors import FieldError, invalid
from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, page
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_instant
from freehold.web.inputs import Body, CursorText, Limit, number
from freehold.webhooks import check_actions, check_queries, checking
from freehold.webhooks.check_records import CheckStanding, CheckState, ProbeResult, Standing, WebhookCheck
from freehold.webhooks.records import Probe

# Five requests of 25 s at most, and what it takes to record them.
WAIT_S_MAX = 150


class CheckBody(Body, frozen=True):
    """How long to wait for what the check finds, in seconds. 0 answers at once; the check goes on."""

    wait_s: Annotated[int, number(WAIT_S_MAX, "For how many seconds to wait.", 0, WAIT_S_MAX)] = WAIT_S_MAX


class ProbeView(msgspec.Struct, kw_only=True):
    """One probe. `passed` is null where what came back does not tell; `attempt` decided, `attempts` are all of it."""

    probe: Probe
    passed: bool | None
    detail: str
    delivery: str
    attempt: str
    attempts: list[str]


class WebhookCheckView(msgspec.Struct, kw_only=True):
    """A webhook check, with a probe for each that was answered. It counts until `expires_at`, for this URL and secret."""

    id: str
    webhook: str
    project: str
    state: CheckState
    url: str
    secret_version: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    probes: list[ProbeView]


class CheckStandingView(msgspec.Struct, kw_only=True):
    """What is known of an endpoint's receiver now, and the check that it is known from.

    `passed`, `failed` and `unclear` count until `expires_at`. `outdated`: URL or secret changed since; `expired`: 30 days
    are over; `interrupted`: the check was broken off; `never`: there is no check, and the rest is null.
    """

    state: Standing
    id: str | None
    at: datetime | None
    expires_at: datetime | None


def check_webhook(call: Call, endpoint_id: str, data: CheckBody | None = None) -> WebhookCheckView:
    """Send an endpoint four probes and answer with what its receiver did: accepted, refused, or accepted twice.

    A rightly signed event must be accepted; a forged signature and a timestamp that is ten minutes old must be
    refused; the same id sent twice must be accepted once. It may take as long as five requests do.
    """
    wait_s = WAIT_S_MAX if data is None else data.wait_s
    if not 0 <= wait_s <= WAIT_S_MAX:
        raise invalid(FieldError("wait_s", f"From 0 to {WAIT_S_MAX} seconds.", "out_of_range"))
    check, thread = checking.start_check(call.store, call.settings, call.secret, call.actor, endpoint_id)
    thread.join(wait_s)
    with call.read() as tx:
        return check_view(check_queries.find_check(tx, check.id) or check)


def list_webhook_checks(
    call: Call, endpoint_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[WebhookCheckView]:
    """An endpoint's checks, newest first."""
    with call.read() as tx:
        rows = check_actions.list_checks(tx, call.actor, endpoint_id, checked_limit(limit) + 1, after_instant(cursor))
    cut = page(rows, limit, lambda row: Cursor(clock.to_ms(row.started_at), row.id))
    return Page([check_view(row) for row in cut.data], cut.next_cursor)


def read_webhook_check(call: Call, check_id: str) -> WebhookCheckView:
    """One check, as far as it has come."""
    with call.read() as tx:
        return check_view(check_actions.read_check(tx, call.actor, check_id))


def check_view(check: WebhookCheck) -> WebhookCheckView:
    """A check as the HTTP API shows it."""
    return WebhookCheckView(
        id=check.id, webhook=check.webhook_endpoint_id, project=check.project_id, state=check.state, url=check.url,
        secret_version=check.secret_version, started_by=check.started_by, started_at=check.started_at,
        finished_at=check.finished_at, expires_at=check.expires_at, probes=[_probe_view(each) for each in check.probes],
    )  # fmt: skip


def standing_view(found: CheckStanding) -> CheckStandingView:
    """What is known of a receiver, as the HTTP API shows it with its endpoint."""
    check = found.check
    if check is None:
        return CheckStandingView(state=found.standing, id=None, at=None, expires_at=None)
    at = check.finished_at or check.started_at
    return CheckStandingView(state=found.standing, id=check.id, at=at, expires_at=check.expires_at)


def _probe_view(probe: ProbeResult) -> ProbeView:
    return ProbeView(
        probe=probe.probe, passed=probe.passed, detail=probe.detail, delivery=probe.delivery_id,
        attempt=probe.attempt_ids[-1], attempts=list(probe.attempt_ids),
    )  # fmt: skip
