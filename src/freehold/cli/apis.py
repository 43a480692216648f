"""`freehold apis`: the APIs that the operator protects, and their catalogues."""

import sys
from pathlib import Path
from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import CannotTry
from freehold.cli.options import json_option, page_options, show_page

_MEDIA_TYPES = {".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml"}


@click.group("apis", short_help="The APIs that are protected, and their catalogues.")
def command() -> None:
    """APIs: what the operator protects, each with a catalogue and one upstream per environment."""


@command.command("list")
@page_options
@json_option
def list_apis(limit: int, cursor: str | None, as_json: bool) -> None:
    """List the APIs, newest first.

    \b
    Example:
      freehold apis list
    """
    page = Api.current().get("/v1/apis", {"limit": limit, "cursor": cursor})
    columns = {
        "id": lambda each: each["id"],
        "slug": lambda each: each["slug"],
        "name": lambda each: each["name"],
        "endpoints": lambda each: each["endpoints"],
        "event types": lambda each: each["event_types"],
        "imported": lambda each: each["imported_at"],
    }
    show_page(page, as_json, columns, "There is no API yet: freehold apis create …")


@command.command("create")
@click.argument("name")
@click.option("--slug", help="Its name in addresses; made from the name unless given.")
@click.option("--sandbox", metavar="URL", help="Where sandbox traffic goes.")
@click.option("--production", metavar="URL", help="Where production traffic goes.")
@json_option
def create_api(name: str, slug: str | None, sandbox: str | None, production: str | None, as_json: bool) -> None:
    """Register an API. Its catalogue comes with its OpenAPI document: freehold apis import.

    \b
    Example:
      freehold apis create Payments --sandbox http://10.0.0.5:9000 --production http://10.0.0.6:9000
    """
    upstreams = {"sandbox": sandbox, "production": production}
    _show(Api.current().post("/v1/apis", {"name": name, "slug": slug, "upstreams": upstreams}), as_json)


@command.command("edit")
@click.argument("api")
@click.option("--name", help="Its new name; the slug stays.")
@click.option("--sandbox", metavar="URL", help="Where sandbox traffic goes; empty for nowhere.")
@click.option("--production", metavar="URL", help="Where production traffic goes; empty for nowhere.")
@click.option(
    "--fail-open/--fail-closed",
    default=None,
    help="Whether a gate that cannot hear the database goes on allowing the keys that it knows, revoked ones too.",
)
@click.option(
    "--pass-key/--hide-key",
    default=None,
    help="Whether the gateway sends the caller's key on to the upstream; else no upstream ever sees one.",
)
@json_option
def edit_api(
    api: str,
    name: str | None,
    sandbox: str | None,
    production: str | None,
    fail_open: bool | None,
    pass_key: bool | None,
    as_json: bool,
) -> None:
    """Change an API's name, upstreams, or what the gate does for it; what is not given stays.

    \b
    Examples:
      freehold apis edit payments --production http://10.0.0.7:9000
      freehold apis edit payments --fail-closed
    """
    upstreams = {"sandbox": sandbox, "production": production}
    given = {environment: url or None for environment, url in upstreams.items() if url is not None}
    wanted = {"name": name or None, "upstreams": given or None, "fail_open": fail_open, "pass_key": pass_key}
    body = {field: value for field, value in wanted.items() if value is not None}
    if not body:
        raise click.UsageError("Say what to change: --name, --sandbox, --production, --fail-open or --pass-key.")
    _show(Api.current().patch(f"/v1/apis/{segment(api)}", body), as_json)


@command.command("show")
@click.argument("api")
@json_option
def show_api(api: str, as_json: bool) -> None:
    """Show one API, by its id or slug.

    \b
    Example:
      freehold apis show example
    """
    _show(Api.current().get(f"/v1/apis/{segment(api)}"), as_json)


