"""Errors as the OpenAPI document shows them: one answer a status, one example a code."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from freehold.errors import KINDS
from freehold.keys.records import DENIAL_STATUS, DENIAL_WORDS
from freehold.web.problems import FieldErrorView, ProblemView

_SCHEMA: Final = {"$ref": "#/components/schemas/ProblemView"}
_REQUEST_ID: Final = "req_01m84nefafrfwrcrmv8qcndk0q"
_STATUS_HEADERS: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After",)}


class Problems:
    """Makes references to error answers, and gathers the answers, schemas and examples that these are of."""

    def __init__(self) -> None:
        self.examples: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}

    def schemas(self) -> dict[str, Any]:
        """The schemas of an error, with every code that there is."""
        _, components = msgspec.json.schema_components(
            [ProblemView, FieldErrorView], ref_template="#/components/schemas/{name}"
        )
        components["ProblemView"]["properties"]["code"]["enum"] = sorted(
            {*KINDS, *(each.value for each in DENIAL_STATUS)}
        )
        return components

    def responses(self, codes: Iterable[str]) -> dict[str, Any]:
        """The answers with these codes, by status."""
        by_status: defaultdict[int, list[str]] = defaultdict(list)
        for code in sorted(codes):
            by_status[_status(code)].append(code)
            self.examples[code] = {"value": _example(code)}
        return {str(status): self._reference(status, by_status[status]) for status in sorted(by_status)}

    def _reference(self, status: int, codes: list[str]) -> dict[str, str]:
        """Many routes answer with the same errors: each such answer is in the document once."""
        name = ".".join(codes)
        self.answers[name] = _response(status, codes)
        return {"$ref": f"#/components/responses/{name}"}


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    names = ("X-Request-Id", *_STATUS_HEADERS.get(status, ()))
    return {
        "description": " ".join(f"`{code}`: {_title(code)}." for code in codes),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {
            "application/problem+json": {"schema": _SCHEMA, "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes}}
        },
    }  # fmt: skip


def _example(code: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": f"urn:freehold:error:{code}", "title": _title(code), "status": _status(code),
        "detail": _detail(code), "code": code, "request_id": _REQUEST_ID,
    }  # fmt: skip
    if code == "invalid":
        found["errors"] = [{"field": "name", "message": "Fill this in.", "code": "required"}]
    return found


_DENIALS: Final = {reason.value: reason for reason in DENIAL_STATUS}


def _status(code: str) -> int:
    return KINDS[code].status if code in KINDS else DENIAL_STATUS[_DENIALS[code]]


def _title(code: str) -> str:
    return KINDS[code].title if code in KINDS else DENIAL_WORDS[_DENIALS[code]][0].rstrip(".")


def _detail(code: str) -> str:
    return f"{KINDS[code].title}." if code in KINDS else DENIAL_WORDS[_DENIALS[code]][1]
