"""`freehold members`: the people of an organization."""

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import confirmed, json_option, organization_id, organization_option, show_page

ROLES = click.Choice(["owner", "admin", "developer", "billing", "auditor"])


@click.group("members", short_help="The people of an organization, and inviting more.")
def command() -> None:
    """Members: people with a role in an organization."""


@command.command("list")
@organization_option
@json_option
def list_members(organization: str | None, as_json: bool) -> None:
    """List an organization's members, by e-mail address.

    \b
    Example:
      freehold members list
    """
    api = Api.current()
    page = api.get(f"/v1/organizations/{segment(organization_id(api, organization))}/members")
    columns = {
        "id": lambda each: each["user"],
        "name": lambda each: each["name"],
        "e-mail": lambda each: each["email"],
        "role": lambda each: each["role"],
        "joined": lambda each: each["joined_at"],
        "last seen": lambda each: each["last_seen_at"],
    }
    show_page(page, as_json, columns, "The organization has no members.")


@command.command("invite")
@click.argument("email")
@click.option("--role", type=ROLES, required=True, help="What they may do.")
@organization_option
@json_option
def invite(email: str, role: str, organization: str | None, as_json: bool) -> None:
    """Invite somebody. The link to pass on to them is printed this once.

    \b
    Example:
      freehold members invite grace@example.com --role developer
    """
    api = Api.current()
    path = f"/v1/organizations/{segment(organization_id(api, organization))}/invitations"
    invitation = api.post(path, {"email": email, "role": role})
    if as_json:
        output.print_json(invitation)
        return
    output.print_facts({"Invited": f"{invitation['email']} as {invitation['role']}", "Until": invitation["expires_at"]})
    output.print_secret("\nLink", invitation["link"])


@command.command("remove")
@click.argument("member")
@confirmed("Take this member out of the organization?")
@organization_option
@json_option
def remove_member(member: str, organization: str | None, as_json: bool) -> None:
    """Take a member out of an organization, by e-mail address or id. Say `me` to leave it yourself.

    \b
    Examples:
      freehold members remove grace@example.com
      freehold members remove me
    """
    api = Api.current()
    path = f"/v1/organizations/{segment(organization_id(api, organization))}/members"
    wanted = (api.get("/v1/me")["user"] or {}).get("id") if member == "me" else member.strip().lower()
    found = next((each for each in api.all(path) if wanted in (each["user"], each["email"])), None)
    if found is None:
        raise Failure(f"There is no member {member!r} in the organization.")
    api.delete(f"{path}/{segment(found['user'])}")
    if as_json:
        output.print_json(None)
    else:
        said = "You have left the organization." if member == "me" else f"{found['name']} is no member any more."
        click.echo(output.printable(said))