@command.command("import")
@click.argument("api")
@click.argument("document", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@json_option
def import_document(api: str, document: Path, as_json: bool) -> None:
    """Replace an API's catalogue by an OpenAPI 3.1 document's, in JSON or YAML; - reads standard input.

    \b
    Examples:
      freehold apis import payments openapi.yaml
      curl -s https://api.example.com/openapi.json | freehold apis import payments -
    """
    content, media_type = _read(document)
    done = Api.current().call(
        "PUT", f"/v1/apis/{segment(api)}/openapi", content=content, headers={"Content-Type": media_type}
    )
    if as_json:
        output.print_json(done)
        return
    for noun in ("endpoints", "event_types"):
        change = done[noun]
        click.echo(
            f"{noun.replace('_', ' ').capitalize()}: {len(change['added'])} added, "
            f"{len(change['changed'])} changed, {len(change['removed'])} removed."
        )
    for project in done["projects"]:
        touched = ", ".join([*project["endpoints"], *project["event_types"]])
        click.echo(
            output.printable(f"Touches {project['environment']} project {project['name']} ({project['id']}): {touched}")
        )
    for warning in done["warnings"]:
        click.echo(f"Note: {output.printable(warning)}", err=True)


@command.command("endpoints")
@click.argument("api")
@page_options
@json_option
def list_endpoints(api: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List an API's endpoints, in its document's order.

    \b
    Example:
      freehold apis endpoints example
    """
    page = Api.current().get(f"/v1/apis/{segment(api)}/endpoints", {"limit": limit, "cursor": cursor})
    columns = {
        "endpoint": lambda each: each["operation_id"],
        "method": lambda each: each["method"],
        "path": lambda each: each["path"],
        "summary": lambda each: each["summary"],
    }
    show_page(page, as_json, columns, "The catalogue has no endpoint: freehold apis import …")


@command.command("event-types")
@click.argument("api")
@page_options
@json_option
def list_event_types(api: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List an API's event types, in its document's order.

    \b
    Example:
      freehold apis event-types example
    """
    page = Api.current().get(f"/v1/apis/{segment(api)}/event_types", {"limit": limit, "cursor": cursor})
    columns = {"event type": lambda each: each["name"], "summary": lambda each: each["summary"]}
    show_page(page, as_json, columns, "The catalogue has no event type: freehold apis import …")


@command.command("event-type")
@click.argument("api")
@click.argument("name")
@json_option
def show_event_type(api: str, name: str, as_json: bool) -> None:
    """Show one event type with its payload's schema and an example. To send it: freehold webhooks test … -t NAME.

    \b
    Example:
      freehold apis event-type example lookup.completed
    """
    found = Api.current().get(f"/v1/apis/{segment(api)}/event_types/{segment(name)}")
    if as_json:
        output.print_json(found)
        return
    output.print_facts({"Event type": found["name"], "Summary": found["summary"], "Removed": found["removed_at"]})
    for title, value in (("Schema", found["schema"]), ("Example", found["example"])):
        click.secho(f"\n{title}", bold=True)
        click.echo("none" if value is None else output.printable_json(value))


def _read(document: Path) -> tuple[bytes, str]:
    if str(document) == "-":
        content = sys.stdin.buffer.read()
        return content, "application/json" if content.lstrip().startswith(b"{") else "application/yaml"
    media_type = _MEDIA_TYPES.get(document.suffix.lower())
    if media_type is None:
        raise CannotTry(f"{document} should end in .json, .yaml or .yml, which says how to read it.")
    try:
        return document.read_bytes(), media_type
    except OSError as error:
        raise CannotTry(f"{document} cannot be read: {error.strerror}.") from None


def _show(api: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(api)
        return
    output.print_facts(
        {
            "API": f"{api['name']} ({api['id']})",
            "Slug": api["slug"],
            "Sandbox upstream": api["upstreams"]["sandbox"],
            "Production upstream": api["upstreams"]["production"],
            "Endpoints": api["endpoints"],
            "Event types": api["event_types"],
            "Imported": api["imported_at"],
        }
    )
    if api["fail_open"]:
        words = "It fails open: a gate that is cut off allows the keys that it knows, revoked ones too."
        click.secho(words, fg="red")
