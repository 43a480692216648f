"""`freehold organizations`: the teams and companies that one can see."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option, organization_id, show_page
from freehold.cli.organization_export import export


@click.group("organizations", short_help="List and create organizations.")
def command() -> None:
    """Organizations: teams or companies, whose members have roles."""


command.add_command(export)


@command.command("list")
@json_option
def list_organizations(as_json: bool) -> None:
    """List the organizations that you can see, by name.

    \b
    Example:
      freehold organizations list
    """
    page = Api.current().get("/v1/organizations")
    columns = {"id": lambda each: each["id"], "name": lambda each: each["name"], "slug": lambda each: each["slug"]}
    show_page(page, as_json, columns, "You belong to no organization.")


@command.command("create")
@click.argument("name")
@json_option
def create_organization(name: str, as_json: bool) -> None:
    """Create an organization, with you as its first owner; operators only.

    \b
    Example:
      freehold organizations create "Northgate"
    """
    made = Api.current().post("/v1/organizations", {"name": name})
    if as_json:
        output.print_json(made)
    else:
        output.print_facts({"Organization": f"{made['name']} ({made['id']})", "Slug": made["slug"]})


@command.command("deletion")
@click.argument("organization")
@json_option
def show_deletion(organization: str, as_json: bool) -> None:
    """Show what deleting an organization would do, or when it will be deleted, by its id, slug or name.

    \b
    Example:
      freehold organizations deletion acme
    """
    api = Api.current()
    known = organization if organization.startswith("org_") else organization_id(api, organization)
    _show(api.get(f"/v1/organizations/{segment(known)}/deletion"), as_json)


@command.command("delete")
@click.argument("organization")
@confirmed("Delete this organization? Its keys stop at once, and after the days of grace everything of it is deleted.")
@json_option
def delete_organization(organization: str, as_json: bool) -> None:
    """Let an organization be deleted, by its id, slug or name. It can be restored for 30 days, unless set otherwise.

    \b
    Example:
      freehold organizations delete acme
    """
    api = Api.current()
    path = f"/v1/organizations/{segment(organization_id(api, organization))}"
    _show(api.post(f"{path}/delete", {"name": api.get(path)["name"]}), as_json)


@command.command("restore")
@click.argument("organization")
@json_option
def restore_organization(organization: str, as_json: bool) -> None:
    """Restore an organization that waits to be deleted to what it was.

    \b
    Example:
      freehold organizations restore acme
    """
    api = Api.current()
    _show(api.post(f"/v1/organizations/{segment(organization_id(api, organization))}/restore"), as_json)


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(found)
        return
    facts: dict[str, Any] = {"Organization": f"{found['name']} ({found['organization']})".strip()}
    facts["Deletion"] = {"none": "not asked for"}.get(found["state"], found["state"])
    if found["ends_at"]:
        facts["For good"] = found["ends_at"]
    if found["finished_at"]:
        facts["Deleted"] = found["finished_at"]
    if found["confirmed_by"] is not None:
        facts["Keys refused by"] = f"{found['confirmed_by']} gate processes after {found['propagation_ms']} ms"
    if found["holds"]:
        facts["Holds"] = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in found["holds"].items())
    if found["refused"]:
        facts["Refused"] = found["refused"]
    output.print_facts(facts)
