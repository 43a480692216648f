"""What the OpenAPI document says of routes that their handlers' signatures do not: by operation id.

The tests hold each fact against the running application: a route that is said to take `If-Match`
answers a stale one with 412, and so on.
"""

from typing import Any, Final

TAGS: Final[dict[str, str]] = {
    "Setup": "The first run.",
    "Accounts": "Sessions, the caller, access tokens, deleting an account.",
    "Organizations": "Organizations, their members, invitations and audit log.",
    "Forwarding": "Where audit entries are sent on to: HTTPS endpoints, syslog, OpenTelemetry.",
    "APIs": "The operator's APIs and their catalogues of endpoints and event types.",
    "Projects": "Projects and what they declare.",
    "Keys": "Keys of projects.",
    "Webhooks": "Webhook endpoints, messages and deliveries.",
    "Alerts": "Alert rules, their firings, and chat channels.",
    "Shapes": "What a project declares as one document, its history, and applying one.",
    "Prices": "What usage costs: the operator's price lists.",
    "Reports": "Files of what happened, that can be made again to the same bytes.",
    "Readiness": "What a sandbox project still needs for production, and what the operator asks.",
    "Production": "Requests for production access and their review.",
    "Usage": "Usage, single requests and explanations.",
    "Instance": "Whether the instance works, what it keeps, and this document.",
    "Gate": "The data plane, on an address of its own: decides which requests may pass.",
}

# Routes that give the same answer to the same Idempotency-Key and body.
IDEMPOTENT: Final = frozenset(
    {
        "create_token", "create_organization", "invite", "create_api", "create_project", "issue_key", "create_webhook",
        "rotate_key", "rotate_webhook_secret", "create_alert", "create_alert_channel", "send_test_alert", "publish_message",
        "replay_delivery", "start_replay", "recover_webhook", "create_report", "create_organization_report",
        "create_report_schedule", "create_organization_report_schedule", "run_report_schedule",
        "advance_webhook", "create_readiness_check", "create_attestation", "create_key_acceptance", "run_readiness_check",
        "request_access", "comment_on_access_request",
        "create_forwarding", "create_instance_forwarding", "rotate_forwarding_secret", "create_price_list",
        "set_shape", "restore_shape",
    }
)  # fmt: skip
# Routes that honour If-Match.
IF_MATCH: Final = frozenset(
    {
        "edit_organization", "edit_api", "import_openapi", "edit_project", "archive_project", "restore_project",
        "set_scope", "edit_key", "rotate_key", "change_overlap", "edit_webhook", "delete_webhook", "pause_webhook", "resume_webhook", "edit_alert", "delete_alert",
        "set_readiness_policy", "edit_readiness_check", "edit_forwarding",
        "answer_access_request", "ask_for_changes", "approve_access_request", "deny_access_request", "withdraw_access_request",
        "set_shape", "restore_shape",
        "edit_report_schedule", "delete_report_schedule", "pause_report_schedule", "resume_report_schedule",
    }
)  # fmt: skip
# Routes that need no caller, with who may call them.
OPEN: Final[dict[str, list[dict[str, list[str]]]]] = {
    "set_up": [],
    "begin_session": [],
    "accept_invitation": [{}, {"token": []}, {"session": []}],
}

