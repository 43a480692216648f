"""A project as a file: how what people wrote is read. How it is written: `production/shape/file_text`."""

import os
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from freehold.cli.failures import Failure
from freehold.production.shape.file_text import FROM_ENVIRONMENT


class ProjectFile(NamedTuple):
    """What a file says: which project, if it says so, the shape as it is written, and bindings with their values."""

    project: str | None
    shape: dict[str, Any]
    bindings: dict[str, Any]


def read(path: str) -> ProjectFile:
    """What a file says, values from the environment put in; Failure where it cannot be read."""
    try:
        document = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{path} is not TOML: {error}.") from None
    project, bindings = document.pop("project", None), document.pop("bindings", {})
    if project is not None and not isinstance(project, str):
        raise Failure(f"{path}: project should be a text, the project's id.")
    if not isinstance(bindings, dict):
        raise Failure(f"{path}: bindings should be a table of slots.")
    return ProjectFile(project, document, {slot: _value(path, slot, value) for slot, value in bindings.items()})


def _value(path: str, slot: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_value(path, slot, each) for each in value]
    if not isinstance(value, str):
        raise Failure(f"{path}: the binding {slot} should be a text, or a list of texts.")
    if not value.startswith(FROM_ENVIRONMENT):
        return value
    name = value.removeprefix(FROM_ENVIRONMENT)
    if not os.environ.get(name):
        raise Failure(f"{path}: the binding {slot} is read from {name}, which is not set.")
    return os.environ[name]
