"""`freehold explain`: whether a call would pass, and if not, what must change."""

import os
import sys

import click

from freehold.cli import output
from freehold.cli.api import Api
from freehold.cli.failures import CannotTry
from freehold.cli.options import json_option
from freehold.cli.projects import ENVIRONMENTS


@click.command("explain", short_help="Ask whether a call would pass, and if not, why.")
@click.argument("key")
@click.argument("method", required=False)
@click.argument("path", required=False)
@click.option("--endpoint", "-e", help="The endpoint's operation id, in place of METHOD and PATH.")
@click.option("--environment", type=ENVIRONMENTS, help="The environment that is asked for; the key's own unless given.")
@click.option("--address", help="The caller's address, where the key is limited to networks.")
@click.option("--cost", type=click.IntRange(0), help="How many units of cost the call has; 1 unless given.")
@json_option
def command(
    key: str,
    method: str | None,
    path: str | None,
    endpoint: str | None,
    environment: str | None,
    address: str | None,
    cost: int | None,
    as_json: bool,
) -> None:
    """Ask whether a call with KEY would pass, without making it: nothing is counted and no limit is spent.

    KEY is a key's id; or - for the key itself, from FREEHOLD_KEY or standard input. Exit status 0 either way.

    \b
    Examples:
      freehold explain key_… GET /v1/countries/NO
      freehold explain key_… -e get_country --environment production
      echo "$KEY" | freehold explain - GET /v1/countries/NO
    """
    if (endpoint is None) == (method is None or path is None):
        raise click.UsageError("Give either METHOD and PATH, or --endpoint.")
    given = {
        "endpoint": endpoint, "method": method, "path": path, "environment": environment, "address": address,
        "cost": cost,
    }  # fmt: skip
    body = {name: value for name, value in given.items() if value is not None}
    explanation = Api.current().post("/v1/explain", {"key": _key_of(key), **body})
    if as_json:
        output.print_json(explanation)
    else:
        output.print_explanation("allowed" if explanation["allowed"] else explanation["reason"], explanation)


def _key_of(text: str) -> str:
    """An id as it is; never a key from the command line, which the process list and the shell's history would keep."""
    if text == "-":
        text = os.environ.get("FREEHOLD_KEY") or sys.stdin.readline().strip()
        if not text:
            raise CannotTry("There is no key in FREEHOLD_KEY or on standard input.")
        return text
    if not text.startswith("key_"):
        raise CannotTry(
            "Name the key by its id (key_…), or give - and the key itself in FREEHOLD_KEY or on standard input."
        )
    return text
