"""Whether an organization is to be deleted: asked by whatever would bring its keys back. The deleting is in `keeping`."""

from datetime import datetime

from sqlalchemy import select

from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations import audit
from freehold.store.engine import Transaction
from freehold.store.schema import organization_deletions

_C = organization_deletions.c


def deleted_on(tx: Transaction, organization_id: str) -> datetime | None:
    """When an organization will be deleted for good; None where it will not (primary key)."""
    return tx.execute(select(_C.ends_at).where(_C.organization_id == organization_id)).scalar()


def require_open(tx: Transaction, organization_id: str) -> None:
    """Problem `conflict` in an organization that is to be deleted.

    Holds its log until the commit, as whoever deletes it does: of the two at one instant the second sees the first.
    """
    audit.hold(tx, organization_id)
    ends_at = deleted_on(tx, organization_id)
    if ends_at is not None:
        when = clock.to_text(ends_at)[:10]
        raise Problem("conflict", f"This organization will be deleted on {when}. Its owner can restore it before.")