_SHAPING: Final = ("conflict", "already_exists", "shape_changed", "project_locked", "bindings_missing")
# Errors that not every route of the same kind can answer with.
ERRORS: Final[dict[str, tuple[str, ...]]] = {
    "set_up": ("already_set_up",),
    "begin_session": ("wrong_credentials", "too_many_requests"),
    "accept_invitation": ("forbidden", "not_found", "conflict"),
    "list_tokens": ("not_found",),
    "create_token": ("not_found",),
    "create_organization": ("already_exists",),
    "invite": ("conflict",),
    "change_role": ("conflict",),
    "remove_member": ("conflict",),
    "delete_person": ("conflict",),
    "preview_retention": ("not_found",),
    "set_retention": ("not_found",),
    "create_forwarding": ("conflict",),
    "create_instance_forwarding": ("conflict",),
    "rotate_forwarding_secret": ("conflict",),
    "send_test_entry": ("too_many_requests",),
    "delete_organization": ("conflict",),
    "restore_organization": ("conflict",),
    "create_api": ("already_exists",),
    "import_openapi": ("conflict",),
    "create_project": ("already_exists",),
    "edit_project": ("conflict", "project_locked"),
    "set_scope": ("conflict", "project_locked"),
    "issue_key": ("already_exists", "conflict", "project_locked"),
    "undeclare_key": ("conflict",),
    "edit_key": ("already_exists", "conflict", "project_locked"),
    "rotate_key": ("conflict",),
    "change_overlap": ("conflict",),
    "retire_secret": ("conflict",),
    "create_webhook": ("conflict", "project_locked"),
    "edit_webhook": ("conflict", "project_locked"),
    "pause_webhook": ("conflict",),
    "resume_webhook": ("conflict",),
    "rotate_webhook_secret": ("conflict", "precondition_failed"),
    "send_test_event": ("conflict",),
    "check_webhook": ("conflict", "too_many_requests"),
    "advance_webhook": ("conflict",),
    "read_inbox": ("conflict",),
    "set_inbox": ("conflict",),
    "list_inbox_requests": ("conflict",),
    "clear_inbox": ("conflict",),
    "publish_message": ("conflict",),
    "create_alert": ("conflict", "project_locked"),
    "edit_alert": ("conflict",),
    "send_test_alert": ("conflict",),
    "create_alert_channel": ("conflict", "project_locked"),
    "plan_shape": ("conflict",),
    "set_shape": _SHAPING,
    "restore_shape": _SHAPING,
    "read_bindings": ("conflict",),
    "give_bindings": ("conflict",),
    "clone_project": ("not_approved", *_SHAPING),
    "read_drift": ("conflict",),
    "promote_drift": ("not_approved", *_SHAPING),
    "revert_drift": _SHAPING,
    "accept_drift": ("conflict",),
    "read_project_readiness": ("conflict",),
    "create_attestation": ("conflict",),
    "run_readiness_check": ("conflict",),
    "create_key_acceptance": ("conflict",),
    "create_readiness_check": ("conflict", "already_exists"),
    "edit_readiness_check": ("already_exists",),
    "report_cost": ("conflict",),
    "read_reconciliation": ("not_found",),
    "replay_delivery": ("conflict",),
    "start_replay": ("conflict",),
    "recover_webhook": ("conflict",),
    "cancel_replay": ("conflict",),
    "request_access": ("already_exists", "conflict"),
    "list_access_requests": ("not_found",),
    "answer_access_request": ("conflict",),
    "ask_for_changes": ("conflict",),
    "approve_access_request": ("conflict", "shape_changed"),
    "deny_access_request": ("conflict",),
    "withdraw_access_request": ("conflict",),
    "withdraw_price_list": ("conflict",),
    "create_report": ("conflict",),
    "create_organization_report": ("conflict",),
    "ask_for_export": ("conflict",),
    "download_report": ("conflict", "file_damaged", "unavailable"),
    "read_report_manifest": ("conflict",),
    "cancel_report": ("conflict",),
    "create_report_schedule": ("conflict", "already_exists", "project_locked"),
    "create_organization_report_schedule": ("conflict",),
    "edit_report_schedule": ("conflict", "project_locked"),
    "delete_report_schedule": ("project_locked",),
    "resume_report_schedule": ("conflict",),
    "run_report_schedule": ("conflict",),
    "preview_report_schedule": (),
}

_ID: Final = "[0-7][0-9a-hjkmnp-tv-z]{25}"


def _id(prefix: str, what: str) -> dict[str, Any]:
    return {
        "description": f"{what} id.",
        "schema": {"type": "string", "pattern": f"^{prefix}_{_ID}$"},
        "example": f"{prefix}_01m84nefafrfwrcrmv8qcndk0q",
    }


