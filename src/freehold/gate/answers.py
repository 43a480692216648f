"""The bytes of answers: status lines, header fields, problem+json. Writes nothing anywhere."""

from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

import msgspec

from freehold.errors import FieldError, Problem

STATUS_LINES: Final = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
JSON: Final = b"Content-Type: application/json\r\nCache-Control: no-store\r\n"
# A whole answer of a connection that goes on: Date line, request id, length, text.
JSON_ANSWER: Final = STATUS_LINES[200] + b"%bX-Request-Id: %b\r\n" + JSON + b"Content-Length: %d\r\n\r\n%b"
PROBLEM_JSON: Final = b"Content-Type: application/problem+json\r\nCache-Control: no-store\r\n"
# RFC 9110, section 15.5.2: a 401 says how to authenticate.
CHALLENGE: Final = b'WWW-Authenticate: Bearer realm="freehold"\r\n'

encode_json = msgspec.json.Encoder().encode


class ProblemBody(msgspec.Struct, omit_defaults=True):
    """An error as RFC 9457 has it, with our stable code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[dict[str, str]] = msgspec.field(default_factory=list)


def status_line(status: int, reason: bytes = b"") -> bytes:
    """The status line of any status, also of those that nobody has registered; with an upstream's words, if it has some."""
    known = None if reason else STATUS_LINES.get(status)
    return known or b"HTTP/1.1 %d %b\r\n" % (status, reason)


def problem_body(problem: Problem, request_id: str) -> bytes:
    """The JSON of a Problem."""
    return denial_body(problem.code, problem.title, problem.status, problem.detail, request_id, problem.errors)


def denial_body(
    code: str, title: str, status: int, detail: str, request_id: str, errors: Iterable[FieldError] = ()
) -> bytes:
    """The JSON of any error: a Problem's, or a denied decision's."""
    listed = [{"field": each.field, "message": each.message, "code": each.code} for each in errors]
    return encode_json(ProblemBody(f"urn:freehold:error:{code}", title, status, detail, code, request_id, listed))


def unrecorded_body(request_id: str) -> bytes:
    """The JSON of an answer in place of one whose decision could not be written down."""
    problem = Problem("unavailable", "The gate could not write its decision down, so it made none. Try again.")
    return problem_body(problem, request_id)


def fields_of(headers: Iterable[tuple[str, str]]) -> bytes:
    """Header fields as they go out."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")


class DateLine:
    """The `Date` field (RFC 9110, section 6.6.1), made once a second."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._line = b""

    def now(self) -> bytes:
        """The field of the last request's second."""
        return self._line

    def at(self, ms: int) -> bytes:
        """The field for a Unix millisecond."""
        second = ms // 1000
        if second != self._second:
            self._second = second
            self._line = f"Date: {formatdate(second, usegmt=True)}\r\n".encode("ascii")
        return self._line
