"""SQL of replays: jobs that walk an endpoint's deliveries, oldest first, and send them once more.

A job's place (`passed`) moves in the transaction that replays what lies before it, so it is never
walked twice; that a delivery is replayed once by a job is held by a primary key besides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Subquery, and_, case, func, insert, literal_column, or_, select, update

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import deliveries, messages, replayed_deliveries, replays
from freehold.webhooks.replay_records import Fared, PastReplay, Replay, Wanted

_D = deliveries.c
_R = replays.c
# Written out, not bound: only so does either database see that its partial index holds the answer.
_UNFINISHED: Final[ColumnElement[bool]] = literal_column("replays.state IN ('queued', 'running')")
_PENDING: Final[ColumnElement[bool]] = literal_column("deliveries.state = 'pending'")
_REPLAY: Final = (
    _R.id, _R.project_id, _R.webhook_endpoint_id, _R.kind, _R.wanted, _R.state, _R.reason, _R.total, _R.replayed,
    _R.passed_at, _R.passed_id, _R.created_by, _R.created_at, _R.finished_at,
)  # fmt: skip

# --- jobs -----------------------------------------------------------------------------------------


def insert_replay(tx: Transaction, replay: Replay) -> None:
    """Add a job; IntegrityError where the endpoint has one under way."""
    tx.execute(
        insert(replays).values(
            id=replay.id, project_id=replay.project_id, webhook_endpoint_id=replay.webhook_endpoint_id,
            kind=replay.kind, wanted=_kept(replay.wanted), state=replay.state, total=replay.total,
            replayed=replay.replayed, turn_at=replay.created_at, created_by=replay.created_by,
            created_at=replay.created_at, finished_at=replay.finished_at,
        )
    )  # fmt: skip


def find_replay(tx: Transaction, replay_id: str) -> Replay | None:
    """A job by id (primary key)."""
    row = tx.execute(select(*_REPLAY).where(_R.id == replay_id)).first()
    return _replay(row) if row else None


def unfinished_replay(tx: Transaction, endpoint_id: str) -> Replay | None:
    """The job that is under way for an endpoint (uq_replays_unfinished)."""
    row = tx.execute(select(*_REPLAY).where(_R.webhook_endpoint_id == endpoint_id, _UNFINISHED)).first()
    return _replay(row) if row else None


def replays_of_endpoint(
    tx: Transaction, endpoint_id: str, limit: int, after: tuple[datetime, str] | None = None
) -> list[Replay]:
    """An endpoint's jobs, newest first, after an (instant, id) (ix_replays_endpoint)."""
    query = select(*_REPLAY).where(_R.webhook_endpoint_id == endpoint_id)
    if after:
        at, identifier = after
        query = query.where(or_(_R.created_at < at, and_(_R.created_at == at, _R.id < identifier)))
    rows = tx.execute(query.order_by(_R.created_at.desc(), _R.id.desc()).limit(limit))
    return [_replay(row) for row in rows]


def unfinished_replays(tx: Transaction) -> list[Replay]:
    """The jobs under way, whose turn it is first; takes no lock (uq_replays_unfinished)."""
    return [_replay(row) for row in tx.execute(select(*_REPLAY).where(_UNFINISHED).order_by(_R.turn_at, _R.id))]


def hold_replay(tx: Transaction, replay_id: str) -> Replay | None:
    """A job that is still under way, its row held until the commit; None where another process holds it."""
    mine = select(*_REPLAY).where(_R.id == replay_id, _UNFINISHED).with_for_update(skip_locked=True)
    row = tx.execute(mine).first()
    return _replay(row) if row else None


def begin_replay(tx: Transaction, replay_id: str, total: int) -> None:
    """Say how many deliveries a queued job is for."""
    tx.execute(update(replays).where(_R.id == replay_id, _R.state == "queued").values(state="running", total=total))


