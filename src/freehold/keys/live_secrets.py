"""Reading all secrets that are in force, as fast as the database gives them. SQL only; writes nothing.

A million rows are read here at once, so they come straight from the driver: as tuples, in lots, without
what turns columns into Python's types. What many rows share becomes one object.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

from sqlalchemy import Select, Text, select, type_coerce

from freehold.keys.records import SecretRecord
from freehold.keys.secret_records import meters_from, networks_from, shared_quota
from freehold.store.engine import Transaction
from freehold.store.schema import key_endpoints, key_secrets, keys

# So many rows are handed over at a time: the loop's thread takes them in within a millisecond.
_LOT: Final = 2000


class Unreadable(Exception):
    """The database could not be read to the end; says which error of the driver's it was."""


def live_secrets(tx: Transaction, limit: int) -> Iterator[list[SecretRecord]]:
    """The secrets that are active or retiring, of active keys, in lots; no more than `limit`. Unreadable where that fails."""
    narrowed = _narrowed(tx)
    none: frozenset[str] = frozenset()
    shared: dict[Any, Any] = {}
    for rows in _lots(tx, _SECRETS.limit(limit)):
        lot = []
        for (
            selector,
            digest,
            state,
            retires_at,
            key_id,
            name,
            expires_at,
            cidrs,
            limits,
            quota,
            period,
            narrow,
            project_id,
        ) in rows:
            lot.append(
                SecretRecord(
                    selector=selector,
                    digest=digest,
                    secret_state=shared.setdefault(state, state),
                    retires_at_ms=retires_at,
                    key_id=key_id,
                    key_name=name,
                    key_state="active",
                    expires_at_ms=expires_at,
                    allowed_networks=networks_from(cidrs) if cidrs else (),
                    meters=meters_from(limits) if limits else (),
                    quota=shared_quota(quota, period) if quota else None,
                    endpoints=narrowed.get(key_id, none) if narrow else None,
                    project_id=shared.setdefault(project_id, project_id),
                )
            )
        yield lot


_SECRETS: Final = (
    select(
        key_secrets.c.selector, key_secrets.c.digest, key_secrets.c.state, key_secrets.c.retires_at, key_secrets.c.key_id,
        keys.c.name, keys.c.expires_at, type_coerce(keys.c.allowed_cidrs, Text), type_coerce(keys.c.rate_limits, Text),
        keys.c.quota, keys.c.quota_period, keys.c.narrowed, key_secrets.c.project_id,
    )
    .join_from(key_secrets, keys, keys.c.id == key_secrets.c.key_id)
    .where(keys.c.state == "active", key_secrets.c.state.in_(("active", "retiring")))
)  # fmt: skip


def _narrowed(tx: Transaction) -> dict[str, frozenset[str]]:
    """The endpoints of every key that is narrowed; equal sets are one object."""
    found: dict[str, set[str]] = {}
    for rows in _lots(tx, select(key_endpoints.c.key_id, key_endpoints.c.operation_id)):
        for key_id, operation_id in rows:
            found.setdefault(key_id, set()).add(operation_id)
    shared: dict[frozenset[str], frozenset[str]] = {}
    return {key_id: shared.setdefault(each, each) for key_id, each in ((k, frozenset(v)) for k, v in found.items())}


def _lots(tx: Transaction, statement: Select[Any]) -> Iterator[list[tuple[Any, ...]]]:
    is_sqlite = tx.dialect.name == "sqlite"
    text = str(statement.compile(dialect=tx.dialect, compile_kwargs={"literal_binds": True}))
    driver: Any = tx.connection
    try:
        # On PostgreSQL a named cursor stays in the server and is read in lots; SQLite reads as it goes.
        with closing(driver.cursor() if is_sqlite else driver.cursor("keyring")) as cursor:
            cursor.execute(text)
            while rows := cursor.fetchmany(_LOT):
                yield rows
    except tx.dialect.loaded_dbapi.Error as error:
        raise Unreadable(type(error).__name__) from error
