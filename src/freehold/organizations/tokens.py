"""Access tokens: a person's own (`fhp_…`), an organization's for its services (`fho_…`).

A token's text is shown once; the database holds its keyed digest. The gate keeps the service tokens
it has met, so making and revoking one advances the configuration epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret, keyed_digest, random_base62
from freehold.organizations import audit, queries, rules, token_queries
from freehold.organizations.permissions import require, require_signed_in_person
from freehold.organizations.records import SERVICE_ROLES, Actor, ServiceRole, Token, TokenKind
from freehold.store import epoch
from freehold.store.engine import Transaction

_PREFIX: Final[dict[TokenKind, str]] = {"personal": "fhp_", "service": "fho_", "instance": "fho_"}
_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token with its text, which is shown this once."""

    token: Token
    text: str

    def __repr__(self) -> str:
        return f"IssuedToken({self.token.id})"


@dataclass(frozen=True, slots=True)
class _NewToken:
    """A token to be made; its name is checked."""

    kind: TokenKind
    name: str
    expires_at: datetime | None
    user_id: str | None = None
    organization_id: str | None = None
    roles: tuple[ServiceRole, ...] = ()


def token_digest(secret: InstanceSecret, text: str) -> bytes:
    """How a token's text is kept."""
    return keyed_digest(secret.derive("token-pepper"), text)


def create_personal_token(
    tx: Transaction, actor: Actor, secret: InstanceSecret, name: str, expires_at: datetime | None
) -> IssuedToken:
    """A token with which the actor's own programs act as the actor."""
    user_id = require_signed_in_person(actor)
    return _issue(tx, actor, secret, _NewToken("personal", _checked(name, expires_at), expires_at, user_id))


def create_service_token(
    tx: Transaction,
    actor: Actor,
    secret: InstanceSecret,
    organization_id: str,
    name: str,
    roles: list[ServiceRole],
    expires_at: datetime | None,
) -> IssuedToken:
    """A token for an organization's service, with roles of its own: none that the actor does not hold."""
    require(actor, "tokens.edit", organization_id)
    name = _checked(name, expires_at)
    if not roles or not set(roles) <= set(SERVICE_ROLES):
        raise invalid(FieldError("roles", f"One or more of {', '.join(SERVICE_ROLES)}.", "unknown_role"))
    if not rules.may_give_roles(actor.roles.get(organization_id, frozenset()), roles):
        raise Problem("forbidden", "A token cannot have more rights than you have yourself.")
    # The log before the rows that a token refers to, its maker's among them.
    audit.hold(tx, organization_id)
    new = _NewToken("service", name, expires_at, organization_id=organization_id, roles=tuple(sorted(set(roles))))
    return _issue(tx, actor, secret, new)


def list_personal_tokens(tx: Transaction, actor: Actor) -> list[Token]:
    """The actor's own tokens, newest first."""
    return token_queries.tokens_of_user(tx, require_signed_in_person(actor))


def list_service_tokens(tx: Transaction, actor: Actor, organization_id: str) -> list[Token]:
    """An organization's service tokens, newest first."""
    require(actor, "tokens.edit", organization_id)
    return token_queries.tokens_of_organization(tx, organization_id)


def revoke_token(tx: Transaction, actor: Actor, token_id: str) -> None:
    """End a token: one's own, or a service token of an organization whose tokens one may edit."""
    token = token_queries.find_token_by_id(tx, token_id)
    if token is None or token.kind == "instance":
        raise not_found("token")
    if token.organization_id is not None:
        require(actor, "tokens.edit", token.organization_id)
    elif token.user_id != actor.user_id:
        raise not_found("token")
    now = clock.now()
    if not token_queries.revoke_token(tx, token_id, now):
        return
    audit.record(
        tx, actor, "token.revoked", organization_id=token.organization_id, subject_kind="token", subject_id=token_id,
        subject_name=token.name, before={"kind": token.kind, "roles": token.roles},
    )  # fmt: skip
    epoch.advance(tx, "token", token_id, now)


