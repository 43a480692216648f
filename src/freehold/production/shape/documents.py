"""Shapes as people and files write them: what may be in one, its JSON Schema, and its one normal form. Pure.

The schema is made of these types, what is read is validated by it, and the served one is the same: no second truth.
What may be left out is nothing, or its usual value. A file has a project and bindings besides.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from freehold.errors import FieldError
from freehold.kit.decimals import number_text
from freehold.organizations.rules import clean_name
from freehold.production.shape.document_types import FileDocument, ShapeDocument
from freehold.production.shape.records import SHAPE_VERSION, Shape
from freehold.production.shape.rules import without_empty
from freehold.reports.schedule_rules import normal_cron

SCHEMA_PATH: Final = "/schemas/shape.json"
FILE_SCHEMA_PATH: Final = "/schemas/file.json"
_FAULTS_MAX: Final = 50
_WORDS_MAX: Final = 300


def _is_integer(_checker: Any, value: Any) -> bool:
    """Whether a value is written as a whole number: JSON Schema takes 1.0 for one, and nobody means it."""
    return isinstance(value, int) and not isinstance(value, bool)


_Checker: Final = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
)


def path_of(kind: type[ShapeDocument]) -> str:
    """Where the schema of a kind of document is served."""
    return FILE_SCHEMA_PATH if kind is FileDocument else SCHEMA_PATH


@cache
def schema_of(kind: type[ShapeDocument]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a kind of document."""
    schema = msgspec.json.schema(kind)
    title = "A Freehold project as a file" if kind is FileDocument else "The shape of a Freehold project"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": path_of(kind), "title": title, **schema}


def document_faults(document: Any, kind: type[ShapeDocument] = ShapeDocument, prefix: str = "") -> list[FieldError]:
    """What keeps a document from being one, by its fields; empty where it is one. `prefix`: what stands before their names."""
    if isinstance(document, dict) and document.get("version", SHAPE_VERSION) != SHAPE_VERSION:
        field = ".".join([*[prefix] * bool(prefix), "version"])
        return [FieldError(field, f"This instance reads shapes of the version {SHAPE_VERSION}.", "unknown_version")]
    validator = _validator(kind)
    faults = {fault for error in validator.iter_errors(document) for fault in _faults(error, prefix)}
    return sorted(faults, key=lambda each: (each.field, each.message))[:_FAULTS_MAX]


def normal_shape(document: Mapping[str, Any]) -> Shape:
    """The one form of a document that has no faults: everything said, lists in order, numbers as text, names clean."""
    read = msgspec.convert(document, ShapeDocument, strict=True)
    shape: dict[str, Any] = msgspec.to_builtins(read)
    shape["version"] = SHAPE_VERSION
    shape["labels"] = {name: clean_name(text or "") or None for name, text in shape["labels"].items()}
    shape["labels"] |= {name: shape["labels"][name] or "" for name in ("name", "purpose")}
    shape["owners"] = _ordered(shape["owners"])
    shape["scope"] = {part: _ordered(names) for part, names in shape["scope"].items()}
    for key in shape["keys"].values():
        key["workload"] = clean_name(key["workload"] or "") or None
        key["endpoints"] = None if key["endpoints"] is None else _ordered(key["endpoints"])
    for webhook in shape["webhooks"].values():
        webhook["description"] = webhook["description"] or None
        webhook["event_types"], webhook["headers"] = _ordered(webhook["event_types"]), _ordered(webhook["headers"])
    for channel in shape["alert_channels"].values():
        channel["name"] = clean_name(channel["name"])
    for alert in shape["alerts"].values():
        _settle(alert)
    for schedule in shape["report_schedules"].values():
        schedule["name"], schedule["cron"] = clean_name(schedule["name"]), normal_cron(schedule["cron"])
    return without_empty(shape)


def _settle(alert: dict[str, Any]) -> None:
    alert["name"], alert["next_action"] = clean_name(alert["name"]), alert["next_action"].strip()
    alert["notify"] = _ordered(alert["notify"])
    alert["thresholds"].sort(key=lambda each: float(each["at"]))
    for step in alert["thresholds"]:
        step["at"] = number_text(float(step["at"]))
        step["resolve_below"] = None if step["resolve_below"] is None else number_text(float(step["resolve_below"]))


def _ordered(names: list[str]) -> list[str]:
    return sorted(set(names))


@cache
def _validator(kind: type[ShapeDocument]) -> Draft202012Validator:
    schema = schema_of(kind)
    # What an error says must not depend on how the document would be fetched.
    checked: Draft202012Validator = _Checker({name: value for name, value in schema.items() if name != "$id"})
    return checked


def _faults(error: ValidationError, prefix: str) -> Iterator[FieldError]:
    place = [prefix] * bool(prefix) + [str(step) for step in error.absolute_path]
    if error.validator == "anyOf" and error.context:
        # Of what may be null or something, what is there was meant to be something.
        meant = [each for each in error.context if each.schema_path[0] == _something(error)]
        for each in meant:
            yield from _faults(each, prefix)
        return
    rule: Any = error.validator_value
    there: Any = error.instance
    if error.validator == "required":
        for name in (each for each in rule if each not in there):
            yield FieldError(".".join([*place, name])[:_WORDS_MAX], f"{name} is required.", "required")
        return
    if error.validator == "additionalProperties" and rule is False:
        known: Any = error.schema
        for name in sorted(there.keys() - known["properties"].keys()):
            yield FieldError(".".join([*place, name])[:_WORDS_MAX], f"There is no field {name} here.", "unknown_field")
        return
    yield FieldError(".".join(place)[:_WORDS_MAX] or "shape", f"{error.message[:_WORDS_MAX]}.", "schema")


def _something(error: ValidationError) -> int:
    """Which branch of an `anyOf` an instance was meant for: the first that is of its type, or else the first that is not null."""
    rule: Any = error.validator_value
    branches = list(rule)
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": float, "boolean": bool}
    for number, branch in enumerate(branches):
        if "$ref" in branch and isinstance(error.instance, dict):
            return number
        if isinstance(error.instance, kinds.get(branch.get("type", ""), ())):
            return number
    return next((number for number, branch in enumerate(branches) if branch.get("type") != "null"), 0)
