"""SQL of gaps: decisions that were answered without a record."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import usage_gaps
from freehold.usage.journal_gaps import ANY_PROJECT, Gap
from freehold.usage.records import UsageGap


def note_gaps(tx: Transaction, journal_id: str, gaps: Iterable[Gap]) -> None:
    """Keep what a journal's file says of its gaps; saying the same again, or less, changes nothing (primary key)."""
    new = sqlite.insert(usage_gaps) if tx.dialect.name == "sqlite" else postgresql.insert(usage_gaps)
    said = ("decisions", "first_at", "last_at")
    statement = new.on_conflict_do_update(
        index_elements=["journal_id", "slot"],
        set_={name: new.excluded[name] for name in said},
        where=new.excluded.decisions > usage_gaps.c.decisions,
    )
    rows = [
        {
            "journal_id": journal_id, "slot": gap.slot, "project_id": gap.project_id, "decisions": gap.decisions,
            "first_at": clock.from_ms(gap.first_ms), "last_at": clock.from_ms(gap.last_ms),
        }
        for gap in gaps
    ]  # fmt: skip
    tx.execute(statement, rows)


def gaps_of(tx: Transaction, project_ids: Sequence[str] | None, start: datetime, end: datetime) -> list[UsageGap]:
    """The gaps of projects in a range, those of several projects too, oldest first; None: of all (ix_usage_gaps_project_id)."""
    query = select(usage_gaps.c.project_id, usage_gaps.c.first_at, usage_gaps.c.last_at, usage_gaps.c.decisions).where(
        usage_gaps.c.last_at >= start, usage_gaps.c.first_at < end
    )
    if project_ids is not None:
        query = query.where(usage_gaps.c.project_id.in_([*project_ids, ANY_PROJECT]))
    return [
        UsageGap(None if project_id == ANY_PROJECT else project_id, *rest)
        for project_id, *rest in tx.execute(query.order_by(usage_gaps.c.first_at, usage_gaps.c.project_id))
    ]


def unrecorded(tx: Transaction) -> int:
    """How many decisions of the whole instance have no record."""
    return int(tx.execute(select(func.coalesce(func.sum(usage_gaps.c.decisions), 0))).scalar_one())
