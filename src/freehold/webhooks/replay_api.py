"""HTTP of replays: one delivery, those that a filter names, all since a time; and the jobs. Thin."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response

from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, page
from freehold.web import nul
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_instant
from freehold.web.inputs import Body, CursorText, Limit, text, with_time_zone
from freehold.webhooks import replay_actions, replay_queries
from freehold.webhooks.replay_records import Fared, Replay, ReplayableState, ReplayKind, ReplayState, Wanted

_SINCE = msgspec.Meta(
    description="From this time on, by when the deliveries were made.", examples=["2026-11-22T14:06:00Z"]
)
_UNTIL = msgspec.Meta(description="Before this time.", examples=["2026-11-22T15:00:00Z"])


class RecoveryBody(Body, frozen=True):
    """Since when all that was not accepted is sent once more."""

    since: Annotated[datetime, _SINCE]


class ReplayBody(Body, frozen=True):
    """Which deliveries to send once more.

    Without a `state`: all that was not accepted, which is `failed` and what waits for a retry (`pending`).
    """

    state: Annotated[ReplayableState | None, msgspec.Meta(examples=["failed"])] = None
    event_type: Annotated[str | None, text("lookup.completed", maximum=200)] = None
    from_: Annotated[datetime | None, _SINCE] = msgspec.field(name="from", default=None)
    to: Annotated[datetime | None, _UNTIL] = None
    message: Annotated[str | None, text("msg_01m84nefafrfwrcrmv8qcndk0q", "Only of this message.")] = None

    def __post_init__(self) -> None:
        """Refuse NUL in what goes into a query."""
        nul.refuse_in_body(self, ("event_type", "message"))


class ReplayFilterView(msgspec.Struct, kw_only=True):
    """What a replay is for. Without `state`: all that was not accepted. `delivery`: that one alone."""

    state: ReplayableState | None
    event_type: str | None
    from_: datetime | None = msgspec.field(name="from")
    to: datetime | None
    message: str | None
    delivery: str | None


class ReplayOutcomeView(msgspec.Struct, kw_only=True):
    """How the deliveries that a replay sent once more stand now."""

    delivered: int
    failed: int
    pending: int
    dropped: int


class ReplayView(msgspec.Struct, kw_only=True):
    """A job that sends deliveries of one endpoint once more. `total` is null until they were counted."""

    id: str
    webhook: str
    project: str
    kind: ReplayKind
    filter: ReplayFilterView
    state: ReplayState
    reason: str | None
    total: int | None
    replayed: int
    outcome: ReplayOutcomeView
    created_by: str
    created_at: datetime
    finished_at: datetime | None


def replay_delivery(call: Call, delivery_id: str) -> Response[ReplayView]:
    """Send one delivery once more, with the same id and body; it gets a new schedule of retries."""
    return call.create(
        lambda tx: _view(replay_actions.replay_delivery(tx, call.actor, delivery_id), Fared(pending=1)), status=202
    )


def start_replay(call: Call, endpoint_id: str, data: ReplayBody) -> Response[ReplayView]:
    """Begin a job that sends an endpoint's deliveries once more that a filter names."""
    since, until = with_time_zone("from", data.from_), with_time_zone("to", data.to)
    wanted = Wanted(data.state, data.event_type, since, until, data.message)
    return call.create(
        lambda tx: _view(replay_actions.start_replay(tx, call.actor, endpoint_id, wanted), Fared()), status=202
    )


def recover_webhook(call: Call, endpoint_id: str, data: RecoveryBody) -> Response[ReplayView]:
    """Begin a job that sends an endpoint all once more that it has not accepted since a time."""
    since = with_time_zone("since", data.since) or data.since
    return call.create(
        lambda tx: _view(replay_actions.recover(tx, call.actor, endpoint_id, since), Fared()), status=202
    )


def list_replays(call: Call, endpoint_id: str, limit: Limit = 50, cursor: CursorText = None) -> Page[ReplayView]:
    """An endpoint's replays, newest first."""
    with call.read() as tx:
        rows = replay_actions.list_replays(tx, call.actor, endpoint_id, checked_limit(limit) + 1, after_instant(cursor))
        cut = page(rows, limit, place_of)
        fared = replay_queries.how_they_fared(tx, [each.id for each in cut.data])
    return Page([_view(each, fared[each.id]) for each in cut.data], cut.next_cursor)


def read_replay(call: Call, replay_id: str) -> ReplayView:
    """One replay: how far it has come, and how its deliveries stand now."""
    with call.read() as tx:
        return _view(*replay_actions.read_replay(tx, call.actor, replay_id))


def cancel_replay(call: Call, replay_id: str) -> ReplayView:
    """Stop a replay; what it has replayed by then is sent all the same."""
    with call.write() as tx:
        replay_actions.cancel_replay(tx, call.actor, replay_id)
        return _view(*replay_actions.read_replay(tx, call.actor, replay_id))


def place_of(row: Replay) -> Cursor:
    """Where a list goes on after a replay: by time, then id."""
    return Cursor(clock.to_ms(row.created_at), row.id)


def _view(replay: Replay, fared: Fared) -> ReplayView:
    wanted = replay.wanted
    shown = ReplayFilterView(
        state=wanted.state, event_type=wanted.event_type, from_=wanted.since, to=wanted.until,
        message=wanted.message_id, delivery=wanted.delivery_id,
    )  # fmt: skip
    return ReplayView(
        id=replay.id, webhook=replay.webhook_endpoint_id, project=replay.project_id, kind=replay.kind, filter=shown,
        state=replay.state, reason=replay.reason, total=replay.total, replayed=replay.replayed,
        outcome=ReplayOutcomeView(
            delivered=fared.delivered, failed=fared.failed, pending=fared.pending, dropped=fared.dropped
        ),
        created_by=replay.created_by, created_at=replay.created_at, finished_at=replay.finished_at,
    )  # fmt: skip
