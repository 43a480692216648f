"""Deleting a person: by themselves, or by an operator. What lets them in goes at once, their name in history after it."""

import json
from dataclasses import replace
from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.keeping import person_queries
from freehold.keeping.naming_rules import pseudonym_of
from freehold.keeping.records import Named, PersonDeletion, PersonPlan
from freehold.kit import clock
from freehold.kit.encryption import open_sealed, seal
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit, member_queries, queries, rules
from freehold.organizations.needed import only_technical_owner
from freehold.organizations.records import Actor, Obstacle, User
from freehold.store import epoch
from freehold.store.engine import Transaction

_USE: Final = "person-deletions"


def plan_deletion(tx: Transaction, actor: Actor, person: str) -> PersonPlan:
    """What deleting a person would do now, and what stands in its way. `person`: an id, an address, or `me`."""
    user = _person(tx, actor, person)
    user_id = user.id
    sessions, tokens = person_queries.count_of(tx, user_id)
    return PersonPlan(
        user_id=user.id, email=user.email, name=user.name,
        organizations=tuple(each.organization.name for each in queries.memberships_of(tx, user_id)),
        sessions=sessions, tokens=tokens, owned_projects=tuple(person_queries.owned_projects(tx, user_id)),
        obstacles=tuple(_obstacles(tx, user, hold=False)), pseudonym=pseudonym_of(user_id),
    )  # fmt: skip


def delete_person(tx: Transaction, actor: Actor, secret: InstanceSecret, person: str, typed: str) -> PersonDeletion:
    """Delete a person whose e-mail address was typed. Problem `conflict` where something has to be done first.

    Sessions, access tokens, memberships and the password are gone with this transaction; what they made lives on.
    Two at one instant: the account's row decides, and the second finds nobody.
    """
    user = _person(tx, actor, person)
    user_id = user.id
    if rules.clean_email(typed) != user.email:
        raise invalid(FieldError("email", "Type the address of the account that is to be deleted.", "not_confirmed"))
    # The logs before any row, as whoever changes members or projects takes them; each organization's in one order.
    for organization_id in sorted(each.organization.id for each in queries.memberships_of(tx, user_id)):
        audit.hold(tx, organization_id)
    if obstacles := _obstacles(tx, user, hold=True):
        raise Problem("conflict", " ".join(each.detail for each in obstacles))
    instead, now = pseudonym_of(user_id), clock.now()
    by = replace(actor, name=instead.email) if actor.user_id == user_id else actor
    tokens = person_queries.personal_token_ids(tx, user_id)
    person_queries.delete_credentials(tx, user_id, user.email, now)
    person_queries.close_invitations(tx, user.email, instead, now)
    _leave_everywhere(tx, by, user_id, instead)
    if not person_queries.pseudonymise(tx, user_id, instead, now):
        raise not_found("person")
    person_queries.insert_deletion(tx, user_id, actor.user_id or actor.id, _sealed(secret, user), now)
    _record(tx, by, None, user_id, instead, {"sessions_and_tokens": "ended", "history": "pseudonymised"})
    for token_id in tokens:
        epoch.advance(tx, "token", token_id, now)
    return read_deletion(tx, user_id)


def past_deletion(tx: Transaction, actor: Actor, user_id: str) -> PersonDeletion | None:
    """How far the deletion of a person has come, for operators; None where they were not deleted."""
    return person_queries.find_deletion(tx, user_id) if actor.is_operator else None


def read_deletion(tx: Transaction, user_id: str) -> PersonDeletion:
    """How far the deletion of a person has come."""
    found = person_queries.find_deletion(tx, user_id)
    if found is None:
        raise not_found("person")
    return found


def still_to_find(deletion: PersonDeletion, secret: InstanceSecret) -> Named | None:
    """What a deleted person was called; None once it was taken out of everything."""
    if deletion.sealed is None:
        return None
    plain = json.loads(open_sealed(secret.derive(_USE), deletion.sealed, deletion.user_id))
    return Named(plain["email"], plain["name"])


def _person(tx: Transaction, actor: Actor, person: str) -> User:
    """An account that is in use, for its person and for operators; anybody else is told of none."""
    user_id = actor.user_id or "" if person == "me" else person
    if "@" in person and (found := queries.find_user_by_email(tx, rules.clean_email(person))):
        user_id = found[0].id
    user = queries.find_user(tx, user_id)
    if user is None or user.disabled_at or not (actor.is_operator or actor.user_id == user.id):
        raise not_found("person")
    return user


def _obstacles(tx: Transaction, user: User, hold: bool) -> list[Obstacle]:
    """What has to be done first. `hold` keeps the rows that it looks at until the commit."""
    found = []
    if user.is_operator and len(person_queries.operators(tx, hold)) <= 1:
        found.append(
            Obstacle(
                "last_operator", "This is the last operator of the instance: make somebody else one first.", "/account"
            )
        )
    for organization_id, name in person_queries.organizations_left_without_owner(tx, user.id, hold):
        words = f"Nobody else owns the organization {name}: make another member its owner first, or delete the organization."
        found.append(Obstacle("last_owner", words, f"/organizations/{organization_id}/members"))
    for project_id, name in person_queries.live_projects_left_alone(tx, user.id, hold):
        found.append(only_technical_owner(project_id, name))
    return found


def _leave_everywhere(tx: Transaction, by: Actor, user_id: str, instead: Named) -> None:
    left: list[str] = []
    for each in queries.memberships_of(tx, user_id):
        for project_id in member_queries.delete_member(tx, each.organization.id, user_id):
            audit.touch(tx, by, project_id)
            left.append(project_id)
        _record(tx, by, each.organization.id, user_id, instead, {"role": each.role})
    # Between the look and now somebody may have given a project this person as its one owner: no row was there to hold.
    if needed := person_queries.live_without_technical_owner(tx, left):
        raise Problem("conflict", " ".join(only_technical_owner(*each).detail for each in needed))


def _record(
    tx: Transaction, by: Actor, organization_id: str | None, user_id: str, instead: Named, before: dict[str, str]
) -> None:
    audit.record(
        tx, by, "person.deleted", organization_id=organization_id, subject_kind="user", subject_id=user_id,
        subject_name=instead.email, before=before,
    )  # fmt: skip


def _sealed(secret: InstanceSecret, user: User) -> bytes:
    plain = json.dumps({"email": user.email, "name": user.name}).encode()
    return seal(secret.derive(_USE), plain, user.id)
