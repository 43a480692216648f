"""Rows of people and what they did: who may do what in an organization, and its audit log."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import func, select

from freehold.organizations import member_queries, token_queries
from freehold.reports.records import Place, Row
from freehold.reports.sources.wanted import BATCH, Wanted
from freehold.store.schema import audit_entries, audit_erasures

_A = audit_entries.c


def access_review(wanted: Wanted) -> Iterator[list[Row]]:
    """Members, then invitations that are open, then service tokens; each by id."""
    with wanted.store.read() as tx:
        members = member_queries.members_of(tx, wanted.organization_id)
        owned = member_queries.projects_owned_in(tx, wanted.organization_id)
        tokens = token_queries.tokens_of_organization(tx, wanted.organization_id)
    rows: list[Row] = [
        ("member", each.user_id, f"{each.name} <{each.email}>", each.role, "; ".join(sorted(owned.get(each.user_id, ()))),
         each.joined_at, each.last_seen_at, None)
        for each in members
    ]  # fmt: skip
    rows += [
        (
            "token",
            each.id,
            each.name,
            " ".join(sorted(each.roles)),
            "",
            each.created_at,
            each.last_used_at,
            each.expires_at,
        )
        for each in tokens
        if each.revoked_at is None
    ]
    if rows:
        yield sorted(rows, key=lambda row: (str(row[0]), str(row[1])))


def audit_log(wanted: Wanted) -> Iterator[list[Row]]:
    """Entries of the period in the chain's order; of one project, those that are about it."""
    start, end = wanted.period
    columns = (
        _A.position, _A.id, _A.at, _A.actor_kind, _A.actor_id, _A.actor_name, _A.on_behalf_of, _A.action, _A.subject_kind,
        _A.subject_id, _A.subject_name, _A.project_id, _A.before, _A.after, _A.reason, _A.address, _A.request_id, _A.hash,
    )  # fmt: skip
    passed = int(wanted.after[0]) if wanted.after else 0
    while True:
        query = select(*columns).where(
            _A.chain == wanted.organization_id, _A.at >= start, _A.at < end, _A.position > passed
        )
        if not wanted.whole_organization:
            query = query.where(_A.project_id.in_(wanted.project_ids))
        with wanted.store.read() as tx:
            rows = tx.execute(query.order_by(_A.position).limit(BATCH)).all()
        if rows:
            yield [(*row[:12], _json(row[12]), _json(row[13]), *row[14:17], row[17].hex()) for row in rows]
        if len(rows) < BATCH:
            return
        passed = rows[-1].position


def entry_place(row: Row) -> Place:
    """An entry's place in the chain."""
    return (row[0],)


def log_mark(wanted: Wanted) -> int:
    """How many entries of the chain read otherwise since a person's name was taken out; nothing else ever changes one."""
    taken_out = select(func.count()).where(audit_erasures.c.chain == wanted.organization_id)
    with wanted.store.read() as tx:
        return int(tx.execute(taken_out).scalar_one())


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
