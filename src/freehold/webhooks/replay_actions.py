"""Replays: send one delivery once more, those that a filter names, or all that was not accepted since a time.

One function is one transaction, which the caller opens; nothing here sends. A single delivery is put
back into the queue at once. More than one is a job, which `take_step` carries on batch by batch: what a
batch replays and how far the job has come is committed together, so a job that was killed goes on.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.projects.actions import require_active
from freehold.projects.records import Project
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction
from freehold.webhooks import queries, replay_queries
from freehold.webhooks.actions import read_endpoint
from freehold.webhooks.delivery_actions import Place, read_delivery
from freehold.webhooks.records import Delivery, WebhookEndpoint
from freehold.webhooks.replay_records import Fared, Replay, ReplayKind, Wanted

# What one transaction replays at most, and how many deliveries it looks at for that.
BATCH: Final = 200
_LOOKED_AT: Final = 2_000
# So many of an endpoint's deliveries may be due before a job waits for the dispatcher.
_BACKLOG_MAX: Final = 1_000
_SERVED: Final = ("active", "failing")

# --- asking for one -------------------------------------------------------------------------------


def replay_delivery(tx: Transaction, actor: Actor, delivery_id: str) -> Replay:
    """Send one delivery once more, as soon as its endpoint is served. One that waits for a retry is tried at once.

    Problem `conflict` where it is being sent, has not been tried yet, or its endpoint was removed.
    """
    delivery = read_delivery(tx, actor, delivery_id).delivery
    endpoint, project = _own(tx, actor, delivery)
    if delivery.probe:
        # Sent again it would be rightly signed, and would say something else than it is evidence of.
        raise Problem("conflict", "This is a probe of a webhook check, which is not sent again: run another check.")
    queries.share_endpoint(tx, endpoint.id)
    now = clock.now()
    replay = _new(actor, endpoint, "delivery", Wanted(delivery_id=delivery_id), now)
    whole = replace(replay, state="done", total=1, replayed=1, finished_at=now)
    replay_queries.insert_replay(tx, whole)
    due_at = now if endpoint.state in _SERVED or delivery.origin == "test" else None
    waits = delivery.state == "pending" and delivery.attempts == 0
    if waits or not replay_queries.replay_deliveries(tx, whole, [delivery_id], due_at, now):
        raise Problem("conflict", "This delivery is about to be sent, or being sent, already.")
    audit.record(
        tx, actor, "delivery.replayed", organization_id=project.organization_id, subject_kind="delivery",
        subject_id=delivery_id, subject_name=endpoint.url, project_id=project.id,
        before={"state": delivery.state}, after={"state": "pending", "replay": replay.id},
    )  # fmt: skip
    return whole


def start_replay(
    tx: Transaction, actor: Actor, endpoint_id: str, wanted: Wanted, kind: ReplayKind = "filter"
) -> Replay:
    """Begin a job that sends once more what a filter names of an endpoint's deliveries up to now.

    Problem `conflict` while another one is under way for the endpoint.
    """
    endpoint = read_endpoint(tx, actor, endpoint_id, "webhooks.edit")
    project = _project(tx, endpoint.project_id)
    require_active(project)
    audit.hold(tx, project.organization_id)
    now = clock.now()
    if fault := _range_fault(wanted, now, kind):
        raise invalid(fault)
    if there := replay_queries.unfinished_replay(tx, endpoint_id):
        raise _under_way(there.id)
    replay = _new(actor, endpoint, kind, wanted, now)
    with broken_constraint_means(_under_way(None)):
        replay_queries.insert_replay(tx, replay)
    _record(tx, actor, "webhook_endpoint.replay_started", endpoint, {"replay": replay.id, **_facts(replay)})
    return replay


def recover(tx: Transaction, actor: Actor, endpoint_id: str, since: datetime) -> Replay:
    """Begin a job that sends once more all that was not accepted of an endpoint's deliveries since a time."""
    return start_replay(tx, actor, endpoint_id, Wanted(since=since), "recovery")


def cancel_replay(tx: Transaction, actor: Actor, replay_id: str) -> Replay:
    """Stop a job; what it has replayed is sent all the same. Problem `conflict` where it has finished."""
    replay = _readable(tx, actor, replay_id)
    endpoint = queries.find_endpoint(tx, replay.webhook_endpoint_id)
    project = _project(tx, replay.project_id)
    require(actor, "webhooks.edit", project.organization_id)
    audit.hold(tx, project.organization_id)
    now = clock.now()
    if not replay_queries.finish_replay(tx, replay_id, "canceled", f"Canceled by {actor.name}.", now):
        raise Problem("conflict", f"This replay is {replay.state} already.")
    if endpoint is not None:
        _record(tx, actor, "webhook_endpoint.replay_canceled", endpoint, {"replay": replay_id})
    # Read anew: a batch may have been committed before the row was ours.
    return _readable(tx, actor, replay_id)


def draft(actor: Actor, endpoint: WebhookEndpoint, wanted: Wanted) -> Replay:
    """A job as it would be: to count what it would be for before it is begun."""
    return _new(actor, endpoint, "filter", wanted, clock.now())


# --- reading --------------------------------------------------------------------------------------


def read_replay(tx: Transaction, actor: Actor, replay_id: str) -> tuple[Replay, Fared]:
    """A job, and how the deliveries that it replayed stand now."""
    replay = _readable(tx, actor, replay_id)
    return replay, replay_queries.how_they_fared(tx, [replay_id])[replay_id]


