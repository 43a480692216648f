"""Organizations themselves: the first-run setup, making one, renaming it.

One function is one use case and one transaction, which the caller opens. Passwords come in hashed,
because hashing is slow on purpose and a transaction must not wait for it.
"""

from dataclasses import dataclass
from datetime import datetime

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret, keyed_digest, same
from freehold.organizations import audit, member_queries, queries, rules
from freehold.organizations.permissions import may, require, require_operator
from freehold.organizations.records import Actor, Membership, Organization, User
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class NewOperator:
    """What the first-run setup asks for; the password hashed."""

    email: str
    name: str
    password_hash: str
    organization: str


def setup_token_digest(secret: InstanceSecret, token: str) -> bytes:
    """How the one-time setup token is kept."""
    return keyed_digest(secret.derive("setup-token"), token)


def check_setup_token(tx: Transaction, secret: InstanceSecret, token: str) -> None:
    """Raise Problem unless this is the setup token in force; `already_set_up` where setup is over."""
    if queries.is_set_up(tx):
        raise _already_set_up()
    kept = queries.setup_token_digest(tx)
    if kept is None or not same(kept, setup_token_digest(secret, token)):
        raise invalid(
            FieldError(
                "setup_token", "This is not the link's token. Freehold prints a new link at each start.", "wrong_token"
            )
        )


def check_new_operator(email: str, name: str, password: str, organization: str) -> None:
    """Raise Problem `invalid` with all that is wrong with the setup's answers."""
    errors = [
        *rules.check_email("email", rules.clean_email(email)),
        *rules.check_text("name", rules.clean_name(name)),
        *rules.check_password("password", password, rules.clean_email(email)),
        *rules.check_text("organization", rules.clean_name(organization)),
    ]
    if errors:
        raise invalid(*errors)


def set_up(tx: Transaction, new: NewOperator, address: str = "", request_id: str = "") -> tuple[User, Organization]:
    """The first-run setup: the operator's account and organization. Problem `already_set_up` the second time.

    Two at one instant: the instance's row decides, and the other is told that it is set up.
    """
    now = clock.now()
    if not queries.mark_set_up(tx, now):
        raise _already_set_up()
    user = User(ids.new_id("usr"), rules.clean_email(new.email), rules.clean_name(new.name), True, now)
    queries.insert_user(tx, user, new.password_hash)
    organization = _add_organization(tx, rules.clean_name(new.organization), True, user.id, now)
    actor = Actor("user", user.id, user.email, user.id, True, {}, address=address, request_id=request_id)
    audit.record(
        tx, actor, "instance.set_up", organization_id=organization.id, subject_kind="organization",
        subject_id=organization.id, subject_name=organization.name, after={"operator": user.email},
    )  # fmt: skip
    return user, organization


def create_organization(tx: Transaction, actor: Actor, name: str) -> Organization:
    """Make an organization, with its maker as first owner; operators only."""
    require_operator(actor)
    if actor.user_id is None:
        raise Problem("forbidden", "An organization needs an owner: a person has to make it.")
    name = rules.clean_name(name)
    if errors := rules.check_text("name", name):
        raise invalid(*errors)
    organization = _add_organization(tx, name, False, actor.user_id, clock.now())
    audit.record(
        tx, actor, "organization.created", organization_id=organization.id, subject_kind="organization",
        subject_id=organization.id, subject_name=name, after={"name": name},
    )  # fmt: skip
    return organization


def read_organization(tx: Transaction, actor: Actor, organization_id: str) -> Organization:
    """One organization, for those who belong to it."""
    require(actor, "organization.read", organization_id)
    organization = queries.find_organization(tx, organization_id)
    if organization is None:
        raise not_found("organization")
    return organization


def list_organizations(tx: Transaction, actor: Actor) -> list[Organization]:
    """The organizations that an actor can see, by name: their own, and all of them for an operator."""
    sees_all = actor.looks_everywhere or actor.kind == "system"
    found = queries.organizations_by_name(tx, None if sees_all else actor.roles.keys())
    return [organization for organization in found if may(actor, "organization.read", organization.id)]


def rename_organization(
    tx: Transaction, actor: Actor, organization_id: str, name: str | None, revision: int | None
) -> Organization:
    """Give an organization another name (None: the one that it has); its slug stays.

    `revision` is the one the caller saw, None for any.
    """
    require(actor, "organization.edit", organization_id)
    before = read_organization(tx, actor, organization_id)
    if revision not in (None, before.revision):
        raise changed_meanwhile("organization")
    name = before.name if name is None else rules.clean_name(name)
    if errors := rules.check_text("name", name):
        raise invalid(*errors)
    if name == before.name:
        return before
    if not queries.rename_organization(tx, organization_id, name, before.revision):
        raise changed_meanwhile("organization")
    audit.record(
        tx, actor, "organization.renamed", organization_id=organization_id, subject_kind="organization",
        subject_id=organization_id, subject_name=name, before={"name": before.name}, after={"name": name},
    )  # fmt: skip
    return read_organization(tx, actor, organization_id)


def memberships(tx: Transaction, user_id: str) -> list[Membership]:
    """A person's organizations, with their role in each."""
    return queries.memberships_of(tx, user_id)


def changed_meanwhile(what: str) -> Problem:
    """Somebody changed it between the caller's reading and writing."""
    return Problem("precondition_failed", f"The {what} was changed in between. Read it again and decide anew.")


def _add_organization(tx: Transaction, name: str, is_operator: bool, owner_id: str, now: datetime) -> Organization:
    slug = rules.slug_of(name)
    slug = rules.free_slug(slug, queries.slugs_like(tx, slug))
    organization = Organization(ids.new_id("org"), name, slug, is_operator, 1, now)
    with broken_constraint_means(
        Problem("already_exists", f"An organization with the address {slug} was made just now.")
    ):
        queries.insert_organization(tx, organization)
    audit.begin_chain(tx, organization.id)
    member_queries.insert_member(tx, organization.id, owner_id, "owner", now)
    return organization


def _already_set_up() -> Problem:
    return Problem(
        "already_set_up", "The first-run setup was done before. Sign in, or ask the operator for an invitation."
    )
