"""`freehold projects`: an organization's projects."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.limits import CLEARED, given_limits, limit_facts, limit_options
from freehold.cli.options import (
    json_option,
    organization_id,
    organization_option,
    page_options,
    project_argument,
    project_id,
    show_page,
)

ENVIRONMENTS = click.Choice(["sandbox", "production"])


@click.group("projects", short_help="List, create, change, archive projects.")
def command() -> None:
    """Projects: one workload in one environment, with its own keys, webhooks and usage."""


@command.command("list")
@organization_option
@click.option("--environment", type=ENVIRONMENTS, help="Only those of one environment.")
@click.option("--search", help="Only those with these words in name, purpose, product line or use case.")
@click.option("--archived/--active", default=None, help="Only archived ones, or only active ones.")
@page_options
@json_option
def list_projects(
    organization: str | None,
    environment: str | None,
    search: str | None,
    archived: bool | None,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    """List an organization's projects, newest first.

    \b
    Examples:
      freehold projects list
      freehold projects list --organization acme --environment sandbox --json
    """
    api = Api.current()
    query = {
        "environment": environment,
        "search": search,
        "archived": None if archived is None else str(archived).lower(),
        "limit": limit,
        "cursor": cursor,
    }
    page = api.get(f"/v1/organizations/{segment(organization_id(api, organization))}/projects", query)
    columns = {
        "id": lambda each: each["id"],
        "name": lambda each: each["name"],
        "slug": lambda each: each["slug"],
        "environment": lambda each: each["environment"],
        "state": lambda each: each["state"],
        "keys": lambda each: each["serving_keys"],
        "webhooks": lambda each: each["webhook_endpoints"],
        "next step": lambda each: (each["next_step"] or {}).get("title"),
    }
    show_page(page, as_json, columns, "There is no project yet: freehold projects create …")


@command.command("create")
@click.argument("name")
@organization_option
@click.option("--purpose", required=True, help="What the project is for, in a few words.")
@click.option("--api", "api_name", default="example", show_default=True, help="The API it calls: its id or slug.")
@click.option("--product-line", help="The product line it belongs to.")
@click.option("--use-case", help="The use case it serves.")
@click.option(
    "--owner",
    "owners",
    multiple=True,
    metavar="EMAIL[:DUTY]",
    help="An owner, technical unless :billing or :audit. Repeatable.",
)
@limit_options
@json_option
def create_project(
    name: str,
    organization: str | None,
    purpose: str,
    api_name: str,
    product_line: str | None,
    use_case: str | None,
    owners: tuple[str, ...],
    as_json: bool,
    **limits: Any,
) -> None:
    """Create a sandbox project. Without an owner, you own it. Its limits are spent by all its keys together.

    \b
    Examples:
      freehold projects create "Parcel lookup" --purpose "Looks up title records for partners"
      freehold projects create Checkout --purpose "Prices by country" --api example --owner ada@example.com:billing
    """
    api = Api.current()
    body = {
        "name": name,
        "purpose": purpose,
        "api": api_name,
        "product_line": product_line,
        "use_case": use_case,
        "owners": [_owner(each) for each in owners],
        **given_limits(limits),
    }
    _show(api.post(f"/v1/organizations/{segment(organization_id(api, organization))}/projects", body), as_json)


@command.command("show")
@project_argument
@json_option
def show_project(project: str, as_json: bool) -> None:
    """Show one project and its next step.

    \b
    Example:
      freehold projects show parcel-lookup
    """
    api = Api.current()
    _show(api.get(f"/v1/projects/{segment(project_id(api, project))}"), as_json)


@command.command("edit")
@project_argument
@click.option("--name", help="Its new name; the slug stays.")
@click.option("--purpose", help="What it is for.")
@click.option("--product-line", help="The product line; empty for none.")
@click.option("--use-case", help="The use case; empty for none.")
@click.option(
    "--owner",
    "owners",
    multiple=True,
    metavar="EMAIL[:DUTY]",
    help="All its owners, in place of those before. Repeatable.",
)
@limit_options
@click.option(
    "--clear",
    multiple=True,
    type=click.Choice(list(CLEARED)),
    help="A limit to take away. Repeatable.",
)
@json_option
def edit_project(
    project: str,
    name: str | None,
    purpose: str | None,
    product_line: str | None,
    use_case: str | None,
    owners: tuple[str, ...],
    clear: tuple[str, ...],
    as_json: bool,
    **limits: Any,
) -> None:
    """Change a project's labels, owners or limits; what is not given stays.

    \b
    Examples:
      freehold projects edit parcel-lookup --purpose "Title records for conveyancing" --product-line ""
      freehold projects edit parcel-lookup --rate-limit 3000/60 --quota 1000000/month
      freehold projects edit parcel-lookup --clear quota
    """
    api = Api.current()
    given: dict[str, Any] = {"name": name, "purpose": purpose, "product_line": product_line, "use_case": use_case}
    body = {field: value for field, value in given.items() if value is not None}
    if owners:
        body["owners"] = [_owner(each) for each in owners]
    body |= given_limits(limits) | {CLEARED[each]: None for each in clear}
    if not body:
        raise click.UsageError(
            "Say what to change: --name, --purpose, --product-line, --use-case, --owner, --rate-limit, --quota or --clear."
        )
    _show(api.patch(f"/v1/projects/{segment(project_id(api, project))}", body), as_json)


@command.command("archive")
@project_argument
@json_option
def archive_project(project: str, as_json: bool) -> None:
    """Archive a project: its keys stop at once, nothing is deleted.

    \b
    Example:
      freehold projects archive parcel-lookup
    """
    api = Api.current()
    _show(api.post(f"/v1/projects/{segment(project_id(api, project))}/archive"), as_json)


@command.command("restore")
@project_argument
@json_option
def restore_project(project: str, as_json: bool) -> None:
    """Bring an archived project back.

    \b
    Example:
      freehold projects restore parcel-lookup
    """
    api = Api.current()
    _show(api.post(f"/v1/projects/{segment(project_id(api, project))}/restore"), as_json)


def _owner(text: str) -> dict[str, str]:
    member, _, duty = text.partition(":")
    return {"member": member, "duty": duty or "technical"}


def _show(project: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(project)
        return
    step = project["next_step"] or {}
    output.print_facts(
        {
            "Project": f"{project['name']} ({project['id']})",
            "Slug": project["slug"],
            "Environment": project["environment"],
            "State": project["state"],
            "Purpose": project["purpose"],
            "Product line": project["product_line"],
            "Use case": project["use_case"],
            "Owners": [f"{each['name']} <{each['email']}> ({each['duty']})" for each in project["owners"]],
            "API": project["api"],
            "Sibling": project["sibling"],
            "Serving keys": project["serving_keys"],
            "Webhook endpoints": project["webhook_endpoints"],
            "Readiness": _readiness(project["readiness"]),
            "Production access": project["production_access"].replace("_", " "),
            **limit_facts(project),
            "Created": project["created_at"],
            "Next step": f"{step['title']}: {step['detail']}" if step else None,
        }
    )


def _readiness(found: dict[str, int] | None) -> str | None:
    """How far a sandbox project is, as it was looked at within the last minute."""
    if found is None:
        return None
    return f"{found['passed']} of {found['total']} checks passed, {found['blocking']} block production"
