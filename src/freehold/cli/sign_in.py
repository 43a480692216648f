"""`freehold sign-in`: keep an instance's address and an access token for it."""

import os
import platform
import sys

import click

from freehold.cli import output, passwords, profile
from freehold.cli.api import Api, segment
from freehold.cli.failures import CannotTry


@click.command("sign-in", short_help="Keep an instance's address and an access token.")
@click.option(
    "--url",
    default="http://127.0.0.1:8400",
    envvar=profile.URL_VARIABLE,
    show_default=True,
    help="Where the instance is.",
)
@click.option("--email", help="Your e-mail address; the password is asked for.")
@click.option(
    "--with-token", is_flag=True, help="Read an access token that you have from FREEHOLD_TOKEN or standard input."
)
def command(url: str, email: str | None, with_token: bool) -> None:
    """Sign in to an instance, so that the other commands know where it is and who you are.

    Makes an access token for this machine and keeps it where only you can read it. The password comes
    from a prompt or from FREEHOLD_PASSWORD, and is not kept.

    \b
    Examples:
      freehold sign-in --email ada@example.com
      freehold sign-in --url https://freehold.example.com --email ada@example.com
      freehold sign-in --with-token < token.txt
    """
    url = url.rstrip("/")
    if bool(email) == with_token:
        raise click.UsageError("Give either --email or --with-token.")
    kept = profile.Profile(url, _given_token()) if with_token else _by_password(url, email or "")
    me = Api(kept.url, kept.token).get("/v1/me")
    profile.write(kept)
    who = me["user"]["email"] if me["user"] else me["token"]["name"]
    click.echo(f"Signed in to {url} as {output.printable(who)}.")


def _given_token() -> str:
    token = os.environ.get(profile.TOKEN_VARIABLE) or sys.stdin.readline()
    if not token.strip():
        raise CannotTry("There is no access token in FREEHOLD_TOKEN or on standard input.")
    return token.strip()


def _by_password(url: str, email: str) -> profile.Profile:
    password = passwords.ask(twice=False)
    api = Api(url, None)
    session = api.post("/v1/session", {"email": email, "password": password})
    # The session's cookie stays in this client; its token goes with every call that changes something.
    api.send_always({"X-CSRF-Token": session["csrf_token"]})
    issued = api.post("/v1/tokens", {"name": f"freehold on {platform.node() or 'a machine'}"})
    api.delete("/v1/session")
    return profile.Profile(url, issued["token"], issued["id"])


@click.command("sign-out", short_help="Revoke and forget the kept access token.")
def sign_out() -> None:
    """Revoke the access token that sign-in made, and forget it.

    \b
    Example:
      freehold sign-out
    """
    kept = profile.read()
    if kept is None:
        click.echo("You were not signed in.")
        return
    profile.forget()
    if kept.token_id:
        Api(kept.url, kept.token).delete(f"/v1/tokens/{segment(kept.token_id)}")
    click.echo(f"Signed out of {kept.url}.")
