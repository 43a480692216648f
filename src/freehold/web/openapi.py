"""The served OpenAPI 3.1 document: made from the routes' handlers, their types and what `operation_facts` adds.

A handler's signature says which parameters and which body it takes, its annotation what it answers,
its docstring what it is for. Nothing is described twice, and what cannot be described raises when the
document is made. Decides nothing about requests.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, get_args, get_origin

from litestar import Response
from litestar.params import ParameterKwarg

from freehold import __version__
from freehold.web import openapi_gate, openapi_schemas
from freehold.web.guards import NOT_QUERY
from freehold.web.openapi_problems import Problems
from freehold.web.operation_facts import BODIES, ERRORS, IDEMPOTENT, IF_MATCH, OPEN, PATH_PARAMETERS, TAGS, TEXTS

Handler = Callable[..., Any]


class Operation(NamedTuple):
    """One route of the API, as the document needs it."""

    method: str
    path: str
    handler: Handler
    tag: str
    status: int


_DESCRIPTION: Final = """\
Projects for every team that runs an API: keys, webhooks and usage, each owned by exactly one project.

Times are RFC 3339 in UTC with `Z`. Ids are opaque and sort by time. Lists come in pages: pass the \
`next_cursor` of one as `cursor` of the next. Errors are RFC 9457 problem details with a stable `code`; \
an unknown id and one of another organization both answer 404. Unknown fields and unknown query \
parameters are refused. A method that a path does not take answers 405 `method_not_allowed`.
"""
_SECURITY_SCHEMES: Final = {
    "token": {
        "type": "http", "scheme": "bearer",
        "description": "A person's access token `fhp_…`, or an organization's service token `fho_…`.",
    },
    "session": {
        "type": "apiKey", "in": "cookie", "name": "freehold_session",
        "description": "The cookie of `POST /v1/session`. Every call that changes something sends the session's `csrf_token` as `X-CSRF-Token`.",
    },
}  # fmt: skip
_HEADERS: Final = {
    "X-Request-Id": {"description": "The id of this call, to quote to the operator.", "required": True, "schema": {"type": "string"}},
    "Retry-After": {"description": "How many seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "How to authenticate (RFC 9110, section 11.6.1).", "schema": {"type": "string"}},
    "Set-Cookie": {"description": "The session's cookie: HttpOnly, SameSite=Lax.", "schema": {"type": "string"}},
}  # fmt: skip
_PARAMETERS: Final = {
    "IdempotencyKey": {
        "name": "Idempotency-Key", "in": "header", "example": "0f2c8d1e-order-17",
        "description": "The same key and body within 24 hours give the same answer; another body gives 409 `idempotency_conflict`.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    },
    "IfMatch": {
        "name": "If-Match", "in": "header", "example": '"3"',
        "description": "The `etag` that the change is based on, or `*` for any; another one in force answers 412.",
        "schema": {"type": "string"},
    },
}  # fmt: skip


def document(operations: Sequence[Operation], control_url: str, gate_url: str) -> dict[str, Any]:
    """The whole document. KeyError or LookupError where something that it must say is said nowhere."""
    schemas = openapi_schemas.Schemas([*_types(operations), *openapi_gate.TYPES])
    problems = Problems()
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        item = paths.setdefault(operation.path.replace(":str}", "}"), {})
        item[operation.method] = _operation(operation, schemas, problems)
    paths |= openapi_gate.paths(schemas, problems, gate_url)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Freehold", "version": __version__, "summary": "The HTTP API of a Freehold instance.",
            "description": _DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": control_url, "description": "The control plane: dashboard and API."}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, **problems.schemas()},
            "responses": problems.answers,
            "examples": problems.examples,
            "securitySchemes": _SECURITY_SCHEMES | openapi_gate.SECURITY_SCHEMES,
            "headers": _HEADERS | openapi_gate.HEADERS,
            "parameters": _PARAMETERS,
        },
    }  # fmt: skip


def _operation(operation: Operation, schemas: openapi_schemas.Schemas, problems: Problems) -> dict[str, Any]:
    name = operation.handler.__name__
    summary, _, more = inspect.cleandoc(operation.handler.__doc__ or "").partition("\n")
    described: dict[str, Any] = {"operationId": name, "tags": [operation.tag], "summary": summary}
    if more:
        described["description"] = more.strip()
    if parameters := _parameters(operation, schemas):
        described["parameters"] = parameters
    if body := _body(operation.handler, schemas):
        described["requestBody"] = body
    described["responses"] = _success(operation, schemas) | problems.responses(_codes(operation, bool(body)))
    if name in OPEN:
        described["security"] = OPEN[name]
    return described


# --- parameters -----------------------------------------------------------------------------------


def _parameters(operation: Operation, schemas: openapi_schemas.Schemas) -> list[dict[str, Any]]:
    name = operation.handler.__name__
    found = [_path_parameter(each) for each in _path_names(operation.path)]
    found += [_query_parameter(each, schemas) for each in _query_parameters(operation)]
    if name in IDEMPOTENT:
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if name in IF_MATCH:
        found.append({"$ref": "#/components/parameters/IfMatch"})
    return found


def _path_names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)", path)


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, **PATH_PARAMETERS[name]}


def _query_parameters(operation: Operation) -> list[inspect.Parameter]:
    others = {*_path_names(operation.path), *NOT_QUERY}
    given = inspect.signature(operation.handler, eval_str=True).parameters.values()
    return [each for each in given if each.name not in others]


def _query_parameter(parameter: inspect.Parameter, schemas: openapi_schemas.Schemas) -> dict[str, Any]:
    kind, *metadata = get_args(parameter.annotation)
    said = next(each for each in metadata if isinstance(each, ParameterKwarg))
    if not said.description:
        raise LookupError(f"the query parameter {parameter.name} has no description")
    schema = schemas.of(_without_none(kind))
    bounds = {
        "minimum": said.ge,
        "maximum": said.le,
        "maxLength": said.max_length,
        "maxItems": said.max_items,
        "default": parameter.default,
    }
    schema |= {name: value for name, value in bounds.items() if value is not None}
    return {
        "name": said.name or parameter.name, "in": "query", "required": False, "description": said.description, "schema": schema
    }  # fmt: skip


def _without_none(kind: Any) -> Any:
    kinds = [each for each in get_args(kind) if each is not type(None)]
    return kinds[0] if type(None) in get_args(kind) else kind


# --- bodies and answers ---------------------------------------------------------------------------


def _body(handler: Handler, schemas: openapi_schemas.Schemas) -> dict[str, Any] | None:
    if handler.__name__ in BODIES:
        return BODIES[handler.__name__]
    data = inspect.signature(handler, eval_str=True).parameters.get("data")
    if data is None:
        return None
    schema = schemas.of(_without_none(data.annotation))
    content = {"application/json": {"schema": schema, "example": schemas.example(schema)}}
    return {"required": data.default is inspect.Parameter.empty, "content": content}


def _answer(handler: Handler) -> Any:
    """The type that a handler answers with; None for an empty answer."""
    kind = inspect.signature(handler, eval_str=True).return_annotation
    kind = get_args(kind)[0] if get_origin(kind) is Response else kind
    return None if kind in (None, type(None)) else kind


def _success(operation: Operation, schemas: openapi_schemas.Schemas) -> dict[str, Any]:
    name, kind = operation.handler.__name__, _answer(operation.handler)
    headers = {"X-Request-Id": _header("X-Request-Id")}
    if name in ("set_up", "begin_session", "end_session", "accept_invitation"):
        headers["Set-Cookie"] = _header("Set-Cookie")
    answer: dict[str, Any] = {"description": "Done; the answer is empty.", "headers": headers}
    if name in TEXTS:
        answer |= TEXTS[name]
    elif kind is not None:
        answer |= {"description": _said(kind), "content": {"application/json": {"schema": schemas.of(kind)}}}
    return {str(operation.status): answer}


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def _said(kind: Any) -> str:
    """The first sentence of what a type says of itself."""
    if rows := get_args(kind):
        return f"One page of the list. Each item: {_said(rows[0])[0].lower()}{_said(rows[0])[1:]}"
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n", 1)[0].replace("\n", " ")


def _types(operations: Sequence[Operation]) -> list[Any]:
    """All types of bodies and answers."""
    found: list[Any] = []
    for operation in operations:
        signature = inspect.signature(operation.handler, eval_str=True)
        found += [_without_none(each.annotation) for name, each in signature.parameters.items() if name == "data"]
        found += [kind for kind in (_answer(operation.handler),) if kind is not None]
    return found


# --- errors ---------------------------------------------------------------------------------------


def _codes(operation: Operation, has_body: bool) -> set[str]:
    """The codes of all errors that a route can answer with."""
    name, changes = operation.handler.__name__, operation.method != "get"
    codes = {"unauthenticated", "invalid", "internal", *ERRORS.get(name, ())}
    if name not in OPEN:
        codes.add("forbidden")
    if _path_names(operation.path):
        codes.add("not_found")
    if changes:
        codes.add("bad_csrf_token")
    if has_body:
        codes |= {"bad_request", "body_too_large", "unsupported_media_type"}
    if name in IDEMPOTENT:
        codes |= {"idempotency_conflict", "body_too_large"}
    if name in IF_MATCH:
        codes.add("precondition_failed")
    return codes
