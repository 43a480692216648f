"""`freehold keys rotate` and what belongs to it: a key's secrets, and how long an old one serves on."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option


@click.command("rotate")
@click.argument("key")
@click.option(
    "--overlap-s",
    type=click.IntRange(0),
    default=86_400,
    show_default=True,
    help="How many seconds the old secret serves beside the new one; 0 ends every older one at once.",
)
@click.option("--hold", is_flag=True, help="Keep the old secret serving while it is still in use, at most 90 days.")
@json_option
def rotate_key(key: str, overlap_s: int, hold: bool, as_json: bool) -> None:
    """Give a key a new secret, printed this once; the old one serves until the overlap ends.

    The key's id, limits and history stay.

    \b
    Examples:
      freehold keys rotate key_…
      freehold keys rotate key_… --overlap-s 604800 --hold
      freehold keys rotate key_… --overlap-s 0
    """
    rotated = Api.current().post(f"/v1/keys/{segment(key)}/rotate", {"overlap_s": overlap_s, "hold": hold})
    if as_json:
        output.print_json(rotated)
        return
    output.print_secret("Key", rotated["secret"])
    retiring = next((each for each in rotated["secrets"] if each["state"] == "retiring"), None)
    if retiring is None:
        click.echo("The old secret is refused from now on.")
    else:
        until = f"Version {retiring['version']} serves until {output.text_of(retiring['retires_at'])}"
        click.echo(f"{until}{', and on while it is still in use' if retiring['held'] else ''}.")
    print_confirmation(rotated)


@click.command("secrets")
@click.argument("key")
@json_option
def list_secrets(key: str, as_json: bool) -> None:
    """List a key's secrets, newest first, with their last use and who calls with them.

    \b
    Example:
      freehold keys secrets key_…
    """
    secrets = Api.current().get(f"/v1/keys/{segment(key)}")["secrets"]
    if as_json:
        output.print_json(secrets)
        return
    columns = ["version", "ends in", "state", "until", "last used", "requests", "callers"]
    rows = [
        [
            each["version"], f"…{each['last4']}", each["state"] + (", held" if each["held"] else ""), each["retires_at"],
            each["last_used_at"], each["requests"], [_caller(caller) for caller in each["callers"]],
        ]
        for each in secrets
    ]  # fmt: skip
    output.print_table(columns, rows, "The key has no secret.")


@click.command("overlap")
@click.argument("key")
@click.argument("version", type=click.IntRange(1))
@click.option("--ends-at", metavar="TIME", help="When the old secret ends: 2027-11-22T00:00:00Z.")
@click.option("--hold/--no-hold", default=None, help="Whether it serves on while it is still in use.")
@json_option
def change_overlap(key: str, version: int, ends_at: str | None, hold: bool | None, as_json: bool) -> None:
    """Let an old secret end sooner or later, or hold it while it is in use.

    \b
    Examples:
      freehold keys overlap key_… 1 --ends-at 2027-11-22T00:00:00Z
      freehold keys overlap key_… 1 --hold
    """
    body = {name: value for name, value in {"retires_at": ends_at, "held": hold}.items() if value is not None}
    if not body:
        raise click.UsageError("Say when it ends (--ends-at), or whether to --hold it.")
    changed = Api.current().patch(f"/v1/keys/{segment(key)}/secrets/{version}", body)
    if as_json:
        output.print_json(changed)
        return
    secret = next(each for each in changed["secrets"] if each["version"] == version)
    held = ", and on while it is still in use" if secret["held"] else ""
    click.echo(f"Version {version} serves until {output.text_of(secret['retires_at'])}{held}.")
    print_confirmation(changed)


@click.command("retire")
@click.argument("key")
@click.argument("version", type=click.IntRange(1))
@confirmed("End this secret for good?")
@json_option
def retire_secret(key: str, version: int, as_json: bool) -> None:
    """End an old secret now, for good. Answers when every live gate refuses it.

    \b
    Example:
      freehold keys retire key_… 1 --yes
    """
    retired = Api.current().post(f"/v1/keys/{segment(key)}/secrets/{version}/retire")
    if as_json:
        output.print_json(retired)
        return
    click.echo(f"Version {version} of {output.printable(retired['name'])} is retired.")
    print_confirmation(retired)


def print_confirmation(answer: dict[str, Any]) -> None:
    """Say which gates decide by a change, and on standard error how many could not be heard."""
    count = answer["confirmed_by"]
    noun, verb = ("process", "decides") if count == 1 else ("processes", "decide")
    click.echo(f"{count} gate {noun} {verb} by it, after {answer['propagation_ms']} ms.")
    if answer["silent"]:
        click.echo(f"{answer['silent']} could not be heard; they refuse all keys until they are.", err=True)


def _caller(caller: dict[str, Any]) -> str:
    return " ".join(part for part in (caller["address"], caller["user_agent"]) if part) or "unknown"
