"""Every public error: its stable code, HTTP status and title, in one table.

An action raises `Problem`; the API answers it as RFC 9457 problem+json, the dashboard shows it on
the page it came from, the CLI prints it. Nothing else may reach a user: an exception that is not a
Problem is a defect, answered as `internal` with no detail.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Kind(NamedTuple):
    """One kind of error."""

    status: int
    title: str


KINDS: Final[dict[str, Kind]] = {
    "bad_request": Kind(400, "The request cannot be read"),
    "unauthenticated": Kind(401, "Sign in or send an access token"),
    "wrong_credentials": Kind(401, "E-mail address or password is wrong"),
    "forbidden": Kind(403, "Your role does not allow this"),
    "bad_csrf_token": Kind(403, "The form has expired"),
    "not_found": Kind(404, "There is nothing here"),
    "method_not_allowed": Kind(405, "This address does not take that method"),
    "request_timeout": Kind(408, "The request did not arrive in time"),
    "conflict": Kind(409, "The state does not allow this"),
    "idempotency_conflict": Kind(409, "This idempotency key was used with another request"),
    "already_set_up": Kind(409, "This instance is set up already"),
    "already_exists": Kind(409, "One of that name exists already"),
    "shape_changed": Kind(409, "The shape has changed meanwhile"),
    "project_locked": Kind(409, "The project is locked"),
    "not_approved": Kind(409, "Production access is not approved"),
    "precondition_failed": Kind(412, "Somebody changed it in between"),
    "body_too_large": Kind(413, "The request body is too large"),
    "target_too_long": Kind(414, "The request's target is too long"),
    "unsupported_media_type": Kind(415, "The body's media type is not understood"),
    "expectation_failed": Kind(417, "The request expects what cannot be done"),
    "invalid": Kind(422, "Some fields are not right"),
    "bindings_missing": Kind(422, "Some slots need a value of this environment's own"),
    "too_many_requests": Kind(429, "Too many attempts"),
    "head_too_large": Kind(431, "The request's header fields are too large"),
    "internal": Kind(500, "Something went wrong on our side"),
    "file_damaged": Kind(500, "The file is not what was made"),
    "not_implemented": Kind(501, "This is not done here"),
    "upstream_unreachable": Kind(502, "The API behind the gateway cannot be reached"),
    "unavailable": Kind(503, "Not ready"),
    "upstream_timeout": Kind(504, "The API behind the gateway takes too long"),
    "version_not_supported": Kind(505, "This version of HTTP is not spoken here"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the input. `field` is a dotted path, `code` is stable."""

    field: str
    message: str
    code: str = "invalid"


@dataclass(eq=False)
class Problem(Exception):
    """An error that a user may see. `detail` is one or two whole sentences that say what to do."""

    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in KINDS:
            raise KeyError(f"{self.code} is not in errors.KINDS")
        super().__init__(self.code, self.detail)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status

    @property
    def title(self) -> str:
        """What this kind of error is called."""
        return KINDS[self.code].title

    def __str__(self) -> str:
        return f"{self.title}. {self.detail}"


def not_found(what: str) -> Problem:
    """An id that names nothing the caller may know of: unknown and foreign look the same."""
    return Problem("not_found", f"There is no such {what}, or it is not yours to see.")


def invalid(*errors: FieldError) -> Problem:
    """Input that was understood but is not right."""
    return Problem("invalid", " ".join(error.message for error in errors), errors)