def list_replays(
    tx: Transaction, actor: Actor, endpoint_id: str, limit: int, after: Place | None = None
) -> list[Replay]:
    """An endpoint's jobs, newest first."""
    read_endpoint(tx, actor, endpoint_id)
    return replay_queries.replays_of_endpoint(tx, endpoint_id, limit, after)


def _readable(tx: Transaction, actor: Actor, replay_id: str) -> Replay:
    replay = replay_queries.find_replay(tx, replay_id)
    project = projects.find_project(tx, replay.project_id) if replay else None
    if replay is None or project is None or not _is_theirs(actor, project):
        raise not_found("replay")
    require(actor, "webhooks.read", project.organization_id)
    return replay


def _is_theirs(actor: Actor, project: Project) -> bool:
    return actor.kind == "system" or actor.looks_everywhere or project.organization_id in actor.roles


# --- carrying it on -------------------------------------------------------------------------------


def count_for(tx: Transaction, replay: Replay) -> int | None:
    """How many deliveries a job that has just begun is for; None where that is known."""
    return replay_queries.count_wanted(tx, replay) if replay.state == "queued" else None


def take_step(tx: Transaction, replay_id: str, total: int | None, now: datetime, batch: int = BATCH) -> bool:
    """Carry a job on by one batch; whether it came on. `total`: what `count_for` found.

    A job whose endpoint has much due already waits; one whose endpoint is gone is canceled.
    """
    replay = replay_queries.hold_replay(tx, replay_id)
    if replay is None:
        return False
    # Held, so that none is paused between here and the commit: what is due would be sent all the same.
    queries.share_endpoint(tx, replay.webhook_endpoint_id)
    endpoint = queries.find_endpoint(tx, replay.webhook_endpoint_id)
    if endpoint is None:
        replay_queries.finish_replay(tx, replay_id, "canceled", "The endpoint was removed.", now)
        return True
    if total is not None:
        replay_queries.begin_replay(tx, replay_id, total)
    served = endpoint.state in _SERVED
    if served and replay_queries.backlog(tx, endpoint.id, now, _BACKLOG_MAX) >= _BACKLOG_MAX:
        replay_queries.put_replay_off(tx, replay_id, now)
        return False
    stretch = replay_queries.next_stretch(tx, replay, _LOOKED_AT, batch)
    count = replay_queries.replay_deliveries(tx, replay, stretch.found, now if served else None, now)
    if stretch.end:
        replay_queries.move_replay(tx, replay, count, stretch.end, now)
    if not stretch.more:
        replay_queries.finish_replay(tx, replay_id, "done", None, now)
    return True


# --- parts ----------------------------------------------------------------------------------------


def _own(tx: Transaction, actor: Actor, delivery: Delivery) -> tuple[WebhookEndpoint, Project]:
    project = _project(tx, delivery.project_id)
    require(actor, "webhooks.edit", project.organization_id)
    require_active(project)
    # The log before any row, as whoever changes the endpoint takes them.
    audit.hold(tx, project.organization_id)
    endpoint = queries.find_endpoint(tx, delivery.webhook_endpoint_id)
    if endpoint is None:
        raise Problem("conflict", "The endpoint of this delivery was removed: there is nothing to send it to.")
    return endpoint, project


def _project(tx: Transaction, project_id: str) -> Project:
    project = projects.find_project(tx, project_id)
    if project is None:
        raise not_found("project")
    return project


def _new(actor: Actor, endpoint: WebhookEndpoint, kind: ReplayKind, wanted: Wanted, now: datetime) -> Replay:
    return Replay(
        id=ids.new_id("rpl"), project_id=endpoint.project_id, webhook_endpoint_id=endpoint.id, kind=kind, wanted=wanted,
        state="queued", reason=None, total=None, replayed=0, passed=None, created_by=actor.name, created_at=now,
        finished_at=None,
    )  # fmt: skip


def _range_fault(wanted: Wanted, now: datetime, kind: ReplayKind) -> FieldError | None:
    first = "since" if kind == "recovery" else "from"
    if wanted.since and wanted.since > now:
        return FieldError(first, "This time has not come yet.", "in_the_future")
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        return FieldError("to", "The end should be after the beginning.", "out_of_range")
    return None


def _under_way(replay_id: str | None) -> Problem:
    which = f" ({replay_id})" if replay_id else ""
    return Problem(
        "conflict", f"A replay of this endpoint is under way{which}. Wait until it has finished, or cancel it."
    )


def _facts(replay: Replay) -> dict[str, Any]:
    wanted = replay.wanted
    facts = {
        "kind": replay.kind, "state": wanted.state, "event_type": wanted.event_type, "from": wanted.since,
        "to": wanted.until, "message": wanted.message_id,
    }  # fmt: skip
    return {name: value for name, value in facts.items() if value is not None}


def _record(tx: Transaction, actor: Actor, action: str, endpoint: WebhookEndpoint, after: dict[str, Any]) -> None:
    audit.record(
        tx, actor, action, organization_id=endpoint.organization_id, subject_kind="webhook_endpoint",
        subject_id=endpoint.id, subject_name=endpoint.url, project_id=endpoint.project_id, before=None, after=after,
    )  # fmt: skip
