"""The audit log: every change, in the transaction that makes it, in one hash chain an organization.

Append-only, which the database's own triggers hold too. Each entry's hash covers the one before it,
so an entry that is altered, removed or put in shows: `verify_chain` finds the first that does not fit.
Never holds a secret: `before` and `after` are what a person may read.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, insert, select, text, update

from freehold.kit import canonical_json, clock, ids
from freehold.organizations import audit_erasures
from freehold.organizations.records import Actor, AuditEntry, By
from freehold.store import touched
from freehold.store.engine import Transaction
from freehold.store.schema import audit_entries, audit_heads

INSTANCE_CHAIN: Final = "instance"
GENESIS: Final = bytes(32)


def record(
    tx: Transaction,
    actor: Actor,
    action: str,
    *,
    organization_id: str | None,
    subject_kind: str,
    subject_id: str,
    subject_name: str,
    project_id: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down one change with the transaction that makes it. `action` is like `key.revoked`.

    Touches the project: before the commit its shape is compared with the last one on record.
    """
    chain = organization_id or INSTANCE_CHAIN
    if project_id is not None:
        touch(tx, actor, project_id)
    position, previous = _next_place(tx, chain)
    values: dict[str, Any] = {
        "chain": chain, "position": position, "at": clock.now(),
        "actor_kind": actor.kind, "actor_id": actor.id, "actor_name": actor.name,
        "action": action, "subject_kind": subject_kind, "subject_id": subject_id, "subject_name": subject_name,
        "project_id": project_id, "before": _plain(before), "after": _plain(after),
        "address": actor.address, "request_id": actor.request_id,
        "on_behalf_of": actor.user_id if actor.kind == "token" else None, "reason": _reason(actor, after),
    }  # fmt: skip
    digest = entry_hash(values, previous)
    tx.execute(
        insert(audit_entries).values(id=ids.ordered_id("aud", position), previous_hash=previous, hash=digest, **values)
    )
    tx.execute(update(audit_heads).where(audit_heads.c.chain == chain).values(hash=digest))


def _reason(actor: Actor, after: Mapping[str, Any] | None) -> str | None:
    """Why, where somebody was asked: said with the call, or as a field of what was done."""
    said = (after or {}).get("reason")
    return actor.reason or (said if isinstance(said, str) and said else None)


def touch(tx: Transaction, actor: Actor, project_id: str) -> None:
    """Say that an actor changes a project, where the change itself is on record elsewhere."""
    touched.touch(tx, project_id, By(actor.kind, actor.id, actor.name, actor.request_id))


def hold(tx: Transaction, organization_id: str) -> None:
    """Hold an organization's log until the commit, as every change of it does: what is looked at now stays so."""
    begin_chain(tx, organization_id)
    tx.execute(select(audit_heads.c.position).where(audit_heads.c.chain == organization_id).with_for_update())


def _next_place(tx: Transaction, chain: str) -> tuple[int, bytes]:
    """The next position of a chain and the hash before it. Holds the chain's row until the commit."""
    step = (
        update(audit_heads)
        .where(audit_heads.c.chain == chain)
        .values(position=audit_heads.c.position + 1)
        .returning(audit_heads.c.position, audit_heads.c.hash)
    )
    row = tx.execute(step).first()
    if row is None:
        begin_chain(tx, chain)
        row = tx.execute(step).one()
    return row.position, row.hash


def begin_chain(tx: Transaction, chain: str) -> None:
    """Make a chain's head, where it is not there: two that begin one at an instant make one."""
    # Plain text, because SQLAlchemy Core has no form of this statement that serves both databases.
    statement = text("INSERT INTO audit_heads (chain, position, hash) VALUES (:chain, 0, :hash) ON CONFLICT DO NOTHING")
    tx.execute(statement, {"chain": chain, "hash": GENESIS})


