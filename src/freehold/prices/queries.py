"""Price lists: SQL only."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, or_, select, update

from freehold.apis import queries as apis
from freehold.prices.records import PriceList
from freehold.prices.rules import items_from, plain_items
from freehold.store.engine import Transaction
from freehold.store.schema import apis as api_table
from freehold.store.schema import organizations, price_lists
from freehold.usage.rules import midnight

_C = price_lists.c


def insert_list(tx: Transaction, made: PriceList) -> None:
    """Keep a new list (uq_price_lists_instance, _organization: a second one of a day and owner breaks it)."""
    tx.execute(
        insert(price_lists).values(
            id=made.id, organization_id=made.organization_id, takes_effect_at=midnight(made.takes_effect_on, UTC),
            currency=made.currency, sandbox=made.sandbox, note=made.note, items=plain_items(made.items),
            created_by=made.created_by, created_at=made.created_at,
        )
    )  # fmt: skip


def find_list(tx: Transaction, price_list_id: str) -> PriceList | None:
    """A list by id (primary key)."""
    row = tx.execute(_lists().where(_C.id == price_list_id)).first()
    return _list(row) if row else None


def lists(
    tx: Transaction, limit: int, after_id: str | None = None, organization_id: str | None = None
) -> list[PriceList]:
    """Lists of every owner, newest first; of one organization, its own and the instance's (ix_price_lists_owner)."""
    query = _lists()
    if organization_id is not None:
        query = query.where(_own(organization_id))
    if after_id:
        query = query.where(_C.id < after_id)
    return [_list(row) for row in tx.execute(query.order_by(_C.id.desc()).limit(limit))]


def standing_lists(tx: Transaction, organization_id: str | None) -> list[PriceList]:
    """Every list that is not withdrawn and can price an organization; of None, the instance's (ix_price_lists_owner)."""
    query = _lists().where(_C.withdrawn_at.is_(None))
    query = query.where(_C.organization_id.is_(None) if organization_id is None else _own(organization_id))
    return [_list(row) for row in tx.execute(query.order_by(_C.takes_effect_at, _C.id))]


def withdraw(tx: Transaction, price_list_id: str, now: datetime) -> bool:
    """Withdraw a list that has not taken effect; whether it could be."""
    done = tx.execute(
        update(price_lists)
        .where(_C.id == price_list_id, _C.withdrawn_at.is_(None), _C.takes_effect_at > now)
        .values(withdrawn_at=now)
    )
    return done.rowcount == 1


def known_endpoints(tx: Transaction) -> dict[str, frozenset[str]]:
    """The endpoints of each API by its id, with those that its document does not name any more."""
    found = tx.execute(select(api_table.c.id).order_by(api_table.c.id)).scalars().all()
    return {each: frozenset(row.operation_id for row in apis.endpoints_of(tx, each, True)) for each in found}


def apis_in_order(tx: Transaction) -> list[tuple[str, str]]:
    """Every API's id and name, by name."""
    query = select(api_table.c.id, api_table.c.name).order_by(api_table.c.name, api_table.c.id)
    return [(row.id, row.name) for row in tx.execute(query)]


def organizations_in_order(tx: Transaction) -> list[tuple[str, str]]:
    """Every organization's id and name, by name."""
    query = select(organizations.c.id, organizations.c.name).order_by(organizations.c.name, organizations.c.id)
    return [(row.id, row.name) for row in tx.execute(query)]


def api_ids(tx: Transaction) -> dict[str, str]:
    """The id of each API by its slug."""
    return {row.slug: row.id for row in tx.execute(select(api_table.c.slug, api_table.c.id))}


def _lists() -> Select[Any]:
    """Lists, each with when its owner's next one takes effect (uq_price_lists_instance, _organization)."""
    next_ = price_lists.alias("next")
    same = func.coalesce(next_.c.organization_id, "") == func.coalesce(_C.organization_id, "")
    ends = select(func.min(next_.c.takes_effect_at)).where(
        same, next_.c.withdrawn_at.is_(None), next_.c.takes_effect_at > _C.takes_effect_at
    )
    return select(price_lists, ends.scalar_subquery().label("ends_at"))


def _own(organization_id: str) -> Any:
    return or_(_C.organization_id == organization_id, _C.organization_id.is_(None))


def _list(row: Row[*tuple[Any, ...]]) -> PriceList:
    return PriceList(
        id=row.id, organization_id=row.organization_id, takes_effect_on=row.takes_effect_at.date(),
        # `items` of a row is what its own method is called.
        currency=row.currency, items=items_from(row._mapping["items"]), sandbox=row.sandbox, note=row.note,
        created_by=row.created_by, created_at=row.created_at, withdrawn_at=row.withdrawn_at,
        ends_on=row.ends_at.date() if row.ends_at is not None and row.withdrawn_at is None else None,
    )  # fmt: skip
