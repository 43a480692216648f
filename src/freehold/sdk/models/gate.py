# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about gate."""

from freehold.sdk.model import Model
from freehold.sdk.models.words import Environment


class VerifiedKey(Model, frozen=True, kw_only=True):
    """The key that was verified."""

    id: str
    name: str


class VerifiedLimit(Model, frozen=True, kw_only=True):
    """One limit as it stands after this request."""

    name: str
    limit: int
    remaining: int
    reset_s: float


class VerifyAnswer(Model, frozen=True, kw_only=True):
    """The decision. What is not known, or not the asker's to know, is null."""

    allowed: bool
    reason: str | None
    request_id: str
    project: str | None
    environment: Environment | None
    key: VerifiedKey | None
    endpoint: str | None
    limits: list[VerifiedLimit]
    retry_after_s: int | None