def move_replay(tx: Transaction, replay: Replay, replayed: int, passed: tuple[datetime, str], now: datetime) -> None:
    """Note that a job replayed so many more, and how far it has come."""
    values = {"replayed": _R.replayed + replayed, "passed_at": passed[0], "passed_id": passed[1], "turn_at": now}
    tx.execute(update(replays).where(_R.id == replay.id).values(**values))


def put_replay_off(tx: Transaction, replay_id: str, now: datetime) -> None:
    """Let a job wait until the others had their turn."""
    tx.execute(update(replays).where(_R.id == replay_id).values(turn_at=now))


def finish_replay(tx: Transaction, replay_id: str, state: str, reason: str | None, now: datetime) -> bool:
    """End a job that is under way; whether it was."""
    mine = (_R.id == replay_id, _UNFINISHED)
    return tx.execute(update(replays).where(*mine).values(state=state, reason=reason, finished_at=now)).rowcount == 1


# --- what a job walks over ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a job's way: what of it is to be replayed, where it ends, and whether more follows."""

    found: list[str]
    end: tuple[datetime, str] | None
    more: bool


def count_wanted(tx: Transaction, replay: Replay) -> int:
    """How many deliveries a job is for (ix_deliveries_endpoint)."""
    query = select(func.count()).select_from(deliveries.join(messages, messages.c.id == _D.message_id))
    return int(tx.execute(query.where(*_reach(replay), *_fits(replay.wanted, _D))).scalar_one())


def next_stretch(tx: Transaction, replay: Replay, rows: int, batch: int) -> Stretch:
    """What lies next on a job's way: at most `rows` deliveries looked at, at most `batch` of them to be replayed.

    However few of an endpoint's deliveries fit, a transaction never walks over more (ix_deliveries_endpoint).
    """
    window = _window(replay, rows)
    last = tx.execute(select(window.c.created_at, window.c.id).order_by(*_newest(window)).limit(1)).first()
    if last is None:
        return Stretch([], None, more=False)
    count = tx.execute(select(func.count()).select_from(window)).scalar_one()
    joined = window.join(messages, messages.c.id == window.c.message_id)
    fitting = select(window.c.id, window.c.created_at).select_from(joined)
    found = tx.execute(
        fitting.where(*_fits(replay.wanted, window.c)).order_by(window.c.created_at, window.c.id).limit(batch)
    ).all()
    full = len(found) == batch
    end = (found[-1].created_at, found[-1].id) if full else (last[0], last[1])
    return Stretch([row.id for row in found], end, full or count == rows)


def _window(replay: Replay, rows: int) -> Subquery:
    query = select(_D.id, _D.created_at, _D.state, _D.attempts, _D.leased_until_at, _D.message_id)
    return query.where(*_reach(replay)).order_by(_D.created_at, _D.id).limit(rows).subquery()


def _newest(window: Subquery) -> tuple[Any, Any]:
    return window.c.created_at.desc(), window.c.id.desc()


def _reach(replay: Replay) -> list[ColumnElement[bool]]:
    """The endpoint's deliveries that were there when the job began and that it has not passed."""
    wanted = replay.wanted
    reach = [_D.webhook_endpoint_id == replay.webhook_endpoint_id, _D.created_at <= replay.created_at]
    if wanted.since:
        reach.append(_D.created_at >= wanted.since)
    if wanted.until:
        reach.append(_D.created_at < wanted.until)
    if replay.passed:
        at, identifier = replay.passed
        reach.append(or_(_D.created_at > at, and_(_D.created_at == at, _D.id > identifier)))
    return reach


def _fits(wanted: Wanted, column: Any) -> list[ColumnElement[bool]]:
    """What makes a delivery one that a job is for. What was never tried, or is being sent, goes by itself; a test is a person's own."""
    retried = and_(column.state == "pending", column.attempts > 0, column.leased_until_at.is_(None))
    states = {
        "delivered": column.state == "delivered",
        "failed": column.state == "failed",
        "pending": retried,
        None: or_(column.state == "failed", retried),
    }
    fits = [messages.c.origin != "test", states[wanted.state]]
    if wanted.event_type:
        fits.append(messages.c.event_type == wanted.event_type)
    if wanted.message_id:
        fits.append(column.message_id == wanted.message_id)
    return fits


