"""Pages of deliveries: their rows in lists, and one delivery with its attempts in full. Thin: read, present."""

from collections.abc import Hashable, Sequence
from datetime import timedelta
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Link
from freehold.dashboard.views.shell import Shell
from freehold.dashboard.views.webhooks import AttemptView, DeliveryRow, DeliveryView, PastReplayRow, Timing
from freehold.errors import Problem, not_found
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage.glances import requests_href
from freehold.web.call import Call
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other
from freehold.webhooks import delivery_actions, glance_queries, queries, replay_actions, replay_queries
from freehold.webhooks.by_hand import by_hand
from freehold.webhooks.delivery_actions import DeliveryDetail
from freehold.webhooks.outgoing import signed_text
from freehold.webhooks.records import BODY_BYTES_MAX, Attempt, Delivery

_TEMPLATE: Final = "webhooks/delivery.html.j2"
# The steps of an attempt, as its timing names them and as the page does.
_STEPS: Final = (
    ("dns_us", "Name look-up"), ("connect_us", "Connection"), ("tls_us", "TLS"), ("first_byte_us", "First byte")
)  # fmt: skip


def delivery_rows(tx: Transaction, deliveries: Sequence[Delivery]) -> tuple[DeliveryRow, ...]:
    """Deliveries as lists show them, each with what its latest attempt came to."""
    last = glance_queries.last_attempts(tx, [each.id for each in deliveries])
    names = glance_queries.endpoint_names(tx, sorted({each.webhook_endpoint_id for each in deliveries}))
    return tuple(_row(each, last.get(each.id), names[each.webhook_endpoint_id].url) for each in deliveries)


def _row(delivery: Delivery, last: glance_queries.LastAttempt | None, url: str) -> DeliveryRow:
    return DeliveryRow(
        id=delivery.id, message_id=delivery.message_id, event_type=delivery.event_type, state=delivery.state,
        attempts=delivery.attempts, status=last.status if last else None, error=(last.error or "") if last else "",
        duration_us=last.duration_us if last else None, created_at=delivery.created_at, due_at=delivery.due_at,
        endpoint_url=url, probe=delivery.probe or "",
    )  # fmt: skip


def show_delivery(call: Call, project_id: str, delivery_id: str) -> Response[Any]:
    """One delivery: what was sent, what came back, how long each step took."""
    with call.read() as tx:
        shell, view, _ = _delivery(tx, call, project_id, delivery_id)
    return page(_TEMPLATE, shell, view)


