"""SQL of the bindings that a sandbox project's production sibling is given beforehand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from freehold.production.bindings.records import GivenBinding
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.store.schema import production_bindings

_B = production_bindings.c


def given_slots(tx: Transaction, project_ids: Sequence[str]) -> dict[str, set[str]]:
    """The slots of several sandbox projects that were given a value (primary key)."""
    found: dict[str, set[str]] = {each: set() for each in project_ids}
    for project_id, slot in tx.execute(select(_B.project_id, _B.slot).where(_B.project_id.in_(project_ids))):
        found[project_id].add(slot)
    return found


def given_of(tx: Transaction, project_id: str) -> dict[str, GivenBinding]:
    """A sandbox project's bindings for production, as they are shown, by slot (primary key)."""
    query = select(_B.slot, _B.shown, _B.given_by, _B.given_at).where(_B.project_id == project_id)
    return {row.slot: GivenBinding(*row) for row in tx.execute(query)}


def sealed_of(tx: Transaction, project_id: str) -> dict[str, bytes]:
    """The same, as they are kept: sealed."""
    return {row.slot: row.sealed for row in tx.execute(select(_B.slot, _B.sealed).where(_B.project_id == project_id))}


def put(
    tx: Transaction, project: Project, sealed: Mapping[str, tuple[bytes, str]], given_by: str, at: datetime
) -> None:
    """Give slots a sealed value with what is shown of it, in place of what they had."""
    take(tx, project.id, list(sealed))
    rows = [
        {"project_id": project.id, "environment": project.environment, "slot": slot, "sealed": value, "shown": shown,
         "given_by": given_by, "given_at": at}
        for slot, (value, shown) in sealed.items()
    ]  # fmt: skip
    if rows:
        tx.execute(insert(production_bindings), rows)


def take(tx: Transaction, project_id: str, slots: Sequence[str]) -> None:
    """Take slots' values away."""
    tx.execute(delete(production_bindings).where(_B.project_id == project_id, _B.slot.in_(slots)))
