"""What an answer says: the value that the call asked for, or the exception that tells why there is none.

Knows HTTP's answers and no connection. Unknown fields are passed over, so that a newer server can be read.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import httpx
import msgspec

from freehold.sdk.calls import Call, Document
from freehold.sdk.errors import FieldError, FreeholdError, Problem, UnreadableAnswer
from freehold.sdk.problems import PROBLEMS

T = TypeVar("T")

_PROBLEM_JSON: Final = "application/problem+json"


class _Problem(msgspec.Struct):
    """The fields of problem+json."""

    code: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldError] = []


def value_of(call: Call[T], response: httpx.Response) -> T:
    """What the call asked for; UnreadableAnswer where something else came."""
    kind: Any = call.answer
    value: Any
    if kind is type(None):
        value = None
    elif kind is Document:
        value = Document(response.content, _media_type(response))
    else:
        try:
            value = msgspec.json.decode(response.content, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _unreadable(response, f"its answer is not what this SDK expects: {error}") from None
    found: T = value
    return found


def error_of(response: httpx.Response, now: datetime) -> FreeholdError:
    """The error that an answer is: a Problem of its code's class, or UnreadableAnswer where it is not the API's."""
    if _media_type(response) != _PROBLEM_JSON:
        return _unreadable(response, f"it answered {response.status_code} and no problem details")
    try:
        body = msgspec.json.decode(response.content, type=_Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _unreadable(response, f"it answered {response.status_code} and problem details that are none")
    kind = PROBLEMS.get(body.code, Problem)
    return kind(
        body.code, body.status, body.title, body.detail, body.request_id, tuple(body.errors), retry_after_s(response, now)
    )  # fmt: skip


def retry_after_s(response: httpx.Response, now: datetime) -> float | None:
    """How long the answer asks to wait (RFC 9110, section 10.2.3), in seconds; None where it does not say."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date without a zone (RFC 5322's -0000) is in UTC.
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def request_id_of(response: httpx.Response) -> str | None:
    """The id under which the server logged the call."""
    found: str | None = response.headers.get("X-Request-Id")
    return found


def _media_type(response: httpx.Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def _unreadable(response: httpx.Response, why: str) -> UnreadableAnswer:
    origin = response.url.copy_with(raw_path=b"/", query=None, fragment=None)
    message = f"Is {origin} the address of a Freehold? To {response.request.method} {response.url.path} {why}."
    return UnreadableAnswer(message, response.status_code, request_id_of(response))
