# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about gate."""

from freehold.sdk.model import Model
from freehold.sdk.models.usage import Limit
from freehold.sdk.models.words import Environment


class VerifiedKey(Model, frozen=True, kw_only=True):
    """The key that was verified."""

    id: str
    name: str


class LimitState(Limit, frozen=True, kw_only=True):
    """One limit as a decision left it.

    `reset_s`: seconds until it is whole again. `retry_after_s`: seconds until the request that was denied would
    pass; 0 where it passed. `window_s`: of the rate limit, or the length of the quota's period.
    """

    retry_after_s: float | None = None
    window_s: int | None = None


class VerifyAnswer(Model, frozen=True, kw_only=True):
    """The decision. What is not known, or not the asker's to know, is null."""

    allowed: bool
    reason: str | None
    request_id: str
    project: str | None
    environment: Environment | None
    key: VerifiedKey | None
    endpoint: str | None
    limits: list[LimitState]
    retry_after_s: int | None
