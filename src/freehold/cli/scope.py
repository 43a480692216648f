"""`freehold scope`: the endpoints a project calls and the events it receives."""

import shlex
from collections.abc import Callable
from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import json_option, project_argument, project_id

Command = Callable[..., Any]


def _items_options(command: Command) -> Command:
    command = click.option("--event-type", "-t", "event_types", multiple=True, help="An event type. Repeatable.")(
        command
    )
    return click.option("--endpoint", "-e", "endpoints", multiple=True, help="An endpoint's operation id. Repeatable.")(
        command
    )


@click.group("scope", short_help="What a project declares to call and receive.")
def command() -> None:
    """A project's scope: what it declares of its API's catalogue. Keys can only be narrowed from it."""


@command.command("show")
@project_argument
@json_option
def show_scope(project: str, as_json: bool) -> None:
    """Show what a project declares, and what of it was seen in use.

    \b
    Example:
      freehold scope show parcel-lookup
    """
    api = Api.current()
    _show(api.get(f"/v1/projects/{segment(project_id(api, project))}/scope"), as_json)


@command.command("set")
@project_argument
@_items_options
@click.option("--all", "everything", is_flag=True, help="Everything in the API's catalogue.")
@json_option
def set_scope(
    project: str, endpoints: tuple[str, ...], event_types: tuple[str, ...], everything: bool, as_json: bool
) -> None:
    """Declare a project's whole scope, in place of the one before.

    \b
    Examples:
      freehold scope set parcel-lookup -e get_country -e list_countries -t lookup.completed
      freehold scope set parcel-lookup --all
    """
    api = Api.current()
    identifier = project_id(api, project)
    if everything:
        place = f"/v1/apis/{segment(api.get(f'/v1/projects/{segment(identifier)}')['api'])}"
        endpoints = tuple(each["operation_id"] for each in api.all(f"{place}/endpoints"))
        event_types = tuple(each["name"] for each in api.all(f"{place}/event_types"))
    _show(_put(api, identifier, list(endpoints), list(event_types)), as_json)


@command.command("add")
@project_argument
@_items_options
@json_option
def add_to_scope(project: str, endpoints: tuple[str, ...], event_types: tuple[str, ...], as_json: bool) -> None:
    """Add endpoints and event types to a project's scope.

    \b
    Example:
      freehold scope add parcel-lookup -e get_currency
    """
    _change(
        project,
        lambda old, given: [*old, *(each for each in given if each not in old)],
        endpoints,
        event_types,
        as_json,
    )


@command.command("remove")
@project_argument
@_items_options
@json_option
def remove_from_scope(project: str, endpoints: tuple[str, ...], event_types: tuple[str, ...], as_json: bool) -> None:
    """Take endpoints and event types out of a project's scope.

    \b
    Example:
      freehold scope remove parcel-lookup -t lookup.completed
    """
    _change(project, lambda old, given: [each for each in old if each not in given], endpoints, event_types, as_json)


def _change(
    project: str,
    change: Callable[[list[str], tuple[str, ...]], list[str]],
    endpoints: tuple[str, ...],
    event_types: tuple[str, ...],
    as_json: bool,
) -> None:
    if not endpoints and not event_types:
        raise click.UsageError("Name at least one --endpoint or --event-type.")
    api = Api.current()
    identifier = project_id(api, project)
    # The project's etag comes first: a scope that somebody changes after it is refused, not overwritten.
    etag = api.get(f"/v1/projects/{segment(identifier)}")["etag"]
    scope = api.get(f"/v1/projects/{segment(identifier)}/scope")
    new = change(scope["endpoints"], endpoints), change(scope["event_types"], event_types)
    _show(_put(api, identifier, *new, etag=etag), as_json)


def _put(api: Api, project: str, endpoints: list[str], event_types: list[str], etag: str | None = None) -> Any:
    return api.put(
        f"/v1/projects/{segment(project)}/scope",
        {"endpoints": endpoints, "event_types": event_types},
        headers={"If-Match": etag} if etag else None,
    )


def _show(scope: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(scope)
        return
    output.print_facts({"Endpoints": scope["endpoints"], "Event types": scope["event_types"]})
    for each in scope.get("undeclared_calls", ()):
        called = " ".join(filter(None, (each["method"], each["path"] or each["endpoint"])))
        why = "not declared" if each["endpoint"] else "not in the catalogue"
        click.echo(f"Denied, {why}: {output.printable(called)} ({each['requests']}, last {each['last_at']})")
    if by_path := [each for each in scope.get("undeclared_calls", ()) if each["path"]]:
        first = by_path[0]
        # A stranger chose the path.
        path = shlex.quote(output.printable(first["path"]))
        click.echo(f"The first one's requests: freehold requests list -p … --outcome {first['outcome']} --path {path}")
    if not scope["endpoints"] and not scope["event_types"]:
        click.echo("The scope is empty: freehold scope set … --endpoint …")
