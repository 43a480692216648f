"""`freehold organizations`: the teams and companies that one can see."""

import click

from freehold.cli import output
from freehold.cli.api import Api
from freehold.cli.options import json_option, show_page


@click.group("organizations", short_help="List and create organizations.")
def command() -> None:
    """Organizations: teams or companies, whose members have roles."""


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