def actor_of_token(tx: Transaction, secret: InstanceSecret, text: str) -> tuple[Token, Actor] | None:
    """Whom a token stands for, where it is in force."""
    token = token_queries.find_token(tx, token_digest(secret, text))
    now = clock.now()
    if token is None or token.revoked_at or (token.expires_at and token.expires_at <= now):
        return None
    if token.user_id is not None:
        actor = actor_of_user(tx, token.user_id)
        # The log says which token acted; what it may do is its person's.
        return (
            (token, replace(actor, kind="token", id=token.id, name=f"{actor.name} ({token.name})")) if actor else None
        )
    return token, _service_actor(tx, token)


def actor_of_user(tx: Transaction, user_id: str) -> Actor | None:
    """A person as an actor, with their roles as they are now."""
    user = queries.find_user(tx, user_id)
    if user is None or user.disabled_at:
        return None
    memberships = queries.memberships_of(tx, user_id)
    roles: Mapping[str, frozenset[ServiceRole]] = {each.organization.id: frozenset({each.role}) for each in memberships}
    reviews = user.is_operator or any(
        each.organization.is_operator and each.role in ("owner", "admin") for each in memberships
    )
    return Actor("user", user.id, user.email, user.id, user.is_operator, roles, reviews=reviews)


def actor_of_token_id(tx: Transaction, token_id: str) -> Actor | None:
    """Whom a service token stands for, where it is in force: for what goes on in its name while nobody calls."""
    token = token_queries.find_token_by_id(tx, token_id)
    if token is None or token.revoked_at or (token.expires_at and token.expires_at <= clock.now()):
        return None
    return _service_actor(tx, token)


def maker_of_token(tx: Transaction, token_id: str) -> str | None:
    """The person who made a service token, and so answers for what is done with it; None where nobody is known."""
    token = token_queries.find_token_by_id(tx, token_id)
    return token.created_by if token else None


def roles_everywhere(roles: list[ServiceRole], of_operator: bool) -> frozenset[ServiceRole]:
    """What a service token may do in every organization: verify and publish, where it is the operator's."""
    if not of_operator:
        return frozenset()
    stands_for_both = bool({"owner", "admin", "developer"} & set(roles))
    both: tuple[ServiceRole, ...] = ("verifier", "publisher")
    return frozenset(role for role in both if stands_for_both or role in roles)


def _service_actor(tx: Transaction, token: Token) -> Actor:
    if token.organization_id is None:
        return Actor("token", token.id, token.name, None, False, {}, frozenset(token.roles))
    organization = queries.find_organization(tx, token.organization_id)
    of_operator = organization is not None and organization.is_operator
    roles = {token.organization_id: frozenset(token.roles)}
    return Actor("token", token.id, token.name, None, False, roles, roles_everywhere(token.roles, of_operator))


def _checked(name: str, expires_at: datetime | None) -> str:
    name = rules.clean_name(name)
    errors = rules.check_text("name", name)
    errors += rules.check_expiry("expires_at", expires_at, clock.now())
    if errors:
        raise invalid(*errors)
    return name


def _issue(tx: Transaction, actor: Actor, secret: InstanceSecret, new: _NewToken) -> IssuedToken:
    now = clock.now()
    text = _PREFIX[new.kind] + random_base62(_LENGTH)
    token = Token(
        ids.new_id("tok"), new.kind, new.user_id, new.organization_id, new.name, list(new.roles), text[-4:],
        actor.user_id, now, new.expires_at, None, None,
    )  # fmt: skip
    token_queries.insert_token(tx, token, token_digest(secret, text))
    audit.record(
        tx, actor, "token.created", organization_id=new.organization_id, subject_kind="token", subject_id=token.id,
        subject_name=new.name, after={"kind": new.kind, "roles": token.roles, "expires_at": new.expires_at},
    )  # fmt: skip
    epoch.advance(tx, "token", token.id, now)
    return IssuedToken(token, text)