def entry_hash(values: Mapping[str, Any], previous: bytes) -> bytes:
    """SHA-256 over the hash before it and the entry in canonical JSON (its instant as Unix milliseconds).

    What an entry may have beyond the others is left out where it has none, as in those of before there was any.
    """
    plain = {
        name: clock.to_ms(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None or name not in _OPTIONAL
    }
    return hashlib.sha256(previous + canonical_json.encode(plain)).digest()


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Values as JSON has them; unset ones are left out."""
    if values is None:
        return None
    return {name: _plain_value(value) for name, value in values.items() if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def project_entries(tx: Transaction, project_id: str, limit: int) -> list[AuditEntry]:
    """A project's newest entries (ix_audit_entries_project)."""
    query = select(audit_entries).where(audit_entries.c.project_id == project_id)
    ordered = query.order_by(audit_entries.c.at.desc(), audit_entries.c.position.desc()).limit(limit)
    return [entry_of(row) for row in tx.execute(ordered)]


def project_changes(
    tx: Transaction, project_id: str, actions: Sequence[str], since: datetime, until: datetime, limit: int
) -> list[AuditEntry]:
    """The newest changes of some kinds in a project between two instants, newest first (ix_audit_entries_project)."""
    column = audit_entries.c
    query = select(audit_entries).where(
        column.project_id == project_id, column.at >= since, column.at < until, column.action.in_(actions)
    )
    return [entry_of(row) for row in tx.execute(query.order_by(column.at.desc(), column.position.desc()).limit(limit))]


def length_of(tx: Transaction, chain: str) -> int:
    """How many entries a chain has, as its head says."""
    return tx.execute(select(audit_heads.c.position).where(audit_heads.c.chain == chain)).scalar() or 0


def verify_chain(tx: Transaction, chain: str) -> str | None:
    """None where a chain is whole; otherwise what is wrong first, in words. Knows no seals: see `audit_proof`."""
    previous, position = GENESIS, 0
    for entry, fault in checked_entries(tx, chain):
        if fault:
            return fault
        previous, position = entry.hash, entry.position
    return wrong_end(tx, chain, position, previous)


def checked_entries(
    tx: Transaction, chain: str, public: bytes | None = None
) -> Iterator[tuple[AuditEntry, str | None]]:
    """A chain's entries in order, each with what is wrong with it, in words; of a faulty chain, up to the first fault.

    `public`: the key that an erasure of names has to be signed with; without it, that there is one has to do.
    """
    previous = GENESIS
    for position, entry in enumerate(_in_order(tx, chain), 1):
        fault = None
        if entry.position != position:
            fault = f"entry {position} of {chain} is missing: entry {entry.position} follows"
        elif entry.previous_hash != previous or not _reads_as_recorded(tx, entry, previous, public):
            fault = f"entry {position} of {chain} ({entry.id}) was altered"
        yield entry, fault
        if fault:
            return
        previous = entry.hash


def _reads_as_recorded(tx: Transaction, entry: AuditEntry, previous: bytes, public: bytes | None) -> bool:
    """Whether an entry is what its hash says, or what an erasure says that it reads like since."""
    digest = digest_of(entry, previous)
    return entry.hash == digest or audit_erasures.covers(tx, entry.chain, entry.position, entry.hash, digest, public)


def digest_of(entry: AuditEntry, previous: bytes) -> bytes:
    """The hash of an entry as it reads now."""
    return entry_hash({name: getattr(entry, name) for name in _HASHED}, previous)


def wrong_end(tx: Transaction, chain: str, position: int, digest: bytes) -> str | None:
    """What is wrong with where a chain ends, in words: its head says how far it goes."""
    head = tx.execute(select(audit_heads.c.position, audit_heads.c.hash).where(audit_heads.c.chain == chain)).first()
    if head is None or (head.position, head.hash) == (position, digest):
        return None
    return f"{chain} should end at entry {head.position}, but ends at {position}"


def chains(tx: Transaction) -> list[str]:
    """All chains that there are: organizations' ids, and the instance's own."""
    return list(tx.execute(select(audit_heads.c.chain).order_by(audit_heads.c.chain)).scalars())


_OPTIONAL: Final = ("on_behalf_of", "reason")
_HASHED: Final = (
    "chain", "position", "at", "actor_kind", "actor_id", "actor_name", "action", "subject_kind", "subject_id",
    "subject_name", "project_id", "before", "after", "address", "request_id", *_OPTIONAL,
)  # fmt: skip


def _in_order(tx: Transaction, chain: str) -> Iterator[AuditEntry]:
    query = select(audit_entries).where(audit_entries.c.chain == chain).order_by(audit_entries.c.position)
    # Closed here too: whoever finds a fault stops reading, and a server-side cursor would stay open.
    with tx.execute(query.execution_options(yield_per=1000)) as rows:
        for row in rows:
            yield entry_of(row)


def entry_of(row: Row[*tuple[Any, ...]]) -> AuditEntry:
    """A row of the log as it is on record."""
    return AuditEntry(**row._mapping)
