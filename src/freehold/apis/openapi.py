"""Reading a catalogue out of an OpenAPI 3.1 document: `paths` give endpoints, `webhooks` give event types.

* An endpoint's path is the template behind the path of the server that applies to it (its own
  `servers`, its path's, the document's): what a caller asks for at the API's own host. Hosts in
  `servers` are never contacted; where requests go is the upstream's business.
* An operation without an `operationId` gets one made of its method and path: `get_v1_countries_country`.
* A webhook's payload schema describes `data` of what Freehold delivers.

All that is wrong is collected and raised as one Problem, each with its place. Pure; nothing is fetched.
"""

import re
from collections import Counter
from typing import Any, Final

from freehold.apis import path_templates
from freehold.apis.json_pointers import dotted, join
from freehold.apis.operations import Operation, operations_of
from freehold.apis.reading import NAME_LENGTH_MAX, Reading
from freehold.apis.records import Catalogue, EndpointRow, EventType
from freehold.apis.references import BadReference, References, check_dialect
from freehold.apis.webhook_operations import event_types_of
from freehold.errors import FieldError, invalid

ENDPOINTS_MAX: Final = 10_000
EVENT_TYPES_MAX: Final = 1_000
_ERRORS_MAX: Final = 50


def read_catalogue(document: Any) -> Catalogue:
    """The catalogue of an OpenAPI 3.1 document's plain value; Problem `invalid` with all that is wrong and where."""
    _check_version(document)
    reading = Reading(document, References(document))
    _check_dialect(reading)
    operations = operations_of(reading)
    event_types = tuple(event_types_of(reading))
    _check_counts(reading, operations, event_types)
    _check_unique(reading, operations)
    if reading.errors:
        raise invalid(*reading.errors[:_ERRORS_MAX])
    return Catalogue(_named(operations), event_types, tuple(reading.warnings[:_ERRORS_MAX]))


def _check_version(document: Any) -> None:
    if not isinstance(document, dict):
        raise invalid(
            FieldError("", "An OpenAPI document is an object with `openapi`, `info` and `paths`.", "not_openapi")
        )
    version = document.get("openapi", document.get("swagger"))
    if isinstance(version, str) and re.fullmatch(r"3\.1\.\d+(-.+)?", version):
        return
    if version is None:
        message, code = "This is no OpenAPI document: it has no `openapi` with the version in it.", "not_openapi"
    elif str(version).startswith(("2", "3.0")):
        message = f"This is version {str(version)[:20]}. Freehold reads OpenAPI 3.1, which most tools convert to: set `openapi` to 3.1.0, replace `nullable: true` by a list of types, and describe events under `webhooks`."
        code = "old_version"
    else:
        message, code = (
            f'`openapi` is {version!r:.40}; Freehold reads 3.1, written as a text like "3.1.0".',
            "bad_version",
        )
    raise invalid(FieldError("openapi", message, code))


def _check_dialect(reading: Reading) -> None:
    if "jsonSchemaDialect" not in reading.document:
        return
    try:
        check_dialect(reading.document["jsonSchemaDialect"], "/jsonSchemaDialect")
    except BadReference as bad:
        reading.errors.append(bad.error)


def _check_counts(reading: Reading, operations: list[Operation], event_types: tuple[EventType, ...]) -> None:
    if not operations and not reading.errors:
        reading.wrong(
            "/paths", "The document has no operation under `paths`, so there would be nothing to protect.", "no_paths"
        )
    if len(operations) > ENDPOINTS_MAX:
        reading.wrong("/paths", f"A catalogue has up to {ENDPOINTS_MAX:,} endpoints.", "too_many")
    if len(event_types) > EVENT_TYPES_MAX:
        reading.wrong("/webhooks", f"A catalogue has up to {EVENT_TYPES_MAX:,} event types.", "too_many")


def _check_unique(reading: Reading, operations: list[Operation]) -> None:
    ids: dict[str, str] = {}
    routes: dict[tuple[str, str], str] = {}
    for each in operations:
        if each.given_id is not None and ids.setdefault(each.given_id, each.pointer) != each.pointer:
            other = dotted(ids[each.given_id])
            reading.wrong(
                join(each.pointer, "operationId"),
                f"{each.given_id} is the id of {other} too.",
                "duplicate_operation_id",
            )
        route = (each.method, path_templates.shape(each.path))
        if routes.setdefault(route, each.pointer) != each.pointer:
            other = dotted(routes[route])
            reading.wrong(each.pointer, f"This means the same requests as {other}.", "same_route")


def _named(operations: list[Operation]) -> tuple[EndpointRow, ...]:
    """Endpoints with their ids: those given, and for the others made ones that no other has."""
    taken = Counter(each.given_id for each in operations if each.given_id is not None)
    rows: list[EndpointRow] = []
    for each in operations:
        name = each.given_id or _free(_made_id(each.method, each.path), taken)
        taken[name] += 1
        summary = each.summary or f"{each.method} {each.path}"
        rows.append(EndpointRow(name, each.method, each.path, summary, each.example))
    return tuple(rows)


def _made_id(method: str, path: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", path) or ["root"]
    return "_".join([method, *words]).lower()[: NAME_LENGTH_MAX - 10]


def _free(name: str, taken: Counter[str]) -> str:
    number, candidate = 1, name
    while taken[candidate]:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
