"""Write the reference pages of docs/ from the code: settings, commands, errors. `make docs` runs it.

The pages are kept in the repository, so that they can be read where the code is; a test holds them current.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import click

from freehold import settings
from freehold.cli.root import freehold
from freehold.errors import KINDS
from freehold.keys.records import DENIAL_STATUS, DENIAL_WORDS
from freehold.settings import Settings

ROOT: Final = Path(__file__).parents[1]
_WRITTEN: Final = "<!-- Written by `make docs`; change the code instead. -->\n\n"
_WIDTH: Final = 100
_PROXIES: Final = ROOT / "src/freehold/cli/forward_auth"


def pages() -> dict[Path, str]:
    """Every generated page: its path in the repository, and what should be in it."""
    return {
        Path("docs/settings.md"): _WRITTEN + settings_page(),
        Path("docs/cli.md"): _WRITTEN + commands_page(),
        Path("docs/errors.md"): _WRITTEN + errors_page(),
        **proxy_files(),
    }


def proxy_files() -> dict[Path, str]:
    """The configurations of `freehold gate config` as they stand, to be read beside their pages."""
    return {
        Path("docs/forward-auth") / path.relative_to(_PROXIES): path.read_text("utf-8")
        for path in sorted(_PROXIES.glob("*/*"))
    }


def settings_page() -> str:
    """Every setting with its default, bounds and meaning."""
    rows = [
        (f"`{each.metadata['variable']}`", _default(each.default), _bounds(each.name), each.metadata["meaning"])
        for each in fields(Settings)
    ]
    return (
        "# Settings\n\n"
        "Every setting is an environment variable, read once when a process starts. An option of the command line\n"
        "(`freehold up --port …`) comes before its variable; an empty variable counts as absent.\n\n"
        + _table(("variable", "default", "bounds", "meaning"), rows)
        + "\nThe command line as a client of the HTTP API reads `FREEHOLD_URL`, `FREEHOLD_TOKEN`, `FREEHOLD_ORGANIZATION`,\n"
        "`FREEHOLD_PROJECT` and `FREEHOLD_PASSWORD` in place of options and prompts.\n"
    )


def commands_page() -> str:
    """Every command with its help."""
    parts = ["# Commands\n\nEvery command's `--help`, in one page. `--json` prints what the HTTP API answers.\n"]
    for path, command, context in _walk(freehold, freehold.make_context("freehold", [], resilient_parsing=True)):
        heading = "#" * (1 + len(path))
        parts.append(f"{heading} {' '.join(path)}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def errors_page() -> str:
    """Every error code, and every reason of a denial."""
    errors = [(f"`{code}`", str(kind.status), kind.title) for code, kind in KINDS.items()]
    denials = [(f"`{reason}`", str(status), *DENIAL_WORDS[reason]) for reason, status in DENIAL_STATUS.items()]
    return (
        "# Errors\n\n"
        "Errors are `application/problem+json` (RFC 9457). `code` is stable; `detail` says what to do; 422 lists `errors`\n"
        "by field; `request_id` finds the request in the log.\n\n"
        + _table(("code", "status", "title"), errors)
        + "\n## Denials\n\n"
        "Why the gate denied a request: the gateway's status, what it means, and what lets the request pass.\n\n"
        + _table(("reason", "status", "meaning", "what to do"), denials)
    )


def main() -> None:
    """Write every page."""
    for path, text in pages().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, "utf-8")
        print(path, file=sys.stderr)


def _walk(command: click.Command, context: click.Context) -> Iterator[tuple[list[str], click.Command, click.Context]]:
    context.terminal_width = _WIDTH
    yield context.command_path.split(), command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _walk(inner, click.Context(inner, info_name=name, parent=context))


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


def _default(value: Any) -> str:
    return f"`{value}`" if str(value) else "empty"


def _bounds(name: str) -> str:
    bounds = settings._BOUNDS.get(name)
    return f"{bounds[0]:.10g} to {bounds[1]:.10g}" if bounds else ""


if __name__ == "__main__":
    main()
