"""The gate's routes, health and the document itself, as the OpenAPI document describes them.

The gate has no framework that would know its routes: they are described here, and its own tests hold
them to it. The types of a verification are the gate's own.
"""

from typing import Any, Final

from freehold.gate.verify_words import VerifyAnswer, VerifyRequest
from freehold.keys.records import DENIAL_STATUS
from freehold.web.openapi_problems import Problems
from freehold.web.openapi_schemas import Schemas

TYPES: Final[tuple[Any, ...]] = (VerifyRequest, VerifyAnswer)
SECURITY_SCHEMES: Final = {
    "service_token": {"type": "http", "scheme": "bearer", "description": "An organization's service token `fho_…` with the role verifier, developer, admin or owner."},
    "key": {"type": "http", "scheme": "bearer", "description": "A project's key."},
    "key_header": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "A project's key."},
}  # fmt: skip
HEADERS: Final = {
    "X-Freehold-Request-Id": {"description": "The decision's id: what `GET /v1/requests/{request_id}` explains.", "schema": {"type": "string"}},
    "X-Freehold-Project": {"description": "The key's project.", "schema": {"type": "string"}},
    "X-Freehold-Key": {"description": "The key's id.", "schema": {"type": "string"}},
    "X-Freehold-Environment": {"description": "The key's environment.", "schema": {"enum": ["sandbox", "production"]}},
    "X-Freehold-Reason": {"description": "Why the request may not pass.", "schema": {"enum": sorted(each.value for each in DENIAL_STATUS)}},
    "RateLimit": {"description": "The limits' state (draft-ietf-httpapi-ratelimit-headers).", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "The limits (draft-ietf-httpapi-ratelimit-headers).", "schema": {"type": "string"}},
}  # fmt: skip

_DECISION_HEADERS: Final = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
_KEY_SECURITY: Final[list[dict[str, list[str]]]] = [{"key": []}, {"key_header": []}]
# What the gate answers to a request that it cannot read, on any of its routes.
_BROKEN: Final = {
    "bad_request", "request_timeout", "target_too_long", "expectation_failed", "head_too_large", "version_not_supported",
    "unavailable", "internal",
}  # fmt: skip
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")
_DENIALS: Final = frozenset(each.value for each in DENIAL_STATUS)


def paths(schemas: Schemas, problems: Problems, gate_url: str) -> dict[str, dict[str, Any]]:
    """The path items of the gate, each with the gate's server, and of the instance itself."""
    servers = [{"url": gate_url, "description": "The gate: the data plane."}]
    return {
        "/healthz": {"get": _health("read_health", "Whether this process is alive.", problems, set())},
        "/readyz": {"get": _health("read_readiness", "Whether this process can do its work: the database answers.", problems, {503})},
        "/metrics": {"get": _metrics(problems)},
        "/openapi.json": {"get": _this_document(problems)},
        "/schemas/shape.json": {"get": _schema("read_shape_schema", "The JSON Schema of a project's shape.", problems)},
        "/schemas/file.json": {"get": _schema("read_file_schema", "The JSON Schema of a project as a file.", problems)},
        "/v1/keys/verify": {"servers": servers, "post": _verify(schemas, problems)},
        "/v1/authorize": {"servers": servers, "get": _authorize()},
        "/gateway/{slug}/{path}": {
            "servers": servers, "parameters": _GATEWAY_PARAMETERS,
            **{method: _gateway(method, problems) for method in _METHODS},
        },
    }  # fmt: skip


def _health(operation_id: str, summary: str, problems: Problems, failing: set[int]) -> dict[str, Any]:
    content = {
        "application/json": {
            "schema": {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
        }
    }
    answers = {str(status): {"description": "Not now: `status` says why.", "content": content} for status in failing}
    return {
        "operationId": operation_id, "tags": ["Instance"], "summary": summary, "security": [],
        "responses": {"200": {"description": "It is.", "content": content}, **answers, **problems.responses({"internal"})},
    }  # fmt: skip


def _metrics(problems: Problems) -> dict[str, Any]:
    content = {"text/plain": {"schema": {"type": "string"}}}
    answer = {"description": "The metrics, in the Prometheus text format.", "content": content}
    return {
        "operationId": "read_metrics", "tags": ["Instance"], "security": [],
        "summary": "What the instance counts, for Prometheus.",
        "description": "Read from the server's own machine, or with FREEHOLD_METRICS_TOKEN as the bearer token.",
        "responses": {"200": answer, **problems.responses({"unauthenticated", "forbidden", "internal"})},
    }  # fmt: skip


def _this_document(problems: Problems) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object", "required": ["openapi", "info", "paths"]}}}
    return {
        "operationId": "read_api_description", "tags": ["Instance"], "summary": "This document.", "security": [],
        "responses": {"200": {"description": "This document.", "content": content}, **problems.responses({"internal"})},
    }  # fmt: skip


def _schema(operation_id: str, summary: str, problems: Problems) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object", "required": ["$schema", "$id"]}}}
    answer = {"description": "A JSON Schema (2020-12), the one that is checked by.", "content": content}
    return {
        "operationId": operation_id, "tags": ["Instance"], "summary": summary, "security": [],
        "responses": {"200": answer, **problems.responses({"internal"})},
    }  # fmt: skip


def _verify(schemas: Schemas, problems: Problems) -> dict[str, Any]:
    example = {"key": "fh_test_…", "method": "GET", "path": "/countries/DE", "api": "example", "environment": "sandbox"}
    answer = {
        "description": "The decision, whichever way it went: `reason` is null where the request may pass.",
        "content": {"application/json": {"schema": schemas.of(VerifyAnswer)}},
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
    }
    codes = _BROKEN | {
        "unauthenticated",
        "forbidden",
        "method_not_allowed",
        "body_too_large",
        "unsupported_media_type",
        "invalid",
    }
    return {
        "operationId": "verify_key", "tags": ["Gate"], "summary": "Ask whether a request with a key may pass.",
        "description": "Name the endpoint by its operation id, or by method and path; and, where there are several APIs, the one that asks by its slug, so that no key of another passes. Counts as a request of the key.",
        "security": [{"service_token": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schemas.of(VerifyRequest), "example": example}}},
        "responses": {"200": answer, **problems.responses(codes)},
    }  # fmt: skip


