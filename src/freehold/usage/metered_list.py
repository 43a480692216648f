"""Metered events as they are listed: what was reported, and when, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, tuple_

from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects import actions as projects
from freehold.store.engine import Transaction
from freehold.store.schema import keys, metered_events
from freehold.usage import rules


@dataclass(frozen=True, slots=True)
class MeteredEvent:
    """One metered event as it was counted. `at`: the time that it counts for."""

    source: str
    event_id: str
    type: str
    at: datetime
    units: int
    key_id: str | None
    key_name: str | None
    endpoint: str | None
    received_at: datetime


Place = tuple[datetime, str, str]


def list_metered(
    tx: Transaction, actor: Actor, project_id: str, start: datetime | None, end: datetime | None, limit: int,
    after: Place | None = None,
) -> list[MeteredEvent]:  # fmt: skip
    """A project's metered events, newest first, after one (ix_metered_events_at)."""
    require(actor, "usage.read", projects.read_project(tx, actor, project_id).organization_id)
    rules.check_bounds(start, end)
    of = metered_events.c
    query = select(
        of.source, of.event_id, of.type, of.at, of.units, of.key_id, keys.c.name, of.endpoint, of.received_at
    )
    query = query.outerjoin(keys, keys.c.id == of.key_id).where(of.project_id == project_id)
    if start is not None:
        query = query.where(of.at >= start)
    if end is not None:
        query = query.where(of.at < end)
    if after:
        at, *name = after
        query = query.where(of.at <= at, or_(of.at < at, tuple_(of.source, of.event_id) > tuple_(*name)))
    rows = tx.execute(query.order_by(of.at.desc(), of.source, of.event_id).limit(limit))
    return [MeteredEvent(*row) for row in rows]
