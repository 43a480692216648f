# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""The API's errors, a class for each code."""

from typing import Final

from freehold.sdk.errors import Problem


class AlreadyExists(Problem):
    """One of that name exists already (409 `already_exists`)."""


class AlreadySetUp(Problem):
    """This instance is set up already (409 `already_set_up`)."""


class BadCsrfToken(Problem):
    """The form has expired (403 `bad_csrf_token`)."""


class BadRequest(Problem):
    """The request cannot be read (400 `bad_request`)."""


class BindingsMissing(Problem):
    """Some slots need a value of this environment's own (422 `bindings_missing`)."""


class BodyTooLarge(Problem):
    """The request body is too large (413 `body_too_large`)."""


class Conflict(Problem):
    """The state does not allow this (409 `conflict`)."""


class ExpectationFailed(Problem):
    """The request expects what cannot be done (417 `expectation_failed`)."""


class FileDamaged(Problem):
    """The file is not what was made (500 `file_damaged`)."""


class Forbidden(Problem):
    """Your role does not allow this (403 `forbidden`)."""


class HeadTooLarge(Problem):
    """The request's header fields are too large (431 `head_too_large`)."""


class IdempotencyConflict(Problem):
    """This idempotency key was used with another request (409 `idempotency_conflict`)."""


class Internal(Problem):
    """Something went wrong on our side (500 `internal`)."""


class Invalid(Problem):
    """Some fields are not right (422 `invalid`)."""


class MethodNotAllowed(Problem):
    """This address does not take that method (405 `method_not_allowed`)."""


class NotApproved(Problem):
    """Production access is not approved (409 `not_approved`)."""


class NotFound(Problem):
    """There is nothing here (404 `not_found`)."""


class PreconditionFailed(Problem):
    """Somebody changed it in between (412 `precondition_failed`)."""


class ProjectLocked(Problem):
    """The project is locked (409 `project_locked`)."""


class RequestTimeout(Problem):
    """The request did not arrive in time (408 `request_timeout`)."""


class ShapeChanged(Problem):
    """The shape has changed meanwhile (409 `shape_changed`)."""


class TargetTooLong(Problem):
    """The request's target is too long (414 `target_too_long`)."""


class TooManyRequests(Problem):
    """Too many attempts (429 `too_many_requests`)."""


class Unauthenticated(Problem):
    """Sign in or send an access token (401 `unauthenticated`)."""


class Unavailable(Problem):
    """Not ready (503 `unavailable`)."""


class UnsupportedMediaType(Problem):
    """The body's media type is not understood (415 `unsupported_media_type`)."""


class VersionNotSupported(Problem):
    """This version of HTTP is not spoken here (505 `version_not_supported`)."""


# By code. One that is not here is a plain Problem.
PROBLEMS: Final[dict[str, type[Problem]]] = {
    "already_exists": AlreadyExists,
    "already_set_up": AlreadySetUp,
    "bad_csrf_token": BadCsrfToken,
    "bad_request": BadRequest,
    "bindings_missing": BindingsMissing,
    "body_too_large": BodyTooLarge,
    "conflict": Conflict,
    "expectation_failed": ExpectationFailed,
    "file_damaged": FileDamaged,
    "forbidden": Forbidden,
    "head_too_large": HeadTooLarge,
    "idempotency_conflict": IdempotencyConflict,
    "internal": Internal,
    "invalid": Invalid,
    "method_not_allowed": MethodNotAllowed,
    "not_approved": NotApproved,
    "not_found": NotFound,
    "precondition_failed": PreconditionFailed,
    "project_locked": ProjectLocked,
    "request_timeout": RequestTimeout,
    "shape_changed": ShapeChanged,
    "target_too_long": TargetTooLong,
    "too_many_requests": TooManyRequests,
    "unauthenticated": Unauthenticated,
    "unavailable": Unavailable,
    "unsupported_media_type": UnsupportedMediaType,
    "version_not_supported": VersionNotSupported,
}
