"""Taking a deleted person's name out of history, a table at a time and a few rows at a time, twice.

Reads without locks, and writes pieces that are short: nobody waits for it. Whoever dies in between leaves a deletion
that goes on with the table that it was at. The second round is for what was being written when the first one began.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Column, LargeBinary, Text, column, func, or_, select, table, tuple_, type_coerce, update
from sqlalchemy.types import TypeDecorator

from freehold.keeping import person_queries
from freehold.keeping.naming_rules import Finder, pseudonym_of
from freehold.keeping.person_actions import still_to_find
from freehold.keeping.places import Place, places
from freehold.keeping.records import Named, PersonDeletion
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit, audit_erasures
from freehold.organizations.records import AuditEntry
from freehold.store.engine import Store, Transaction
from freehold.store.schema import audit_entries

ROUNDS: Final = 2
BETWEEN_ROUNDS: Final = timedelta(minutes=1)
_AT_ONCE: Final = 200
# Reports without a name in them: their files stay.
NAMELESS: Final = frozenset({"usage_summary", "usage_detail"})

_log: Final = logging.getLogger(__name__)
Change = tuple[tuple[Any, ...], dict[str, tuple[str, str]]]


def step(store: Store, secret: InstanceSecret) -> bool:
    """Go through one table for a deletion that is due; whether there was one."""
    with store.read() as tx:
        deletion = person_queries.next_due(tx, clock.now())
    if deletion is None:
        return False
    person = still_to_find(deletion, secret)
    left = [place for place in places() if place.table.name > deletion.passed_table]
    if person is None or not left:
        _end_round(store, deletion, person)
        return True
    finder = Finder(person, pseudonym_of(deletion.user_id))
    changed = _go_through(store, secret, left[0], finder)
    with store.write() as tx:
        name = left[0].table.name
        counts = {**deletion.counts, name: deletion.counts.get(name, 0) + changed}
        person_queries.note(tx, deletion, {"passed_table": name, "counts": {at: n for at, n in counts.items() if n}})
    return True


def _end_round(store: Store, deletion: PersonDeletion, person: Named | None) -> None:
    now = clock.now()
    with store.write() as tx:
        if person:
            person_queries.forget_tries(tx, person.email)
        person_queries.expire_reports_that_name(tx, deletion.user_id, NAMELESS, now)
        if deletion.round < ROUNDS:
            next_round = {"round": deletion.round + 1, "passed_table": "", "due_at": now + BETWEEN_ROUNDS}
            person_queries.note(tx, deletion, next_round)
            return
        person_queries.note(tx, deletion, {"sealed": None, "finished_at": now})
    if store.is_sqlite:
        # What the write-ahead log still holds of the rows as they were goes with it.
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    _log.info("a deleted person's name is out of history: %d rows", sum(deletion.counts.values()))


def _go_through(store: Store, secret: InstanceSecret, place: Place, finder: Finder) -> int:
    changed, after = 0, None
    while True:
        with store.read() as tx:
            rows = _page(tx, place, finder, after)
        for part in _parts(_changes(place, finder, rows)):
            with store.write() as tx:
                changed += sum(_apply(tx, secret, place, change) for change in part)
        if len(rows) < _AT_ONCE:
            return changed
        after = tuple(rows[-1][: len(place.table.primary_key.columns)])


def _page(tx: Transaction, place: Place, finder: Finder, after: tuple[Any, ...] | None) -> list[Any]:
    """The next rows that may name the person, by primary key: its columns, and then those that may name them."""
    keys = list(place.table.primary_key.columns)
    texts = [type_coerce(each, Text) for each in place.columns]
    query = select(*(type_coerce(each, _plain(each)) for each in keys), *texts).select_from(place.table)
    query = query.where(or_(*(_names(each, finder) for each in texts)))
    if place.only is not None:
        query = query.where(place.only)
    if after is not None:
        raw = [type_coerce(each, _plain(each)) for each in keys]
        query = query.where(tuple_(*raw) > tuple_(*after))
    return list(tx.execute(query.order_by(*keys).limit(_AT_ONCE)))


def _names(text: Any, finder: Finder) -> Any:
    lower = func.lower(text)
    emails = [lower.contains(each.lower(), autoescape=True) for each in finder.emails]
    return or_(*emails, *(text.contains(each, autoescape=True) for each in finder.names))


def _plain(each: Column[Any]) -> Any:
    return each.type.impl if isinstance(each.type, TypeDecorator) else each.type


def _changes(place: Place, finder: Finder, rows: list[Any]) -> Iterator[Change]:
    """What is to read otherwise of some rows: their primary keys, and before and after by column."""
    width = len(place.table.primary_key.columns)
    for row in rows:
        texts = zip((each.name for each in place.columns), row[width:], strict=True)
        found = {name: (text, finder.replaced(text)) for name, text in texts if text}
        if differs := {name: both for name, both in found.items() if both[0] != both[1]}:
            yield tuple(row[:width]), differs


def _parts(changes: Iterator[Change]) -> Iterator[list[Change]]:
    part: list[Change] = []
    for change in changes:
        part.append(change)
        if len(part) == _AT_ONCE // 4:
            yield part
            part = []
    if part:
        yield part


def _apply(tx: Transaction, secret: InstanceSecret, place: Place, change: Change) -> bool:
    """Change one row, where it still reads as it was read."""
    key, differs = change
    if place.table is audit_entries:
        _sign_erasure(tx, secret, str(key[0]), differs)
    keys = list(place.table.primary_key.columns)
    # As it is in the database: JSON stays the text that it is.
    plain = table(place.table.name, *(column(each.name, LargeBinary if isinstance(_plain(each), LargeBinary) else Text)
                                      for each in place.columns), *(column(each.name, _plain(each)) for each in keys))  # fmt: skip
    where = [plain.c[each.name] == value for each, value in zip(keys, key, strict=True)]
    where += [plain.c[name] == before for name, (before, _) in differs.items()]
    done = tx.execute(update(plain).where(*where).values({name: after for name, (_, after) in differs.items()}))
    return done.rowcount == 1


def _sign_erasure(
    tx: Transaction, secret: InstanceSecret, entry_id: str, differs: Mapping[str, tuple[str, str]]
) -> None:
    row = tx.execute(select(audit_entries).where(audit_entries.c.id == entry_id)).one()
    values = dict(row._mapping)
    for name, (_, after) in differs.items():
        kind = audit_entries.c[name].type
        values[name] = kind.process_result_value(after, tx.dialect) if isinstance(kind, TypeDecorator) else after
    entry = AuditEntry(**values)
    digest = audit.digest_of(entry, entry.previous_hash)
    audit_erasures.record_erasure(tx, secret, entry.chain, entry.position, entry.hash, digest)
