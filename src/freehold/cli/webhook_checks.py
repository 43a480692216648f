"""`freehold webhooks check` and `advance`: whether a receiver is right, and its sandbox clock."""

import sys
import time
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import json_option

_POLL_S: Final = 0.5
_PROBES: Final = {
    "signed": "a rightly signed event is accepted",
    "forged": "a forged signature is refused",
    "stale": "a timestamp 10 minutes old is refused",
    "repeated": "the same id twice is accepted once",
}


@click.command("check")
@click.argument("webhook")
@json_option
def check_webhook(webhook: str, as_json: bool) -> None:
    """Send an endpoint four probes and say whether its receiver is right. Exit status 1 unless all are passed.

    \b
    Example:
      freehold webhooks check whe_…
    """
    api = Api.current()
    check = api.post(f"/v1/webhooks/{segment(webhook)}/check", {"wait_s": 0})
    shown = 0
    while True:
        for probe in [] if as_json else check["probes"][shown:]:
            _show_probe(probe)
        shown = len(check["probes"])
        if check["state"] != "running":
            break
        time.sleep(_POLL_S)
        check = api.get(f"/v1/webhook_checks/{segment(check['id'])}")
    if as_json:
        output.print_json(check)
        sys.exit(0 if check["state"] == "passed" else 1)
    output.print_facts({"\nCheck": check["id"], "Result": check["state"], "Counts until": check["expires_at"]})
    if check["state"] != "passed":
        raise Failure(f"The check is {check['state']}: freehold webhooks delivery … shows what a probe sent and got.")


@click.command("advance")
@click.argument("webhook")
@click.option("--by-s", type=click.IntRange(1), help="By how many seconds; to the next attempt unless given.")
@json_option
def advance_webhook(webhook: str, by_s: int | None, as_json: bool) -> None:
    """Move a sandbox endpoint's clock on: retries, disabling and expiries come so much sooner.

    \b
    Examples:
      freehold webhooks advance whe_…
      freehold webhooks advance whe_… --by-s 432000
    """
    moved = Api.current().post(f"/v1/webhooks/{segment(webhook)}/advance", {"by_s": by_s})
    if as_json:
        output.print_json(moved)
        return
    output.print_facts(
        {
            "Moved on by": f"{moved['advanced_s']:g} s",
            "Due now": moved["due_count"],
            "Next attempt": moved["next_attempt_at"],
            "Failing since": moved["failing_since"],
        }
    )


def _show_probe(probe: dict[str, Any]) -> None:
    word, color = {True: ("passed", "green"), False: ("FAILED", "red"), None: ("unclear", "yellow")}[probe["passed"]]
    title = f"{word:8}{probe['probe']}: {_PROBES.get(probe['probe'], '')}"
    click.secho(output.printable(title), fg=color)
    click.echo(output.printable(f"        {probe['detail']} ({probe['delivery']})"))