async def live_delivery(call: Call, project_id: str, delivery_id: str) -> ServerSentEvent:
    """Tell the page of a pending delivery what becomes of it (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view, found = _delivery(tx, call, project_id, delivery_id)
        now = (found.delivery.state, found.delivery.attempts, found.delivery.due_at is None)
        if now == mark:
            return None
        return Sight(now, render_part(_TEMPLATE, "live", shell, view), found.delivery.state != "pending")

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def _delivery(
    tx: Transaction, call: Call, project_id: str, delivery_id: str, problem: Problem | None = None
) -> tuple[Shell, DeliveryView, DeliveryDetail]:
    project = read_project(tx, call.actor, project_id)
    detail = delivery_actions.read_delivery(tx, call.actor, delivery_id)
    if detail.delivery.project_id != project_id:
        raise not_found("delivery")
    (row,) = delivery_rows(tx, [detail.delivery])
    endpoint_id = detail.delivery.webhook_endpoint_id
    removed = glance_queries.endpoint_names(tx, [endpoint_id])[endpoint_id].removed
    advice, fix = _advice(tx, project, detail)
    view = DeliveryView(
        project_id=project_id, endpoint_id="" if removed else endpoint_id, delivery=row,
        attempts=tuple(_attempt(each) for each in reversed(detail.attempts)), advice=advice, fix=fix, replays=_replays(tx, project_id, delivery_id),
        requests_href=_requests_around(detail.delivery),
        replay_form=Form(
            message=problem.detail if problem else None, blocked=_replay_blocked(call, project, detail.delivery, removed)
        ),
    )  # fmt: skip
    return frame(tx, call, "webhooks", project=project), view, detail


def _requests_around(delivery: Delivery) -> str:
    """The requests of the minute before an event and of the half minute after it: what may have led to it."""
    at = delivery.created_at
    return requests_href(delivery.project_id, at - timedelta(seconds=60), at + timedelta(seconds=30))


def _replay_blocked(call: Call, project: Project, delivery: Delivery, removed: bool) -> str | None:
    if delivery.probe is not None:
        return "A probe of a check is not sent again: check the endpoint once more."
    if removed:
        return "The endpoint was removed: there is nothing to send it to."
    if delivery.state == "pending" and delivery.attempts == 0:
        return "It has not been tried yet, and goes by itself."
    return blocked_for(call.actor, "webhooks.edit", project)


def _advice(tx: Transaction, project: Project, detail: DeliveryDetail) -> tuple[str, Link | None]:
    """What a delivery came to, in a sentence, and where to go on from there."""
    delivery, last = detail.delivery, detail.attempts[-1] if detail.attempts else None
    at = f"/projects/{project.id}"
    endpoint = Link(label="Open the endpoint", href=f"{at}/webhooks/{delivery.webhook_endpoint_id}")
    match delivery.state:
        case "delivered":
            took = f"The receiver answered {last.status} in {words.milliseconds(last.duration_us)} ms." if last else ""
            return took, Link(label="See usage", href=f"{at}/usage") if delivery.origin == "test" else None
        case "failed":
            return _failure_words(delivery, last), endpoint
        case "dropped":
            return "The endpoint was removed before it accepted this.", None
        case "pending":
            return _waiting(tx, project, delivery, endpoint)


def _failure_words(delivery: Delivery, last: Attempt | None) -> str:
    if delivery.probe:
        return f"The {delivery.probe} probe of a webhook check, which is sent once."
    tried = "A test is sent once." if delivery.origin == "test" else f"{words.plural(delivery.attempts, 'attempt')}."
    return f"{tried} {last.error}" if last and last.error else tried


def _waiting(tx: Transaction, project: Project, delivery: Delivery, fix: Link) -> tuple[str, Link | None]:
    if project.state == "archived":
        return "The project is archived; this is sent once it is restored.", None
    if delivery.due_at is not None:
        return "", None
    endpoint = queries.find_endpoint(tx, delivery.webhook_endpoint_id)
    state = endpoint.state if endpoint else "paused"
    return f"The endpoint is {state}; this is sent once it is resumed.", fix


def _attempt(attempt: Attempt) -> AttemptView:
    body = attempt.response_body or b""
    return AttemptView(
        id=attempt.id, number=attempt.number, at=attempt.at, outcome=attempt.outcome, error=attempt.error or "",
        status=attempt.status, address=attempt.address or "", duration_us=attempt.duration_us,
        timing=_timing(attempt), by_hand=by_hand(attempt),
        url=attempt.url, request_headers=attempt.request_headers, request_body=attempt.request_body,
        signed_text=signed_text(attempt), response_headers=attempt.response_headers or (),
        response_body=body.decode("utf-8", "replace"), response_cut=len(body) >= BODY_BYTES_MAX,
    )  # fmt: skip


def _timing(attempt: Attempt) -> tuple[Timing, ...]:
    """The steps of an attempt one after the other; what is left is the rest of the answer."""
    shown: list[Timing] = []
    at = 0
    for field, name in _STEPS:
        took = getattr(attempt.timing, field)
        if took is not None:
            shown.append(Timing(name=name, duration_us=took, begun_us=at))
            at += took
    if shown and attempt.status is not None and attempt.duration_us > at:
        shown.append(Timing(name="Rest of it", duration_us=attempt.duration_us - at, begun_us=at))
    return tuple(shown)


def _replays(tx: Transaction, project_id: str, delivery_id: str) -> tuple[PastReplayRow, ...]:
    return tuple(
        PastReplayRow(
            at=each.at, by=each.created_by, after_attempts=each.after_attempts,
            href="" if each.kind == "delivery" else f"/projects/{project_id}/replays/{each.replay_id}",
        )
        for each in replay_queries.replays_of_delivery(tx, delivery_id)
    )  # fmt: skip


# --- sending it once more -------------------------------------------------------------------------


def replay_delivery(call: Call, project_id: str, delivery_id: str) -> Response[Any]:
    """Send a delivery once more, and go on to wait for what comes of it."""
    with call.read() as tx:
        _delivery(tx, call, project_id, delivery_id)
    try:
        with call.write() as tx:
            replay_actions.replay_delivery(tx, call.actor, delivery_id)
    except Problem as problem:
        if problem.code != "conflict":
            raise
        with call.read() as tx:
            shell, view, _ = _delivery(tx, call, project_id, delivery_id, problem)
        return page(_TEMPLATE, shell, view, problem.status)
    return see_other(f"/projects/{project_id}/deliveries/{delivery_id}", "delivery-replayed")