def _authorize() -> dict[str, Any]:
    return {
        "operationId": "authorize_request", "tags": ["Gate"], "summary": "Forward auth: a proxy asks whether the request that it holds may pass.",
        "description": (
            "For nginx `auth_request`, Caddy and Traefik `forward_auth`, and Envoy `ext_authz` (whose original path "
            "stands behind `/v1/authorize`). The answer never has a body."
        ),
        "security": _KEY_SECURITY,
        "parameters": [*_ORIGINAL_HEADERS, *_AUTHORIZE_QUERY],
        "responses": {
            "200": {"description": "The request may pass; where the original path stands behind `/v1/authorize`, since Envoy takes no other word for it.", "headers": _DECISION_HEADERS},
            "204": {"description": "The request may pass.", "headers": _DECISION_HEADERS},
            "400": {"description": "The question has query parameters that there are not."},
            "401": {"description": "The key is at fault.", "headers": _DECISION_HEADERS},
            "403": {"description": "The request may not pass, for another reason.", "headers": _DECISION_HEADERS},
            "404": {"description": "No endpoint of the API has this method and path; only with `status=own`.", "headers": _DECISION_HEADERS},
            "429": {"description": "A limit is reached; only with `status=own`.", "headers": _DECISION_HEADERS},
            "503": {"description": "The gate cannot decide.", "headers": _DECISION_HEADERS},
        },
    }  # fmt: skip


def _gateway(method: str, problems: Problems) -> dict[str, Any]:
    codes = _BROKEN | _DENIALS | {"not_found", "not_implemented", "upstream_unreachable", "upstream_timeout"}
    return {
        "operationId": f"gateway_{method}", "tags": ["Gate"],
        "summary": f"Send a {method.upper()} request to the API of the key's environment.",
        "description": "Decided, then streamed to the upstream. Where it may pass, the answer is the upstream's, whatever its status.",
        "security": _KEY_SECURITY,
        "responses": {
            "2XX": {"description": "The upstream's answer, with the decision's headers.", "headers": _DECISION_HEADERS},
            **problems.responses(codes),
        },
    }  # fmt: skip


def _header_parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


_ORIGINAL_HEADERS: Final = [
    _header_parameter("X-Original-Method", "The original request's method, from nginx."),
    _header_parameter("X-Original-URI", "The original request's target, from nginx."),
    _header_parameter("X-Forwarded-Method", "The original request's method, from Caddy and Traefik."),
    _header_parameter("X-Forwarded-Uri", "The original request's target, from Caddy and Traefik."),
    _header_parameter(
        "X-Freehold-Options",
        "The query parameters below, written as a query, where the original path stands behind `/v1/authorize` (Envoy).",
    ),
]
_AUTHORIZE_QUERY: Final = [
    {"name": "api", "in": "query", "description": "The slug of the API that the proxy stands in front of. Without it, whichever API the key is for.", "schema": {"type": "string"}, "example": "example"},
    {"name": "environment", "in": "query", "description": "The environment that the proxy stands in front of.", "schema": {"enum": ["sandbox", "production"]}},
    {"name": "status", "in": "query", "description": "`own`: each denial has its own status, 404 and 429 too; without it these are 403, which is all that nginx understands.", "schema": {"enum": ["own"]}},
]  # fmt: skip
_GATEWAY_PARAMETERS: Final = [
    {"name": "slug", "in": "path", "required": True, "description": "The API's slug.", "schema": {"type": "string"}, "example": "example"},
    {"name": "path", "in": "path", "required": True, "description": "The path of the API, slashes and all.", "schema": {"type": "string"}, "example": "countries/DE"},
]  # fmt: skip
