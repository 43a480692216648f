"""The operations under a document's `paths`: method, whole path, the id that was given, summary. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from freehold.apis import path_templates
from freehold.apis.example_calls import ExampleCall, example_call
from freehold.apis.json_pointers import dotted, join
from freehold.apis.reading import NAME_LENGTH_MAX, Reading, is_name
from freehold.apis.references import References

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(slots=True)
class Operation:
    """One operation of `paths`, before it has a name that is surely its own."""

    method: str
    path: str
    given_id: str | None
    summary: str
    pointer: str
    example: ExampleCall | None


def operations_of(reading: Reading) -> list[Operation]:
    """Every operation of the document, in its order."""
    found: list[Operation] = []
    paths = reading.mapping(reading.document.get("paths", {}), "/paths")
    base = _base_path(reading, reading.document, "")
    # Examples follow references on an account of their own: they may run out, the catalogue must not.
    samples = References(reading.document)
    for template, item in paths.items():
        if not template.startswith("x-"):
            found.extend(_operations_at(reading, samples, template, item, base))
    return found


def _operations_at(reading: Reading, samples: References, template: str, item: Any, base: str) -> Iterator[Operation]:
    pointer = join("/paths", template)
    problem = path_templates.problem_of(template)
    if problem:
        reading.wrong(pointer, problem, "bad_path")
        return
    item, place = reading.followed(item, pointer)
    item_base = _base_path(reading, item, place, base)
    for method in METHODS:
        if method in item:
            at = join(place, method)
            operation = reading.mapping(item[method], at)
            _check_parameters(reading, template, item, operation, place, at)
            path = _base_path(reading, operation, at, item_base) + template
            summary = reading.summary(operation, item, at)
            # Its place is under its own path, also where two paths refer to one item: those are two operations.
            own_id, own_pointer = _operation_id(reading, operation, at), join(pointer, method)
            example = example_call(samples, path, item, operation, place, at)
            yield Operation(method.upper(), path, own_id, summary, own_pointer, example)


def _base_path(reading: Reading, owner: dict[str, Any], pointer: str, inherited: str = "") -> str:
    """The path of the first server that an object names, without a slash at the end; the inherited one without any."""
    servers = owner.get("servers")
    if not servers:
        return inherited
    if not isinstance(servers, list) or not isinstance(servers[0], dict) or not isinstance(servers[0].get("url"), str):
        reading.wrong(join(pointer, "servers"), "servers should be a list of objects with a `url`.", "bad_type")
        return inherited
    at = join(join(pointer, "servers"), "0")
    path = _server_path(servers[0])
    if path is None:
        reading.wrong(join(at, "url"), "This is no URL, or a variable in it has no default.", "bad_server")
        return inherited
    return path


def _operation_id(reading: Reading, operation: dict[str, Any], pointer: str) -> str | None:
    given = operation.get("operationId")
    if given is not None and not is_name(given):
        reading.wrong(
            join(pointer, "operationId"),
            f"An operationId is a text of 1 to {NAME_LENGTH_MAX} printable characters without spaces around it.",
            "bad_operation_id",
        )
    return given if isinstance(given, str) else None


def _check_parameters(
    reading: Reading, template: str, item: dict[str, Any], operation: dict[str, Any], item_pointer: str, pointer: str
) -> None:
    declared = set()
    for owner, place in ((item, item_pointer), (operation, pointer)):
        at = join(place, "parameters")
        parameters = owner.get("parameters", [])
        if not isinstance(parameters, list):
            reading.wrong(at, "parameters should be a list.", "bad_type")
            continue
        for index, parameter in enumerate(parameters):
            found, _ = reading.followed(parameter, join(at, str(index)))
            if found.get("in") == "path":
                declared.add(str(found.get("name")))
    missing = sorted(set(path_templates.variables(template)) - declared)
    if missing:
        reading.warnings.append(f"{dotted(pointer)} does not declare its path parameter {', '.join(missing)}.")


def _server_path(server: dict[str, Any]) -> str | None:
    variables = server.get("variables", {})
    url: str = server["url"]
    for name in re.findall(r"\{([^{}]*)\}", url):
        variable = variables.get(name) if isinstance(variables, dict) else None
        default = variable.get("default") if isinstance(variable, dict) else None
        if not isinstance(default, str):
            return None
        url = url.replace("{" + name + "}", default)
    try:
        path = urlsplit(url).path.rstrip("/")
    except ValueError:
        return None
    path = path if not path or path.startswith("/") else "/" + path
    return None if path_templates.problem_of(path or "/") or "{" in path else path
