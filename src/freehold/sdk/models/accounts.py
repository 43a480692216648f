# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about accounts."""

from datetime import datetime

from freehold.sdk.model import Model
from freehold.sdk.models.organizations import Organization, User
from freehold.sdk.models.words import Role, TokenRole


class Membership(Model, frozen=True, kw_only=True):
    """An organization and the caller's role in it."""

    organization: Organization
    role: Role


class Token(Model, frozen=True, kw_only=True):
    """An access token, without its text."""

    id: str
    kind: str
    name: str
    organization: str | None
    roles: list[TokenRole]
    last4: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Me(Model, frozen=True, kw_only=True):
    """The caller: a person, or an organization's service token (then `user` is null)."""

    user: User | None
    organizations: list[Membership]
    token: Token | None
    roles: dict[str, list[TokenRole]]


class IssuedToken(Token, frozen=True, kw_only=True):
    """A new access token; `token` is shown this once."""

    SECRETS = frozenset({"token"})

    token: str


class NamedPerson(Model, frozen=True, kw_only=True):
    """How a person is called."""

    name: str
    email: str


class Obstacle(Model, frozen=True, kw_only=True):
    """What has to be done before a person can be deleted, and where."""

    code: str
    detail: str
    href: str


class PersonDeletion(Model, frozen=True, kw_only=True):
    """What deleting a person does, before; and how far it has come, after.

    `state`: `none`, `erasing` (they cannot sign in any more; their name is being taken out of history) or
    `erased`. `ends`: what is gone at once. `pseudonym`: who they are from then on. `obstacles`: what has to be
    done first. `rows`: how many rows of history were changed so far.
    """

    user: str
    state: str
    person: NamedPerson | None
    pseudonym: NamedPerson
    organizations: list[str]
    owned_projects: list[str]
    sessions: int
    tokens: int
    obstacles: list[Obstacle]
    deleted_at: datetime | None
    erased_at: datetime | None
    rows: int
