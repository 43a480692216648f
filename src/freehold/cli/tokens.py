"""`freehold tokens`: access tokens, one's own and an organization's services'."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option, organization_id, show_page

_ROLES = click.Choice(["owner", "admin", "developer", "billing", "auditor", "verifier", "publisher"])
_SERVICE_OF = "An organization's service tokens, by its id, slug or name, instead of your own."


@click.group("tokens", short_help="Access tokens for programs.")
def command() -> None:
    """Access tokens: your own (fhp_…), and those of an organization's services (fho_…)."""


@command.command("create")
@click.option("--name", required=True, help="What will use it.")
@click.option(
    "--service-of", metavar="ORGANIZATION", help="Make a service token of this organization instead of your own."
)
@click.option("--role", "roles", multiple=True, type=_ROLES, help="A service token's role. Repeatable.")
@click.option("--expires-at", metavar="TIME", help="When it ends: 2027-11-22T00:00:00Z.")
@json_option
def create_token(
    name: str, service_of: str | None, roles: tuple[str, ...], expires_at: str | None, as_json: bool
) -> None:
    """Make an access token. Its text is printed this once.

    \b
    Examples:
      freehold tokens create --name laptop
      freehold tokens create --name billing-api --service-of acme --role verifier --role publisher
    """
    api = Api.current()
    body: dict[str, Any] = {"name": name, "expires_at": expires_at, "roles": list(roles)}
    if service_of:
        body["organization"] = organization_id(api, service_of)
    issued = api.post("/v1/tokens", body)
    if as_json:
        output.print_json(issued)
        return
    output.print_facts(
        {"Token": f"{issued['name']} ({issued['id']})", "Roles": issued["roles"], "Expires": issued["expires_at"]}
    )
    output.print_secret("\nAccess token", issued["token"])


@command.command("list")
@click.option("--service-of", metavar="ORGANIZATION", help=_SERVICE_OF)
@json_option
def list_tokens(service_of: str | None, as_json: bool) -> None:
    """List access tokens, newest first.

    \b
    Examples:
      freehold tokens list
      freehold tokens list --service-of acme
    """
    api = Api.current()
    page = api.get("/v1/tokens", {"organization": organization_id(api, service_of) if service_of else None})
    columns = {
        "id": lambda each: each["id"],
        "name": lambda each: each["name"],
        "ends in": lambda each: each["last4"],
        "roles": lambda each: each["roles"],
        "created": lambda each: each["created_at"],
        "expires": lambda each: each["expires_at"],
        "last used": lambda each: each["last_used_at"],
    }
    show_page(page, as_json, columns, "There is no access token.")


@command.command("revoke")
@click.argument("token")
@confirmed("Revoke this access token for good?")
@json_option
def revoke_token(token: str, as_json: bool) -> None:
    """Revoke an access token at once, by its id.

    \b
    Example:
      freehold tokens revoke tok_… --yes
    """
    Api.current().delete(f"/v1/tokens/{segment(token)}")
    if as_json:
        output.print_json(None)
    else:
        click.echo("The access token is revoked.")
