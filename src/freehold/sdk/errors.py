"""What a call can fail with. Nothing here holds a token, a key or a body.

`Problem` is the API's own answer, a class for each `code` (`freehold.sdk.problems`). The others say
that there is no such answer, and whether the call may have been carried out all the same.
"""

from dataclasses import dataclass


class FreeholdError(Exception):
    """Every error of the SDK."""


class NotReached(FreeholdError):
    """No connection could be made: the call was not carried out."""


class AnswerLost(FreeholdError):
    """The connection broke before the answer was there: the call may have been carried out, or not."""


class UnreadableAnswer(FreeholdError):
    """What answered is not a Freehold that this SDK understands."""

    def __init__(self, message: str, status: int, request_id: str | None) -> None:
        super().__init__(message, status, request_id)
        self.message = message
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the call. `field` is a dotted path, `code` is stable."""

    field: str
    message: str
    code: str


class Problem(FreeholdError):
    """The API refused the call (RFC 9457). `detail` says what to do, `request_id` finds the call in the server's log."""

    def __init__(
        self,
        code: str,
        status: int,
        title: str,
        detail: str,
        request_id: str | None,
        errors: tuple[FieldError, ...] = (),
        retry_after_s: float | None = None,
    ) -> None:
        # All of it, so that the exception can be pickled from process to process.
        super().__init__(code, status, title, detail, request_id, errors, retry_after_s)
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.errors = errors
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{self.title}. {self.detail} ({self.status} {self.code}, request {self.request_id})"
