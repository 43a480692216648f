# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about setup."""

from freehold.sdk.model import Model
from freehold.sdk.models.organizations import Organization, User


class Setup(Model, frozen=True, kw_only=True):
    """What the first-run setup made. `token` is an access token of the operator, shown this once."""

    SECRETS = frozenset({"token"})

    organization: Organization
    user: User
    token: str
