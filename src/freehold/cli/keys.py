"""`freehold keys`: a project's credentials."""

from collections.abc import Callable
from typing import Any

import click

from freehold.cli import key_secrets, output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.limits import CLEARED, limit_facts, limit_options
from freehold.cli.options import confirmed, json_option, page_options, project_id, project_option, show_page

Command = Callable[..., Any]


def _settings_options(command: Command) -> Command:
    for option in (
        limit_options,
        click.option(
            "--allow", "allowed_cidrs", multiple=True, metavar="CIDR", help="A network it may be used from. Repeatable."
        ),
        click.option("--expires-at", metavar="TIME", help="When it ends: 2027-11-22T00:00:00Z."),
        click.option(
            "--endpoint",
            "-e",
            "endpoints",
            multiple=True,
            help="An endpoint it may call, of the project's scope. Repeatable.",
        ),
        click.option("--workload", help="What uses it."),
    ):
        command = option(command)
    return command


@click.group("keys", short_help="Issue, list, change, rotate, revoke keys.")
def command() -> None:
    """Keys: named credentials of one project, each for one workload."""


@command.command("issue")
@project_option
@click.option("--name", help="What the key is called.")
@click.option("--declared", metavar="NAME", help="A declared key, as it is declared where nothing else is given.")
@_settings_options
@json_option
def issue_key(project: str, name: str | None, declared: str | None, as_json: bool, **settings: Any) -> None:
    """Issue a key. Its secret is printed this once.

    \b
    Examples:
      freehold keys issue -p parcel-lookup --declared checkout-web
      freehold keys issue -p parcel-lookup --name conveyancer-web
      freehold keys issue -p parcel-lookup --name batch -e get_country --rate-limit 600/60 --allow 203.0.113.0/24
      freehold keys issue -p parcel-lookup --name web --rate-limit 600/60 --rate-limit burst=20/1 --quota 100000/month
    """
    if (name is None) == (declared is None):
        raise click.UsageError("Give --name for a new key, or --declared for one that is declared.")
    api = Api.current()
    place = f"/v1/projects/{segment(project_id(api, project))}"
    known = api.get(f"{place}/declared_keys")["data"] if declared is not None else []
    if declared is not None and not any(each["name"] == declared for each in known):
        raise Failure(f"No key {declared!r} is declared: freehold keys declared -p …")
    key = api.post(f"{place}/keys", {"name": name or declared, **_given(settings)})
    if as_json:
        output.print_json(key)
        return
    _show(key)
    output.print_secret("\nKey", key["secret"])


@command.command("list")
@project_option
@page_options
@json_option
def list_keys(project: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List a project's keys, newest first.

    \b
    Example:
      freehold keys list -p parcel-lookup
    """
    api = Api.current()
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/keys", {"limit": limit, "cursor": cursor})
    columns = {
        "id": lambda each: each["id"],
        "name": lambda each: each["name"],
        "workload": lambda each: each["workload"],
        "state": lambda each: each["state"],
        "secrets": lambda each: [f"…{secret['last4']} {secret['state']}" for secret in each["secrets"]],
        "expires": lambda each: each["expires_at"],
        "last used": _last_used,
    }
    show_page(page, as_json, columns, "There is no key yet: freehold keys issue …")


@command.command("declared")
@project_option
@json_option
def list_declared(project: str, as_json: bool) -> None:
    """List the keys that a project declares and nobody has issued yet.

    \b
    Example:
      freehold keys declared -p parcel-lookup
    """
    api = Api.current()
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/declared_keys")
    columns = {
        "id": lambda each: each["key"],
        "name": lambda each: each["name"],
        "workload": lambda each: each["workload"],
        "endpoints": lambda each: "all of the scope" if each["endpoints"] is None else each["endpoints"],
        "expires after": lambda each: f"{each['expires_after_days']} d" if each["expires_after_days"] else None,
    }
    show_page(page, as_json, columns, "Every declared key is issued.")


@command.command("undeclare")
@click.argument("key")
@confirmed("Take this declared key back?")
def undeclare_key(key: str) -> None:
    """Take a declared key back, by the id that it would have had.

    \b
    Example:
      freehold keys undeclare key_… --yes
    """
    Api.current().delete(f"/v1/declared_keys/{segment(key)}")
    click.echo("It is declared no more.")


@command.command("show")
@click.argument("key")
@json_option
def show_key(key: str, as_json: bool) -> None:
    """Show one key, by its id.

    \b
    Example:
      freehold keys show key_…
    """
    found = Api.current().get(f"/v1/keys/{segment(key)}")
    if as_json:
        output.print_json(found)
    else:
        _show(found)


@command.command("edit")
@click.argument("key")
@click.option("--name", help="Its new name.")
@_settings_options
@click.option(
    "--clear",
    multiple=True,
    type=click.Choice(["workload", "endpoints", "expires-at", "allow", *CLEARED]),
    help="What to take away: then it is not limited in that. Repeatable.",
)
@json_option
def edit_key(key: str, name: str | None, clear: tuple[str, ...], as_json: bool, **settings: Any) -> None:
    """Change a key; what is not given stays. The gate follows within moments.

    \b
    Examples:
      freehold keys edit key_… --rate-limit 1200/60
      freehold keys edit key_… --clear expires-at --clear endpoints
    """
    body = _given({"name": name, **settings})
    body |= {{"expires-at": "expires_at", "allow": "allowed_cidrs", **CLEARED}.get(each, each): None for each in clear}
    if not body:
        raise click.UsageError("Say what to change, or what to --clear.")
    changed = Api.current().patch(f"/v1/keys/{segment(key)}", body)
    if as_json:
        output.print_json(changed)
    else:
        _show(changed)


@command.command("revoke")
@click.argument("key")
@confirmed("Revoke this key for good?")
@json_option
def revoke_key(key: str, as_json: bool) -> None:
    """Revoke a key for good. Answers when every live gate refuses it.

    \b
    Example:
      freehold keys revoke key_… --yes
    """
    revoked = Api.current().post(f"/v1/keys/{segment(key)}/revoke")
    if as_json:
        output.print_json(revoked)
        return
    click.echo(f"{output.printable(revoked['name'])} is revoked.")
    key_secrets.print_confirmation(revoked)


for secrets_command in (
    key_secrets.rotate_key,
    key_secrets.list_secrets,
    key_secrets.change_overlap,
    key_secrets.retire_secret,
):
    command.add_command(secrets_command)


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
    return {name: value for name, value in listed.items() if value not in (None, [])}


def _last_used(key: dict[str, Any]) -> str | None:
    used = [secret["last_used_at"] for secret in key["secrets"] if secret["last_used_at"]]
    return max(used, default=None)


def _show(key: dict[str, Any]) -> None:
    output.print_facts(
        {
            "Key": f"{key['name']} ({key['id']})",
            "Project": key["project"],
            "Environment": key["environment"],
            "State": key["state"],
            "Workload": key["workload"],
            "Endpoints": key["endpoints"] if key["endpoints"] is not None else "all of the project's scope",
            "Networks": key["allowed_cidrs"],
            **limit_facts(key),
            "Expires": key["expires_at"],
            "Created": key["created_at"],
            "Revoked": key["revoked_at"],
            "Last used": _last_used(key),
        }
    )
