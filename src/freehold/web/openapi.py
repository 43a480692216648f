"""The served OpenAPI 3.1 document: made from the handlers, completed with what they share."""

from typing import Any, Final

from freehold import __version__

_PROBLEM: Final = {"$ref": "#/components/schemas/ProblemView"}
_TITLES: Final = {
    400: "The request cannot be read", 401: "No session and no access token", 403: "The role does not allow it",
    404: "Unknown, or not the caller's to see", 405: "The method is not taken here", 409: "The state does not allow it",
    412: "Somebody changed it in between", 413: "The body is too large", 415: "The media type is not understood",
    422: "Some fields are not right", 429: "Too many attempts", 500: "A fault on our side", 503: "Not ready",
}  # fmt: skip
_ALWAYS: Final = (400, 401, 403, 404, 422, 500)
_WITH_BODY: Final = (409, 412, 413, 415)
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def complete(document: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Add to the generated document: every route's errors, the ways to authenticate, shared headers."""
    document["info"] = {
        "title": "Freehold",
        "version": __version__,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        "description": "Projects for every team that runs an API: keys, webhooks, usage. Times are RFC 3339 in UTC.",
    }
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(schemas)
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A person's `fhp_…` or a service's `fho_…` access token.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "freehold_session",
            "description": "With `X-CSRF-Token` on changing calls.",
        },
    }
    document["security"] = [{"token": []}, {"session": []}]
    for item in document["paths"].values():
        for method in _METHODS:
            if method in item:
                _complete_operation(method, item[method])
    return document


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    responses = operation.setdefault("responses", {})
    # The framework's own idea of a wrong request is not what we answer.
    responses.pop("400", None)
    changes = method != "get"
    for status in (*_ALWAYS, *(_WITH_BODY if changes else ()), 429):
        responses.setdefault(str(status), _problem(status))
    if method == "post":
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    if method in ("patch", "put"):
        operation.setdefault("parameters", []).append(_IF_MATCH)


def _problem(status: int) -> dict[str, Any]:
    return {"description": _TITLES[status], "content": {"application/problem+json": {"schema": _PROBLEM}}}


_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "The same key and body within 24 hours give the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
}  # fmt: skip
_IF_MATCH: Final = {
    "name": "If-Match", "in": "header", "required": False,
    "description": "The `etag` that the change is based on; another one in force answers 412.",
    "schema": {"type": "string"},
}  # fmt: skip
