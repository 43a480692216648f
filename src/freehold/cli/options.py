"""What commands over HTTP share: `--json`, paging, naming an organization or a project."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Add `--json`: the API's answer as it came."""
    return click.option("--json", "as_json", is_flag=True, help="Print the API's answer as JSON.")(command)


def page_options(command: Command) -> Command:
    """Add `--limit` and `--cursor`."""
    command = click.option("--cursor", help="Go on where a list ended: its next_cursor.")(command)
    return click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most so many.")(
        command
    )


def time_options(command: Command) -> Command:
    """Add `--from` and `--to`, as RFC 3339 times."""
    command = click.option("--to", metavar="TIME", help="Before this time: 2026-12-01T00:00:00Z.")(command)
    return click.option("--from", metavar="TIME", help="From this time on: 2026-11-01T00:00:00Z.")(command)


def compare_option(command: Command) -> Command:
    """Add `--compare`: also the period before."""
    return click.option(
        "--compare", is_flag=True, callback=lambda _context, _option, wanted: "previous" if wanted else None,
        help="Also show the period before.",
    )(command)  # fmt: skip


def sum_options(command: Command) -> Command:
    """Add the filters of usage."""
    return _filter_options(command, ("key", "secret", "endpoint", "outcome", "kind"))


def request_options(command: Command) -> Command:
    """Add the filters of single requests: those of usage, and the path, which sums do not have."""
    command = click.option("--path", multiple=True, help="Only requests with exactly this path, without its query.")(
        command
    )
    return _filter_options(command, ("key", "secret", "endpoint", "outcome", "kind", "path"))


def _filter_options(command: Command, names: Sequence[str]) -> Command:
    """Add the filters that usage and single requests share. Each may be given several times: any of the values will do."""
    for option in (
        click.option(
            "--kind",
            multiple=True,
            type=click.Choice(["served", "throttled", "denied", "failed"]),
            help="Only requests of this kind.",
        ),
        click.option("--outcome", multiple=True, help="Only this outcome: allowed, or a denial's reason."),
        click.option("--endpoint", "-e", multiple=True, help="Only requests to this endpoint, by operation id."),
        click.option("--secret", multiple=True, help="Only requests with this secret, by its selector."),
        click.option("--key", multiple=True, help="Only requests with this key, by its id."),
        click.option(
            "--not",
            multiple=True,
            type=click.Choice(names),
            help="Leave out what this filter names, instead of picking it.",
        ),
    ):
        command = option(command)
    return command


def organization_option(command: Command) -> Command:
    """Add `--organization`."""
    return click.option(
        "--organization",
        metavar="ORGANIZATION",
        help="Its id, slug or name; needed where you belong to several.  [FREEHOLD_ORGANIZATION]",
    )(command)


def project_option(command: Command) -> Command:
    """Add `--project`, which every command on what a project owns has."""
    return click.option(
        "--project", "-p", required=True, metavar="PROJECT", envvar="FREEHOLD_PROJECT",
        help="The project's id, or its slug or name where that names one alone.  [FREEHOLD_PROJECT]",
    )(command)  # fmt: skip


def project_argument(command: Command) -> Command:
    """Add the argument PROJECT."""
    return click.argument("project")(command)


def organization_id(api: Api, given: str | None) -> str:
    """The id of the organization that is meant; Failure lists them where that is not clear."""
    given = given or os.environ.get("FREEHOLD_ORGANIZATION")
    if given and given.startswith("org_"):
        return given
    known = list(api.all("/v1/organizations"))
    if given:
        return _the_one("organization", given, known, [each for each in known if _is_called(each, given)])
    if len(known) == 1:
        return str(known[0]["id"])
    names = ", ".join(output.printable(each["slug"]) for each in known) or "none"
    raise Failure(f"Say which organization is meant, with --organization: {names}.")


def project_id(api: Api, given: str) -> str:
    """The id of the project that is meant; Failure lists them where a slug or name is not clear."""
    if given.startswith("proj_"):
        return given
    known = [
        project
        for organization in api.all("/v1/organizations")
        for project in api.all(f"/v1/organizations/{segment(organization['id'])}/projects")
    ]
    return _the_one("project", given, known, [each for each in known if _is_called(each, given)])


def show_page(
    page: dict[str, Any], as_json: bool, columns: Mapping[str, Callable[[dict[str, Any]], Any]], empty: str
) -> None:
    """Print a page of a list, as JSON or as a table of the given columns."""
    if as_json:
        output.print_json(page)
        return
    rows = [[read(item) for read in columns.values()] for item in page["data"]]
    output.print_table(list(columns), rows, empty)
    if page.get("next_cursor"):
        click.echo(f"There is more: --cursor {output.printable(page['next_cursor'])}", err=True)


def _is_called(thing: dict[str, Any], name: str) -> bool:
    return name in (thing["slug"], thing["name"])


def _the_one(noun: str, given: str, known: list[dict[str, Any]], found: list[dict[str, Any]]) -> str:
    if len(found) == 1:
        return str(found[0]["id"])
    if found:
        meant = "; ".join(f"{each['id']} ({each.get('environment') or each['name']})" for each in found)
        raise Failure(f"{given!r} names {len(found)} {noun}s; use an id: {output.printable(meant)}.")
    names = ", ".join(sorted({each["slug"] for each in known})) or "none"
    raise Failure(f"There is no {noun} {given!r} that you can see; there is: {output.printable(names)}.")


def confirmed(question: str) -> Callable[[Command], Command]:
    """Add `--yes`, and ask on a terminal where it is not given. A script is taken at its word."""

    def asked(context: click.Context, parameter: click.Parameter, yes: bool) -> None:
        if not yes and sys.stdin.isatty():
            click.confirm(question, abort=True, err=True)

    return click.option("--yes", is_flag=True, expose_value=False, callback=asked, help="Do not ask.")
