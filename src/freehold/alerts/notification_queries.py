"""SQL of notifications: what was told, and the queue of what goes to chat channels; and of the channels."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, insert, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from freehold.alerts.records import Channel, Notification, NotificationState
from freehold.store.engine import Transaction
from freehold.store.schema import alert_channels, alert_notifications, deliveries, mails, projects

_N: Final = alert_notifications.c
_C: Final = alert_channels.c
# Written out, not bound: only so does SQLite see that its partial index holds the answer.
_PENDING: Final = text("state = 'pending'")
_CHANNELS: Final = select(
    _C.id, _C.project_id, projects.c.organization_id, _C.environment, _C.kind, _C.name, _C.sealed_url, _C.shown_url,
    _C.created_by, _C.created_at, _C.slot,
).join(projects, projects.c.id == _C.project_id)  # fmt: skip


# --- notifications --------------------------------------------------------------------------------


def insert_notification(tx: Transaction, notification: Notification) -> bool:
    """Keep what is told; False where the firing's event was told to this target before (unique)."""
    new = sqlite.insert(alert_notifications) if tx.dialect.name == "sqlite" else postgresql.insert(alert_notifications)
    made = new.values(**asdict(notification)).on_conflict_do_nothing()
    return tx.execute(made.returning(_N.id)).first() is not None


def notifications_of(tx: Transaction, firing_id: str) -> list[Notification]:
    """What was told of a firing, in order (ix_alert_notifications_firing_id)."""
    query = select(alert_notifications).where(_N.firing_id == firing_id).order_by(_N.created_at, _N.id)
    return [_notification(row) for row in tx.execute(query)]


def tests_of(tx: Transaction, rule_id: str, limit: int) -> list[Notification]:
    """The newest tests of a rule (ix_alert_notifications_rule)."""
    query = select(alert_notifications).where(_N.rule_id == rule_id, _N.event == "test")
    rows = tx.execute(query.order_by(_N.created_at.desc(), _N.id.desc()).limit(limit))
    return [_notification(row) for row in rows]


def any_due(tx: Transaction, now: datetime) -> bool:
    """Whether anything is due that nobody has claimed; takes no lock (ix_alert_notifications_due)."""
    return tx.execute(select(_N.id).where(*_due(now)).limit(1)).first() is not None


def claim(tx: Transaction, now: datetime, until: datetime, limit: int) -> list[Notification]:
    """Claim what is due until an instant, the longest due first; what another holds is passed over."""
    query = select(alert_notifications).where(*_due(now)).order_by(_N.due_at).limit(limit)
    claimed = [_notification(row) for row in tx.execute(query.with_for_update(skip_locked=True))]
    if claimed:
        ids = [each.id for each in claimed]
        tx.execute(update(alert_notifications).where(_N.id.in_(ids)).values(leased_until_at=until))
    return claimed


def settle(
    tx: Transaction, notification: Notification, state: NotificationState, due_at: datetime | None, status: int | None,
    error: str | None, now: datetime,
) -> None:  # fmt: skip
    """Record what a try made of a notification."""
    tx.execute(
        update(alert_notifications)
        .where(_N.id == notification.id, _PENDING)
        .values(
            state=state, due_at=due_at, status=status, error=error, leased_until_at=None,
            attempts=notification.attempts + 1, finished_at=None if state == "pending" else now,
        )
    )  # fmt: skip


def _due(now: datetime) -> tuple[Any, ...]:
    return _PENDING, _N.due_at <= now, or_(_N.leased_until_at.is_(None), _N.leased_until_at <= now)


def _notification(row: Row[*tuple[Any, ...]]) -> Notification:
    return Notification(**row._mapping)


# --- receipts of what was handed over -------------------------------------------------------------


def deliveries_of_messages(tx: Transaction, message_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """The deliveries of each message as (id, state) (uq_deliveries_message_id_webhook_endpoint_id)."""
    query = select(deliveries.c.message_id, deliveries.c.id, deliveries.c.state)
    found: dict[str, list[tuple[str, str]]] = {each: [] for each in message_ids}
    for message_id, delivery_id, state in tx.execute(query.where(deliveries.c.message_id.in_(message_ids))):
        found[message_id].append((delivery_id, state))
    return found


def mails_by_id(tx: Transaction, mail_ids: Sequence[str]) -> Mapping[str, tuple[str, str | None, datetime | None]]:
    """State, reason and end of mails that are still on record (primary key)."""
    query = select(mails.c.id, mails.c.state, mails.c.error, mails.c.finished_at).where(mails.c.id.in_(mail_ids))
    return {row.id: (row.state, row.error, row.finished_at) for row in tx.execute(query)}


# --- channels -------------------------------------------------------------------------------------


def channel_slots_of(tx: Transaction, project_id: str) -> set[str]:
    """The slots that a project's channels have (uq_alert_channels_slot)."""
    return set(tx.execute(select(_C.slot).where(_C.project_id == project_id, _C.deleted_at.is_(None))).scalars())


def insert_channel(tx: Transaction, channel: Channel) -> None:
    """Keep a new channel; IntegrityError where another one has its slot."""
    values = asdict(channel)
    del values["organization_id"]
    tx.execute(insert(alert_channels).values(**values))


def channels_of(tx: Transaction, project_id: str) -> list[Channel]:
    """A project's channels, by name (ix_alert_channels_project_id)."""
    query = _CHANNELS.where(_C.project_id == project_id, _C.deleted_at.is_(None)).order_by(_C.name, _C.id)
    return [Channel(**row._mapping) for row in tx.execute(query)]


def find_channel(tx: Transaction, channel_id: str) -> Channel | None:
    """A channel that was not deleted, by id (primary key)."""
    row = tx.execute(_CHANNELS.where(_C.id == channel_id, _C.deleted_at.is_(None))).first()
    return Channel(**row._mapping) if row else None


def channel_names(tx: Transaction, channel_ids: Sequence[str]) -> dict[str, str]:
    """The names of channels, deleted ones too (primary key)."""
    rows = tx.execute(select(_C.id, _C.name).where(_C.id.in_(channel_ids)))
    return {row.id: row.name for row in rows}


def count_channels(tx: Transaction, project_id: str) -> int:
    """How many channels a project has (ix_alert_channels_project_id)."""
    query = select(func.count()).where(_C.project_id == project_id, _C.deleted_at.is_(None))
    return tx.execute(query).scalar_one()


def change_channel(tx: Transaction, channel: Channel) -> None:
    """Keep a channel's new kind, name and URL."""
    tx.execute(
        update(alert_channels)
        .where(_C.id == channel.id)
        .values(kind=channel.kind, name=channel.name, sealed_url=channel.sealed_url, shown_url=channel.shown_url)
    )


def delete_channel(tx: Transaction, channel_id: str, now: datetime) -> None:
    """Mark a channel deleted and erase its URL; what waits for it is not sent any more."""
    tx.execute(update(alert_channels).where(_C.id == channel_id).values(deleted_at=now, sealed_url=b""))
    tx.execute(
        update(alert_notifications)
        .where(_N.target == channel_id, _PENDING)
        .values(state="failed", due_at=None, finished_at=now, error="The channel was removed before it was told.")
    )
