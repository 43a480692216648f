"""What is done with one forwarding: paused, resumed, tried, given a new secret, removed; and how one is shown."""

from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import confirmed, json_option


@click.command("pause")
@click.argument("forwarding")
@json_option
def pause_forwarding(forwarding: str, as_json: bool) -> None:
    """Send nothing on until it is resumed.

    \b
    Example:
      freehold audit forwardings pause fwd_…
    """
    show_facts(Api.current().post(f"{path_of(forwarding)}/pause"), as_json)


@click.command("resume")
@click.argument("forwarding")
@click.option("--after", type=click.IntRange(0), help="From the entry after this position instead, 0 from the first.")
@json_option
def resume_forwarding(forwarding: str, after: int | None, as_json: bool) -> None:
    """Go on, at once: from where it stood, or from a position.

    \b
    Examples:
      freehold audit forwardings resume fwd_…
      freehold audit forwardings resume fwd_… --after 4711
    """
    show_facts(Api.current().post(f"{path_of(forwarding)}/resume", {"after": after}), as_json)


@click.command("test")
@click.argument("forwarding")
@json_option
def test_forwarding(forwarding: str, as_json: bool) -> None:
    """Send one test entry; exit status 1 where it was not taken.

    \b
    Example:
      freehold audit forwardings test fwd_…
    """
    tested = Api.current().post(f"{path_of(forwarding)}/test")
    if as_json:
        output.print_json(tested)
    elif tested["taken"]:
        click.echo("The receiver took the test entry.")
    if not tested["taken"]:
        raise Failure(f"The receiver did not take it: {output.printable(tested['error'])}")


@click.command("rotate-secret")
@click.argument("forwarding")
@json_option
def rotate_secret(forwarding: str, as_json: bool) -> None:
    """Give a forwarding to an HTTPS endpoint a new signing secret; for 24 hours the old one signs too.

    \b
    Example:
      freehold audit forwardings rotate-secret fwd_…
    """
    made = Api.current().post(f"{path_of(forwarding)}/rotate_secret")
    show_facts(made, as_json, {"Signing secret": made["signing_secret"]})


@click.command("remove")
@click.argument("forwarding")
@confirmed("Remove this forwarding?")
@json_option
def remove_forwarding(forwarding: str, as_json: bool) -> None:
    """Send nothing on any more, and erase where it went.

    \b
    Example:
      freehold audit forwardings remove fwd_… --yes
    """
    Api.current().delete(path_of(forwarding))
    if as_json:
        output.print_json(None)
    else:
        click.echo("The forwarding is removed.")


ACTS: Final = (pause_forwarding, resume_forwarding, test_forwarding, rotate_secret, remove_forwarding)


def path_of(forwarding: str) -> str:
    """Where the API has a forwarding."""
    return f"/v1/forwardings/{segment(forwarding)}"


def show_facts(forwarding: dict[str, Any], as_json: bool, more: dict[str, Any] | None = None) -> None:
    """Print what there is to know of a forwarding, and `more` that is known only now."""
    if as_json:
        output.print_json(forwarding)
        return
    behind = "1 entry" if forwarding["lag_entries"] == 1 else f"{forwarding['lag_entries']:,} entries"
    if forwarding["lag_since"]:
        behind += f", the oldest since {output.text_of(forwarding['lag_since'])}"
    standing = {}
    if forwarding["state"] == "failing":
        told = forwarding["told_at"] or "not yet: half an hour after it began"
        standing = {
            "Failing since": forwarding["failing_since"],
            "Next try": forwarding["next_try_at"],
            "E-mails sent": told,
        }
    output.print_facts(
        {
            "Forwarding": forwarding["id"], "Name": forwarding["name"], "To": f"{forwarding['kind']} {forwarding['to']}",
            "State": forwarding["state"] + (f": {forwarding['error']}" if forwarding["error"] else ""),
            **standing, "Behind": behind, "Sent": f"{forwarding['sent']:,}", **(more or {}),
        }
    )  # fmt: skip