PATH_PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "organization_id": _id("org", "An organization's"),
    "kind": {
        "description": "A kind of data that is kept.", "example": "requests",
        "schema": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-z]+$"},
    },
    "person": {
        "description": "A person: `me`, an id, or an e-mail address.", "example": "me",
        "schema": {"type": "string", "minLength": 1, "maxLength": 254},
    },
    "user_id": _id("usr", "A person's"),
    "invitation_id": _id("inv", "An invitation's"),
    "token_id": _id("tok", "An access token's"),
    "forwarding_id": _id("fwd", "A forwarding's"),
    "api": {
        "description": "An API's id or slug.", "example": "example",
        "schema": {"type": "string", "minLength": 1, "maxLength": 40, "pattern": "^[a-z0-9][a-z0-9_-]*$"},
    },
    "project_id": _id("proj", "A project's"),
    "key_id": _id("key", "A key's"),
    "declared_key_id": _id("key", "A declared key's"),
    "version": {
        "description": "The version of a key's secret.", "example": 1,
        "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    },
    "endpoint_id": _id("whe", "A webhook endpoint's"),
    "check_id": _id("wck", "A webhook check's"),
    "alert_id": _id("alr", "An alert rule's"),
    "access_request_id": _id("acr", "An access request's"),
    "firing_id": _id("fir", "A firing's"),
    "channel_id": _id("chn", "A chat channel's"),
    "own_check_id": _id("rck", "An own readiness check's"),
    "attestation_id": _id("ats", "An attestation's"),
    "acceptance_id": _id("acc", "An acceptance's"),
    "number": {
        "description": "A revision's number.", "example": 1,
        "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    },
    "delivery_id": _id("dlv", "A delivery's"),
    "attempt_id": _id("att", "An attempt's"),
    "event_type": {
        "description": "An event type's name.", "example": "lookup.completed",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    "replay_id": _id("rpl", "A replay's"),
    "price_list_id": _id("prl", "A price list's"),
    "report_id": _id("rep", "A report's"),
    "schedule_id": _id("sch", "A report schedule's"),
    "message_id": _id("msg", "A message's"),
    "request_id": _id("req", "A request's"),
}  # fmt: skip

_OPENAPI_DOCUMENT: Final = {
    "openapi": "3.1.0", "info": {"title": "Payments", "version": "1"},
    "paths": {"/payments/{id}": {"get": {"operationId": "get_payment", "summary": "One payment"}}},
    "webhooks": {"payment.settled": {"post": {"summary": "A payment has settled"}}},
}  # fmt: skip
_OPENAPI_YAML: Final = """\
openapi: 3.1.0
info: {title: Payments, version: "1"}
paths:
  /payments/{id}:
    get: {operationId: get_payment, summary: One payment}
"""
_JSON_DOCUMENT: Final = {
    "type": "object",
    "required": ["openapi"],
    "properties": {"openapi": {"type": "string", "pattern": "^3\\.1\\."}},
}
# A text; its media type says that it is YAML, and no JSON Schema says more of it.
_YAML_DOCUMENT: Final = {"type": "string", "minLength": 1}

_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 500, "pattern": "^[^\\u0000]*$"}
_METERED: Final = {
    "specversion": "1.0", "id": "report-4711", "source": "/reports", "type": "report.rendered", "data": {"units": 40},
}  # fmt: skip
_CLOUD_EVENT: Final = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"}, "id": _NAME, "source": _NAME, "type": _NAME,
        "time": {"type": ["string", "null"], "format": "date-time"},
        "data": {
            "type": "object", "required": ["units"], "additionalProperties": False,
            "properties": {
                "units": {"type": "integer", "minimum": 0, "maximum": 1_000_000_000},
                "key": {"type": ["string", "null"]}, "endpoint": {"type": ["string", "null"]},
            },
        },
    },
}  # fmt: skip

# Bodies that are read as they are.
BODIES: Final[dict[str, dict[str, Any]]] = {
    "import_openapi": {
        "required": True,
        "description": "An OpenAPI 3.1 document. Each operation with an `operationId` is an endpoint, each webhook an event type.",
        "content": {
            "application/json": {"schema": _JSON_DOCUMENT, "example": _OPENAPI_DOCUMENT},
            "application/yaml": {"schema": _YAML_DOCUMENT, "example": _OPENAPI_YAML},
        },
    }
}
BODIES["meter_usage"] = {
    "required": True,
    "description": "One CloudEvent 1.0 in structured mode, or a batch of up to 1,000. Extension attributes are allowed.",
    "content": {
        "application/cloudevents+json": {"schema": _CLOUD_EVENT, "example": _METERED},
        "application/cloudevents-batch+json": {
            "schema": {"type": "array", "items": _CLOUD_EVENT, "minItems": 1, "maxItems": 1000}, "example": [_METERED],
        },
    },
}  # fmt: skip
# Answers that are given as they are.
TEXTS: Final[dict[str, dict[str, Any]]] = {
    "read_openapi": {
        "description": "The document as it was imported, in JSON or YAML.",
        "content": {"application/json": {"schema": {"type": "object"}}, "application/yaml": {"schema": _YAML_DOCUMENT}},
    },
    "download_report": {
        "description": "The file, or with 206 the range that was asked for.",
        "content": {
            "text/csv": {"schema": {"type": "string"}}, "application/jsonl": {"schema": {"type": "string"}},
            "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
        },
    },
}  # fmt: skip
