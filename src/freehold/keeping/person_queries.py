"""SQL of deleting a person: what stands in the way, what goes at once, and what of it is still to be done."""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from freehold.keeping.records import Named, PersonDeletion
from freehold.store.engine import Transaction
from freehold.store.schema import (
    audit_entries,
    idempotency,
    invitations,
    mails,
    members,
    organizations,
    person_deletions,
    project_owners,
    projects,
    reports,
    sessions,
    throttles,
    tokens,
    users,
)

_C = person_deletions.c
# No hash of anything: nothing fits it.
_NO_PASSWORD = ""


def operators(tx: Transaction, hold: bool) -> list[str]:
    """The ids of those who run the instance; `hold` keeps their rows, so that two cannot both leave last."""
    query = select(users.c.id).where(users.c.is_operator, users.c.disabled_at.is_(None)).order_by(users.c.id)
    return list(tx.execute(query.with_for_update() if hold else query).scalars())


def organizations_left_without_owner(tx: Transaction, user_id: str, hold: bool) -> list[tuple[str, str]]:
    """Id and name of each organization that a person alone owns; `hold` keeps the owners' rows (ix_members_user_id)."""
    owns = select(members.c.organization_id).where(members.c.user_id == user_id, members.c.role == "owner")
    query = select(members.c.organization_id, members.c.user_id).where(
        members.c.organization_id.in_(owns), members.c.role == "owner"
    )
    owners: dict[str, int] = {}
    query = query.order_by(members.c.organization_id, members.c.user_id)
    for row in tx.execute(query.with_for_update() if hold else query):
        owners[row.organization_id] = owners.get(row.organization_id, 0) + 1
    alone = [organization_id for organization_id, count in owners.items() if count == 1]
    names = select(organizations.c.id, organizations.c.name).where(organizations.c.id.in_(alone))
    return [(row.id, row.name) for row in tx.execute(names.order_by(organizations.c.name))]


def live_projects_left_alone(tx: Transaction, user_id: str, hold: bool) -> list[tuple[str, str]]:
    """Id and name of each active production project whose one technical owner a person is; `hold` keeps the rows."""
    owner = project_owners.c
    owns = select(owner.project_id).where(owner.user_id == user_id, owner.duty == "technical")
    live = select(projects.c.id).where(
        projects.c.id.in_(owns), projects.c.environment == "production", projects.c.state == "active"
    )
    query = select(owner.project_id, owner.user_id).where(owner.project_id.in_(live), owner.duty == "technical")
    owners: dict[str, int] = {}
    query = query.order_by(owner.project_id, owner.user_id)
    for row in tx.execute(query.with_for_update() if hold else query):
        owners[row.project_id] = owners.get(row.project_id, 0) + 1
    alone = [project_id for project_id, count in owners.items() if count == 1]
    names = select(projects.c.id, projects.c.name).where(projects.c.id.in_(alone))
    return [(row.id, row.name) for row in tx.execute(names.order_by(projects.c.name))]


def live_without_technical_owner(tx: Transaction, project_ids: Collection[str]) -> list[tuple[str, str]]:
    """Id and name of those of some projects that are active in production and have no technical owner (primary keys)."""
    owner = project_owners.c
    owned = select(owner.project_id).where(owner.project_id.in_(project_ids), owner.duty == "technical")
    query = select(projects.c.id, projects.c.name).where(
        projects.c.id.in_(project_ids), projects.c.environment == "production", projects.c.state == "active",
        projects.c.id.not_in(owned),
    )  # fmt: skip
    return [(row.id, row.name) for row in tx.execute(query.order_by(projects.c.name))]


def count_of(tx: Transaction, user_id: str) -> tuple[int, int]:
    """How many sessions and how many access tokens a person has (ix_sessions_user_id, ix_tokens_user_id)."""
    of_sessions = select(func.count()).select_from(sessions).where(sessions.c.user_id == user_id)
    of_tokens = (
        select(func.count()).select_from(tokens).where(tokens.c.user_id == user_id, tokens.c.revoked_at.is_(None))
    )
    return int(tx.execute(of_sessions).scalar_one()), int(tx.execute(of_tokens).scalar_one())


def owned_projects(tx: Transaction, user_id: str) -> list[str]:
    """The names of the projects that a person answers for."""
    query = select(projects.c.name).join(project_owners, project_owners.c.project_id == projects.c.id)
    return list(
        tx.execute(query.where(project_owners.c.user_id == user_id).distinct().order_by(projects.c.name)).scalars()
    )


