"""`freehold export | plan | apply | schema`: a project as a file, for people and for CI.

Exit statuses of `plan` say what came of it: 0 nothing would change, 2 something would, 1 it could not be told.
"""

import sys
from typing import Any, Final

import click

from freehold.cli import output, profile, project_files
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import json_option, project_argument, project_id
from freehold.cli.project_files import ProjectFile
from freehold.production.shape.file_text import text_of

CHANGES: Final = 2
_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}


class ForCi(click.Command):
    """A command whose every error exits with 1, since 2 means that there are changes."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """As any command does."""
        try:
            return super().make_context(*arguments, **options)
        except click.UsageError as error:
            error.show()
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        """As any command does."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            error.show()
            sys.exit(1)


@click.command("export", short_help="Write a project down as a file.")
@project_argument
def export(project: str) -> None:
    """Write what a project declares as a TOML file that names no secret.

    \b
    Example:
      freehold export parcel-lookup > freehold.toml
    """
    api = Api.current()
    seen = api.get(f"/v1/projects/{segment(project_id(api, project))}/shape")
    click.echo(text_of(seen, profile.current().url), nl=False)


@click.command("plan", cls=ForCi, short_help="Say what applying a file would do.")
@click.argument("file")
@click.option("--project", "-p", help="The project, where it is not the file's own.")
@json_option
def plan(file: str, project: str | None, as_json: bool) -> None:
    """Say exactly what applying a file would do, and change nothing. Drift of the project from the file shows in the same way.

    Exits with 0 where nothing would change, with 2 where something would, with 1 where it could not be told.

    \b
    Examples:
      freehold plan freehold.toml
      freehold plan freehold.toml --json | jq .changes
    """
    api = Api.current()
    read = project_files.read(file)
    made = _plan(api, _project(api, read, project, file), read)
    if as_json:
        output.print_json(made)
    else:
        show_plan(made)
    if made["changes"]:
        sys.exit(CHANGES)


@click.command("apply", cls=ForCi, short_help="Make a project what a file says.")
@click.argument("file")
@click.option("--project", "-p", help="The project, where it is not the file's own.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def apply(file: str, project: str | None, yes: bool, as_json: bool) -> None:
    """Make a project exactly what a file says, whole or not at all; again, it changes nothing.

    On a terminal the plan is shown and asked about; a script is taken at its word. Keys that the file declares and that
    are not there are issued afterwards: freehold keys issue --declared.

    \b
    Example:
      freehold apply freehold.toml --yes
    """
    api = Api.current()
    read = project_files.read(file)
    identifier = _project(api, read, project, file)
    made = _plan(api, identifier, read)
    if not as_json:
        show_plan(made)
    if made["changes"] and not yes and sys.stdin.isatty():
        click.confirm("Apply this?", abort=True, err=True)
    body = {"shape": read.shape, "bindings": read.bindings, "fingerprint": made["fingerprint"]}
    done = api.put(f"/v1/projects/{segment(identifier)}/shape", body)
    if as_json:
        output.print_json(done)
    elif made["changes"]:
        show_applied(done)


@click.command("schema", short_help="The JSON Schema of such a file, for editors.")
def schema() -> None:
    """Print the JSON Schema of a project's file. Editors find it by themselves by the file's first line.

    \b
    Example:
      freehold schema > freehold.schema.json
    """
    output.print_json(Api.current().get("/schemas/file.json"))


def show_plan(made: dict[str, Any]) -> None:
    """Print a plan: + comes, - goes, ~ changes; then what follows, and what it waits for."""
    for each in made["differences"]:
        line = f"{_SIGNS[each['change']]} {each['path']}"
        if each["change"] == "changed":
            line += f": {_shown(each['before'])} → {_shown(each['after'])}"
        click.echo(output.printable(line))
    for slot in made["bindings_changed"]:
        click.echo(output.printable(f"~ {slot}: another value"))
    for sentence in made["consequences"]:
        click.echo(output.printable(f"  {sentence}"))
    for slot in made["bindings_missing"]:
        click.echo(output.printable(f"! {slot['slot']} needs a value first: {slot['label']}"))
    if not made["changes"]:
        click.echo("Nothing to change: the project is as wanted.")
        return
    counts = [sum(each["change"] == kind for each in made["differences"]) for kind in _SIGNS]
    changed = counts[2] + len(made["bindings_changed"])
    click.echo(f"{counts[0]} to add, {changed} to change, {counts[1]} to take away.")


def show_applied(done: dict[str, Any]) -> None:
    """Print what was done, with the signing secrets that are shown this once."""
    click.echo("Applied.")
    for slot, secret in done["signing_secrets"].items():
        click.echo(f"The signing secret of {slot}, shown this once: {secret}")


def _plan(api: Api, project: str, read: ProjectFile) -> Any:
    return api.post(f"/v1/projects/{segment(project)}/shape/plan", {"shape": read.shape, "bindings": read.bindings})


def _project(api: Api, read: ProjectFile, given: str | None, file: str) -> str:
    named = given or read.project
    if not named:
        raise Failure(f"{file} does not say which project: add `project = …`, or give --project.")
    return project_id(api, named)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_shown, value)) or "none"
        case dict():
            return ", ".join(f"{name} {_shown(each)}" for name, each in value.items() if each is not None) or "none"
    return str(value)
