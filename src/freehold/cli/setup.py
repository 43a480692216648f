"""`freehold setup`: the first-run setup from a terminal, on the instance's own database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from freehold.cli import output, passwords
from freehold.cli.failures import CannotTry, Failure
from freehold.cli.instance_options import data_option, settings_of

if TYPE_CHECKING:
    from freehold.settings import Settings


@click.command("setup", short_help="Make the operator's account and organization.")
@data_option
@click.option("--email", required=True, help="The operator's e-mail address, which is also the name to sign in with.")
@click.option("--name", help="The operator's name.  [default: the address up to its @]")
@click.option("--organization", required=True, help="The operator's organization.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(data: Path | None, email: str, name: str | None, organization: str, as_json: bool) -> None:
    """Do the first-run setup here instead of in a browser, whether the instance runs or not.

    The password comes from a prompt or from FREEHOLD_PASSWORD. Prints an access token of the new
    account, with which the other commands and the API can be used at once.

    \b
    Examples:
      freehold setup --email ada@example.com --name "Ada Lovelace" --organization "Acme"
      FREEHOLD_PASSWORD=… freehold setup --data /var/lib/freehold --email ada@example.com --organization Acme --json
    """
    settings = settings_of(data=data)
    done = _set_up(settings, email, name or email.partition("@")[0], organization)
    if as_json:
        output.print_json(done)
        return
    output.print_facts(
        {"Organization": f"{organization} ({done['organization']})", "Operator": f"{email} ({done['user']})"}
    )
    output.print_secret("\nAccess token", done["token"])
    click.echo("Use it:  freehold sign-in --url … --token -   or   FREEHOLD_URL=… FREEHOLD_TOKEN=…")


def _set_up(settings: Settings, email: str, name: str, organization: str) -> dict[str, Any]:
    from freehold.errors import Problem
    from freehold.settings import BadSetting
    from freehold.supervisor.refusals import CannotStart
    from freehold.supervisor.setup import check, set_up

    try:
        # Whatever can be refused is refused before a person is asked to think of a password.
        check(settings)
        return set_up(settings, email, name, passwords.ask(twice=True), organization)
    except (CannotStart, BadSetting) as refusal:
        raise CannotTry(str(refusal)) from None
    except Problem as problem:
        raise Failure(f"{problem.title}. {problem.detail}") from None