def pseudonymise(tx: Transaction, user_id: str, instead: Named, now: datetime) -> bool:
    """Give an account another name, and nothing to sign in with; whether it was there and in use (its row's lock decides)."""
    done = tx.execute(
        update(users)
        .where(users.c.id == user_id, users.c.disabled_at.is_(None))
        .values(email=instead.email, name=instead.name, password_hash=_NO_PASSWORD, is_operator=False, disabled_at=now)
    )
    return done.rowcount == 1


def personal_token_ids(tx: Transaction, user_id: str) -> list[str]:
    """A person's own access tokens (ix_tokens_user_id)."""
    return list(tx.execute(select(tokens.c.id).where(tokens.c.user_id == user_id)).scalars())


def delete_credentials(tx: Transaction, user_id: str, email: str, now: datetime) -> None:
    """Delete sessions and what is in access tokens, kept answers, tries to sign in, and letters to an address."""
    callers = [user_id, *personal_token_ids(tx, user_id)]
    tx.execute(delete(idempotency).where(idempotency.c.caller.in_(callers)))
    tx.execute(delete(sessions).where(sessions.c.user_id == user_id))
    for token_id in personal_token_ids(tx, user_id):
        # What a token made may refer to it: its row stays, and nothing of what it was.
        nothing = hashlib.sha256(f"deleted {token_id}".encode()).digest()
        values = {"digest": nothing, "name": "Deleted", "last4": "", "revoked_at": now}
        tx.execute(update(tokens).where(tokens.c.id == token_id).values(**values))
    forget_tries(tx, email)
    tx.execute(delete(mails).where(mails.c.recipient == email))


def forget_tries(tx: Transaction, email: str) -> None:
    """Forget that anybody tried to sign in with an address."""
    tx.execute(delete(throttles).where(throttles.c.name == f"sign-in account {email}"))


def close_invitations(tx: Transaction, email: str, instead: Named, now: datetime) -> None:
    """Withdraw what an address is still invited to, and call it otherwise in all that it was."""
    of = invitations.c
    open_ones = (of.email == email, of.accepted_at.is_(None), of.withdrawn_at.is_(None))
    tx.execute(update(invitations).where(*open_ones).values(withdrawn_at=now))
    tx.execute(update(invitations).where(of.email == email).values(email=instead.email))


def insert_deletion(tx: Transaction, user_id: str, by: str, sealed: bytes, now: datetime) -> None:
    """Keep what is still to be found of a person (primary key: a person is deleted once)."""
    tx.execute(
        insert(person_deletions).values(
            user_id=user_id, deleted_at=now, deleted_by=by, sealed=sealed, due_at=now, counts={}
        )
    )


def find_deletion(tx: Transaction, user_id: str) -> PersonDeletion | None:
    """The deletion of a person (primary key)."""
    row = tx.execute(select(person_deletions).where(_C.user_id == user_id)).first()
    return PersonDeletion(**row._mapping) if row else None


def next_due(tx: Transaction, now: datetime) -> PersonDeletion | None:
    """The unfinished deletion that is due first (ix_person_deletions_due)."""
    query = select(person_deletions).where(_C.finished_at.is_(None), _C.due_at <= now)
    row = tx.execute(query.order_by(_C.due_at).limit(1)).first()
    return PersonDeletion(**row._mapping) if row else None


def note(tx: Transaction, before: PersonDeletion, values: Mapping[str, Any]) -> None:
    """Move a deletion on, where nobody has since."""
    same = (_C.user_id == before.user_id, _C.round == before.round, _C.passed_table == before.passed_table)
    tx.execute(update(person_deletions).where(*same, _C.finished_at.is_(None)).values(**values))


def expire_reports_that_name(tx: Transaction, user_id: str, but: frozenset[str], now: datetime) -> int:
    """Let the files go of all reports that may name a person, of every organization whose log does; how many.

    One that is being made may have read the name before it was taken out: it is begun anew, and whoever makes it hears of it.
    """
    of = audit_entries.c
    chains = select(of.chain).where(or_(of.actor_id == user_id, of.subject_id == user_id, of.on_behalf_of == user_id))
    some = (reports.c.state.in_(("ready", "running")), reports.c.organization_id.in_(chains))
    kinds = {row.id: row.parameters for row in tx.execute(select(reports.c.id, reports.c.parameters).where(*some))}
    named = reports.c.id.in_([report_id for report_id, parameters in kinds.items() if _kind(parameters) not in but])
    gone = tx.execute(update(reports).where(named, reports.c.state == "ready").values(expires_at=now))
    anew = {"state": "queued", "leased_until_at": None, "due_at": now, "started_at": None, "done": 0}
    begun = tx.execute(update(reports).where(named, reports.c.state == "running").values(**anew))
    return gone.rowcount + begun.rowcount


def _kind(parameters: Any) -> str:
    plain = json.loads(parameters) if isinstance(parameters, str) else parameters
    return str(plain.get("kind", ""))
