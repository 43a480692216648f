"""Errors on their way out: problem+json (RFC 9457) for the API, a page for the dashboard."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.enums import ParamType
from litestar.exceptions import HTTPException, SerializationException, ValidationException

from freehold.errors import FieldError, Problem
from freehold.web.choices import choices_at
from freehold.web.guards import QUERY

_LOG: Final = logging.getLogger("freehold.web")
_BY_STATUS: Final = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 413: "body_too_large", 415: "unsupported_media_type", 429: "too_many_requests",
}  # fmt: skip
_DETAILS: Final = {
    "bad_request": "The body is not well-formed JSON.",
    "not_found": "No page and no resource has this address.",
    "method_not_allowed": "See the API reference for the methods that it takes.",
    "body_too_large": "Send less at once.",
    "unsupported_media_type": "Send application/json.",
}
# More would hide the sentence that they are in.
_CHOICES_MAX: Final = 20
_PATH: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")

Page = Callable[[Request[Any, Any, Any], Problem], Response[Any]]


class ProblemView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list["FieldErrorView"] = []


class FieldErrorView(msgspec.Struct):
    """What is wrong with one field."""

    field: str
    message: str
    code: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a handler takes. `query`: what callers call its query parameters; `types`: of each parameter, its type."""

    query: Mapping[str, str]
    types: Mapping[str, Any]


def problem_of(error: Exception, taken: Taken | None = None) -> Problem:
    """Any exception as what a user may see of it. `taken`: what its handler takes, where one was found."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationException):
        return _invalid_input(error, taken or Taken({}, {}))
    if isinstance(error, SerializationException | msgspec.DecodeError) or _is_too_deep(error):
        return Problem("bad_request", _DETAILS["bad_request"])
    if isinstance(error, HTTPException) and error.status_code < 500:
        code = _BY_STATUS.get(error.status_code, "bad_request")
        return Problem(code, _DETAILS.get(code, f"{error.detail}."), headers=_kept_headers(error))
    return Problem("internal", "It has been logged. Try again; if it stays, tell the operator the request id.")


def _is_too_deep(error: Exception) -> bool:
    # msgspec says of a body nested beyond what it reads what Python says of a defect: its words tell them apart.
    return isinstance(error, RecursionError) and "deserializing" in str(error)


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer an exception as problem+json."""
    # Absent where no route was found.
    route_handler: Any = request.scope.get("route_handler")
    problem = problem_of(error, _taken_by(route_handler) if route_handler else None)
    if problem.status >= 500:
        _LOG.error("request %s failed", request_id_of(request), exc_info=error)
    return Response(
        content=msgspec.json.encode(problem_view(problem, request_id_of(request))), status_code=problem.status, media_type="application/problem+json",
        headers=dict(problem.headers),
    )  # fmt: skip


def problem_view(problem: Problem, request_id: str) -> ProblemView:
    """An error as the API shows it."""
    return ProblemView(
        type=f"urn:freehold:error:{problem.code}", title=problem.title, status=problem.status,
        detail=problem.detail, code=problem.code, request_id=request_id,
        errors=[FieldErrorView(each.field, each.message, each.code) for each in problem.errors],
    )  # fmt: skip


def request_id_of(request: Request[Any, Any, Any]) -> str:
    """The id that this request's answer carries."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def _taken_by(route_handler: Any) -> Taken:
    return Taken(route_handler.opt.get(QUERY, {}), route_handler.signature_model.__annotations__)


def _kept_headers(error: HTTPException) -> dict[str, str]:
    return {name: value for name, value in (error.headers or {}).items() if name.lower() in ("allow", "retry-after")}


def _invalid_input(error: ValidationException, taken: Taken) -> Problem:
    extra = error.extra if isinstance(error.extra, list) else []
    errors = tuple(_field_error(each, taken) for each in extra if isinstance(each, dict))
    if not errors:
        errors = (_field_error({"message": str(error.detail)}, taken),)
    return Problem("invalid", " ".join(each.message for each in errors), errors)


def _field_error(extra: dict[str, Any], taken: Taken) -> FieldError:
    """Litestar's and msgspec's words, with the path taken out of the sentence."""
    message = str(extra.get("message", "not valid"))
    key = _key(extra, taken.query)
    found = _PATH.search(message)
    if found:
        path = _dotted(found["path"])
        key = key if key.endswith(path) and key else path
        message = message[: found.start()]
    missing = re.search(r"missing required field `([^`]+)`", message)
    unknown = re.search(r"unknown field `([^`]+)`", message)
    named = missing or unknown
    if named:
        key = f"{key}.{named[1]}" if key and not key.endswith(named[1]) else named[1]
    key = key.removeprefix("data.")
    if missing:
        return FieldError(key, f"{key} is required.", "required")
    if unknown:
        return FieldError(key, f"There is no field {key} here.", "unknown_field")
    if key == "data":
        return _body_error(message)
    none_of = re.match(r"Invalid enum value (?P<given>.*)", message, re.DOTALL)
    if none_of and (choices := _choices(extra, taken.types)):
        return FieldError(key, f"{key}: {none_of['given']} is none of {choices}.", "invalid")
    return FieldError(key, f"{key}: {_continued(message)}.", "invalid")


def _choices(extra: dict[str, Any], declared: Mapping[str, Any]) -> str:
    """The words that would have been right, as a list; empty where the type tells none."""
    name = str(extra.get("key") or "")
    parameter, path = ("data", name) if extra.get("source") == "body" else (name, "")
    words = choices_at(declared.get(parameter), path)
    more = f" and {len(words) - _CHOICES_MAX} more" if len(words) > _CHOICES_MAX else ""
    return f"{', '.join(words[:_CHOICES_MAX])}{more}"


def _key(extra: dict[str, Any], query: Mapping[str, str]) -> str:
    """The field that is meant, as the caller named it."""
    key = str(extra.get("key") or "")
    return query.get(key, key) if extra.get("source") == ParamType.QUERY else _dotted(key)


def _dotted(path: str) -> str:
    return re.sub(r"\[(\d+)\]", r".\1", path).strip(".")


def _continued(message: str) -> str:
    return f"{message[:1].lower()}{message[1:].removesuffix('.')}"


def _body_error(message: str) -> FieldError:
    """What is wrong with a body as a whole: msgspec says of an absent one only what it would have been called."""
    if message == "'data'":
        return FieldError("", "Send a JSON object as the body.", "required")
    return FieldError("", f"The body: {_continued(message)}.", "invalid")
