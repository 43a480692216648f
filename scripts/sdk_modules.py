"""Generated modules as text: with every import that they might need, of which formatting leaves those that they do."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from scripts import sdk_names as names
from scripts.sdk_types import Types

ROOT: Final = Path(__file__).parents[1]
WRITTEN: Final = "# Written by `make docs` from the API's OpenAPI document; change what that says instead.\n\n"


def words_import(types: Types) -> list[str]:
    """The import of all closed sets of words."""
    return [f"from freehold.sdk.models.words import {', '.join(types.words.values())}"]


def operation_imports(types: Types) -> list[str]:
    """All that operations may need; what a module does not need is taken out of it again."""
    answers = sorted(names.model(name) for name in types.schemas if not name.endswith(("Body", "Patch", "_")))
    return [
        f"from freehold.sdk.models import {', '.join(answers)}",
        f"from freehold.sdk.bodies import {', '.join(name for name in types.schemas if name.endswith('Body'))}",
        "from freehold.sdk.calls import Call, Document, Mode, Perform, Resource, Unset, Walk, listing, key_or_new, operation, segment, sent",
        *words_import(types),
    ]


def module(docstring: str, parts: list[str], imports: Iterable[str] = ()) -> str:
    """A module with every import that it might need."""
    standard = [
        "from collections.abc import Mapping, Sequence",
        "from datetime import datetime",
        "from types import NoneType",
        "from typing import Any, Final, Literal, NotRequired, TYPE_CHECKING, TypedDict",
        "from msgspec import UNSET",
        "from freehold.sdk.errors import Problem",
        "from freehold.sdk.listings import Page",
        "from freehold.sdk.model import Model",
    ]
    return "\n\n\n".join([f'{WRITTEN}"""{docstring}"""\n\n' + "\n".join([*standard, *imports]), *parts]) + "\n"


def formatted(texts: dict[str, str]) -> dict[str, str]:
    """The modules without the imports that they do not need, and formatted."""
    ruff = [sys.executable, "-m", "ruff"]
    short = ["lint.isort.split-on-trailing-comma=false", "format.skip-magic-trailing-comma=true"]
    options = ["--quiet", "--no-cache", *(f"--config={each}" for each in [str(ROOT / "pyproject.toml"), *short])]
    with tempfile.TemporaryDirectory() as folder:
        for path, text in texts.items():
            (Path(folder) / path).parent.mkdir(exist_ok=True)
            (Path(folder) / path).write_text(text, "utf-8")
        subprocess.run([*ruff, "check", "--fix", "--select", "F401,I", *options, folder], check=True)
        subprocess.run([*ruff, "format", *options, folder], check=True)
        return {path: (Path(folder) / path).read_text("utf-8") for path in texts}