def replay_deliveries(
    tx: Transaction, replay: Replay, found: Sequence[str], due_at: datetime | None, now: datetime
) -> int:
    """Send deliveries once more, due at an instant or once their endpoint is resumed, on a new schedule of retries.

    Those that a dispatcher has claimed since are being sent already and left to it. IntegrityError where
    the job replayed one of them before.
    """
    free = or_(_D.state != "pending", _D.leased_until_at.is_(None))
    renewing = (
        update(deliveries)
        .where(_D.id.in_(found), _D.state != "dropped", free)
        .values(state="pending", due_at=due_at, leased_until_at=None, finished_at=None, attempts_before=_D.attempts)
        .returning(_D.id, _D.attempts)
    )
    renewed = tx.execute(renewing).all() if found else []
    if renewed:
        rows = [
            {"replay_id": replay.id, "delivery_id": delivery_id, "project_id": replay.project_id, "at": now,
             "after_attempts": attempts}
            for delivery_id, attempts in renewed
        ]  # fmt: skip
        tx.execute(insert(replayed_deliveries), rows)
    return len(renewed)


def backlog(tx: Transaction, endpoint_id: str, now: datetime, enough: int) -> int:
    """How many deliveries of an endpoint are due, counted up to `enough` (ix_deliveries_waiting)."""
    due = select(_D.id).where(_D.webhook_endpoint_id == endpoint_id, _PENDING, _D.due_at <= now)
    return int(tx.execute(select(func.count()).select_from(due.limit(enough).subquery())).scalar_one())


# --- what came of it ------------------------------------------------------------------------------


def how_they_fared(tx: Transaction, replay_ids: Sequence[str]) -> dict[str, Fared]:
    """How the deliveries of each of these jobs stand now (primary key of what was replayed)."""
    states = ("delivered", "failed", "pending", "dropped")
    counts = [func.sum(case((_D.state == state, 1), else_=0)) for state in states]
    query = (
        select(replayed_deliveries.c.replay_id, *counts)
        .join(deliveries, _D.id == replayed_deliveries.c.delivery_id)
        .where(replayed_deliveries.c.replay_id.in_(replay_ids))
        .group_by(replayed_deliveries.c.replay_id)
    )
    fared = dict.fromkeys(replay_ids, Fared())
    return fared | {row[0]: Fared(*(int(count) for count in row[1:])) for row in tx.execute(query)}


def replays_of_delivery(tx: Transaction, delivery_id: str) -> list[PastReplay]:
    """When a delivery was replayed, in order (ix_replayed_deliveries_delivery)."""
    column = replayed_deliveries.c
    query = (
        select(column.replay_id, _R.kind, _R.created_by, column.at, column.after_attempts)
        .join(replays, _R.id == column.replay_id)
        .where(column.delivery_id == delivery_id)
        .order_by(column.at, column.replay_id)
    )
    return [PastReplay(*row) for row in tx.execute(query)]


# --- rows -----------------------------------------------------------------------------------------


def _kept(wanted: Wanted) -> dict[str, Any]:
    instants = {"since": wanted.since, "until": wanted.until}
    texts = {
        "state": wanted.state, "event_type": wanted.event_type, "message_id": wanted.message_id,
        "delivery_id": wanted.delivery_id,
    }  # fmt: skip
    kept = texts | {name: None if at is None else clock.to_ms(at) for name, at in instants.items()}
    return {name: value for name, value in kept.items() if value is not None}


def _wanted(kept: dict[str, Any]) -> Wanted:
    texts: dict[str, Any] = {**kept}
    return Wanted(**texts | {name: clock.from_ms(kept[name]) for name in ("since", "until") if name in kept})


def _replay(row: Row[*tuple[Any, ...]]) -> Replay:
    values = dict(row._mapping)
    at, identifier = values.pop("passed_at"), values.pop("passed_id")
    return Replay(**values | {"wanted": _wanted(values["wanted"]), "passed": (at, identifier) if at else None})
