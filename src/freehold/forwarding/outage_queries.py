"""SQL of who answers for a forwarding."""

from typing import Final

from sqlalchemy import select

from freehold.organizations.permissions import PERMISSIONS
from freehold.store.engine import Transaction
from freehold.store.schema import members, organizations, users

_EDITORS: Final = sorted(role for role, may in PERMISSIONS.items() if "organization.edit" in may)


def who_answers(tx: Transaction, organization_id: str | None) -> tuple[str | None, list[str]]:
    """Whose letters they are, and the addresses of those who may change an organization's forwardings; of the instance, the operators'."""
    query = select(users.c.email).where(users.c.disabled_at.is_(None)).order_by(users.c.email)
    if organization_id is None:
        whose = tx.execute(select(organizations.c.id).where(organizations.c.is_operator)).scalar()
        return whose, list(tx.execute(query.where(users.c.is_operator)).scalars())
    of = query.join(members, members.c.user_id == users.c.id)
    may = of.where(members.c.organization_id == organization_id, members.c.role.in_(_EDITORS))
    return organization_id, list(tx.execute(may).scalars())
