"""What the SDK calls things where the API's OpenAPI document says it otherwise, or does not say it."""

import keyword
import re
from collections.abc import Iterable
from typing import Final

# Operations that a program with a token has no use for, each with the reason.
NOT_CALLED: Final = {
    "begin_session": "a session is a browser's cookie; programs hold an access token",
    "end_session": "a session is a browser's cookie; programs hold an access token",
    "read_health": "asked by supervisors and load balancers, without a token",
    "read_readiness": "asked by supervisors and load balancers, without a token",
    "read_metrics": "read by Prometheus, without an access token",
    "read_api_description": "read by tools that make clients",
    "read_shape_schema": "read by editors and validators",
    "read_file_schema": "read by editors and validators",
    "authorize_request": "asked by proxies in front of an API",
    "gateway_get": "the API behind the gateway has clients of its own",
    "gateway_put": "the API behind the gateway has clients of its own",
    "gateway_post": "the API behind the gateway has clients of its own",
    "gateway_delete": "the API behind the gateway has clients of its own",
    "gateway_options": "the API behind the gateway has clients of its own",
    "gateway_head": "the API behind the gateway has clients of its own",
    "gateway_patch": "the API behind the gateway has clients of its own",
}

# POSTs without an Idempotency-Key that set what they set however often they are sent, or only read.
REPEATABLE: Final = frozenset(
    {
        "archive_project", "restore_project", "revoke_key", "retire_secret", "pause_webhook", "resume_webhook", "acknowledge_firing",
        "explain_call", "report_cost", "meter_usage", "reconcile_usage", "withdraw_attestation", "withdraw_key_acceptance",
        "plan_shape", "check_audit_proof", "check_instance_audit_proof", "pause_forwarding", "resume_forwarding", "preview_price_list",
        "pause_report_schedule", "resume_report_schedule", "ask_for_export",
    }
)  # fmt: skip

# By operation id: the resource ("" is the client itself) and the method. All others follow the rule of `place`.
_PLACES: Final = {
    "set_up": ("", "set_up"),
    "read_me": ("", "me"),
    "explain_call": ("", "explain"),
    "verify_key": ("", "verify"),
    "invite": ("invitation", "create"),
    "change_role": ("member", "change_role"),
    "read_openapi": ("api", "get_openapi"),
    "create_organization_report": ("report", "create_of_organization"),
    "list_organization_reports": ("report", "of_organization"),
    "list_organization_price_lists": ("price_list", "of_organization"),
    "create_organization_report_schedule": ("report_schedule", "create_of_organization"),
    "list_organization_report_schedules": ("report_schedule", "of_organization"),
    "download_report": ("report", "download"),
    "read_export": ("export", "get"),
    "ask_for_export": ("export", "ask"),
    "read_report_manifest": ("report", "manifest"),
    "delete_person": ("person_deletion", "create"),
    "read_audit_proof": ("audit_proof", "get"),
    "read_instance_audit_proof": ("audit_proof", "of_instance"),
    "check_instance_audit_proof": ("audit_proof", "check_of_instance"),
    "list_instance_audit_entries": ("audit_entry", "of_instance"),
    "list_instance_forwardings": ("forwarding", "of_instance"),
    "create_instance_forwarding": ("forwarding", "create_of_instance"),
    "rotate_forwarding_secret": ("forwarding", "rotate_secret"),
    "send_test_entry": ("forwarding", "test"),
    "import_openapi": ("api", "import_openapi"),
    "read_organization_usage": ("usage", "by_project"),
    "read_instance_usage": ("usage", "of_instance"),
    "report_cost": ("request", "report_cost"),
    "meter_usage": ("usage", "meter"),
    "read_reconciliation": ("usage", "reconciliation"),
    "reconcile_usage": ("usage", "reconcile"),
    "change_overlap": ("key", "change_overlap"),
    "retire_secret": ("key", "retire_secret"),
    "rotate_webhook_secret": ("webhook", "rotate_secret"),
    "send_test_event": ("webhook", "test"),
    "send_test_alert": ("alert", "test"),
    "list_alert_firings": ("alert", "firings"),
    "check_webhook": ("webhook", "check"),
    "read_webhook_metrics": ("webhook", "metrics"),
    "list_inbox_requests": ("inbox", "requests"),
    "replay_delivery": ("delivery", "replay"),
    "recover_webhook": ("webhook", "recover"),
    "read_project_readiness": ("readiness", "get"),
    "run_readiness_check": ("readiness", "run"),
    "list_readiness_results": ("readiness", "results"),
    "request_access": ("access_request", "create"),
    "list_project_access_requests": ("access_request", "of_project"),
    "comment_on_access_request": ("access_request", "comment"),
    "ask_for_changes": ("access_request", "ask_for_changes"),
    "list_declared_keys": ("key", "declared"),
    "list_shape_revisions": ("shape", "revisions"),
    "read_shape_revision": ("shape", "revision"),
}
_VERBS: Final = {"read": "get"}
# Nouns of which a project has one, or that are no count.
_ALONE: Final = frozenset({"scope", "usage", "inbox", "readiness", "shape", "drift", "bindings"})

# Words of a closed set, by the place where the document has them first; else they are called by that place.
WORDS: Final = {
    "MembershipView.role": "Role",
    "TouchedProjectView.environment": "Environment",
    "DeliveryView.origin": "MessageOrigin",
    "OwnerView.duty": "Duty",
    "MeView.roles": "TokenRole",
    "RequestView.via": "Via",
    "UsageView.bucket": "Bucket",
    "UsageView.group_by": "GroupBy",
    "not": "FilterField",
    "list_requests.not": "RequestFilterField",
    "asker": "Asker",
}

# Errors that any call can meet, or that only a browser can: not said of each call again.
EVERYWHERE: Final = frozenset(
    {
        "unauthenticated", "forbidden", "invalid", "internal", "bad_request", "bad_csrf_token", "unsupported_media_type",
        "body_too_large", "method_not_allowed", "unavailable", "request_timeout", "target_too_long", "expectation_failed",
        "head_too_large", "version_not_supported",
    }
)  # fmt: skip

# Fields that hold a secret's text, shown once, wherever one is always there.
SECRETS: Final = frozenset({"secret", "token", "signing_secret", "csrf_token", "link", "signing_secrets"})


def place(operation_id: str) -> tuple[str, str]:
    """Where an operation is found: `create_project` is `create` of the resource `project`."""
    if operation_id in _PLACES:
        return _PLACES[operation_id]
    verb, _, noun = operation_id.partition("_")
    noun = singular(noun) if verb == "list" else noun
    return noun, _VERBS.get(verb, verb)


def attribute(noun: str) -> str:
    """A resource as an attribute of the client: the plural of its noun."""
    if noun in _ALONE:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


def singular(plural: str) -> str:
    """The noun of an attribute."""
    return f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")


def camel(text: str) -> str:
    """A name of lower-case words as a class's name."""
    return "".join(word.capitalize() for word in re.split(r"[_ ]+", text))


def model(schema: str) -> str:
    """A schema as a class's name: what it is, without the mark that it is shown."""
    return schema.removesuffix("View")


def argument(name: str) -> str:
    """A field or parameter as an argument's name: Python keeps some for itself."""
    return f"{name}_" if keyword.iskeyword(name) else name


def sentences(lines: Iterable[str]) -> str:
    """The paragraphs of a docstring, those that are empty left out."""
    return "\n\n".join(line for line in lines if line)
