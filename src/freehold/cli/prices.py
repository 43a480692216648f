"""`freehold prices`: what usage costs, by the operator's price lists."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import confirmed, json_option, organization_id, organization_option, page_options, show_page

# What a list that is shown has, and one that is made has not: what was shown can be changed and made anew.
_SHOWN: Final = ("id", "until", "state", "created_by", "created_at", "withdrawn_at")
_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "id": lambda each: each["id"],
    "from": lambda each: each["takes_effect_on"],
    "until": lambda each: each["until"],
    "state": lambda each: each["state"],
    "of": lambda each: each["organization"] or "the instance",
    "currency": lambda each: each["currency"],
    "items": lambda each: len(each["items"]),
    "sandbox": lambda each: each["sandbox"],
    "note": lambda each: each["note"],
}


@click.group("prices", short_help="What usage costs: price lists, and what they come to.")
def command() -> None:
    """Price lists: what each endpoint costs, by tiers, from a day on. Cost statements are made by them."""


@command.command("list")
@click.option(
    "--all", "everybody", is_flag=True, help="Those of the instance and of every organization; for operators."
)
@organization_option
@page_options
@json_option
def list_prices(everybody: bool, organization: str | None, as_json: bool, **question: Any) -> None:
    """List the price lists that can price an organization, newest first.

    \b
    Examples:
      freehold prices list
      freehold prices list --all
    """
    api = Api.current()
    path = "/v1/price_lists"
    if not everybody:
        path = f"/v1/organizations/{segment(organization_id(api, organization))}/price_lists"
    show_page(api.get(path, question), as_json, _COLUMNS, "No price list yet.")


@command.command("show")
@click.argument("price_list")
@json_option
def show(price_list: str, as_json: bool) -> None:
    """Show one price list with its items and tiers.

    With --json it can be saved, changed, and given to `freehold prices create`.

    \b
    Example:
      freehold prices show prl_…
    """
    found = Api.current().get(f"/v1/price_lists/{segment(price_list)}")
    if as_json:
        output.print_json(found)
    else:
        _show(found)


def _changes(command: Any) -> Any:
    for option in (
        click.option(
            "--organization", metavar="ORGANIZATION", help="For this organization alone: its id, slug or name."
        ),
        click.option("--currency", help="ISO 4217: EUR."),
        click.option("--from", "takes_effect_on", metavar="DAY", help="The day of UTC on which it takes effect."),
        click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True)),
    ):
        command = option(command)
    return command


@command.command("create")
@_changes
@json_option
def create(file: Path, as_json: bool, **said: str | None) -> None:
    """Make a price list from FILE (JSON or TOML; - for standard input), as the API takes it. For operators.

    It prices days from the one on which it takes effect: later than today, or one that no list prices yet. Prices are
    in minor units of the currency for each `per` units.

    \b
    Examples:
      freehold prices create prices.toml
      freehold prices show prl_… --json | freehold prices create - --from 2027-01-01
    """
    api = Api.current()
    made = api.post("/v1/price_lists", _body(api, file, said))
    if as_json:
        output.print_json(made)
    else:
        _show(made)


@command.command("preview")
@_changes
@json_option
def preview(file: Path, as_json: bool, **said: str | None) -> None:
    """Say what the last whole month would have cost under the price list in FILE. Makes nothing; for operators.

    \b
    Example:
      freehold prices preview prices.toml
    """
    api = Api.current()
    found = api.post("/v1/price_lists/preview", _body(api, file, said))
    if as_json:
        output.print_json(found)
        return
    currency = found["currency"]
    rows = [
        [each["organization_name"], each["requests"], _money(each["amount"], currency),
         "not priced" if each["present"] is None else _money(each["present"], currency)]
        for each in found["data"]
    ]  # fmt: skip
    click.echo(f"{found['from']} to {found['to']}, in {currency}:")
    output.print_table(["organization", "requests", "amount", "at present"], rows, "It would be for nobody.")


@command.command("withdraw")
@click.argument("price_list")
@confirmed("Withdraw the price list? It will not take effect.")
@json_option
def withdraw(price_list: str, as_json: bool) -> None:
    """Take back a price list that has not taken effect. For operators.

    \b
    Example:
      freehold prices withdraw prl_… --yes
    """
    ended = Api.current().post(f"/v1/price_lists/{segment(price_list)}/withdraw")
    if as_json:
        output.print_json(ended)
    else:
        click.echo("Withdrawn.")


def _body(api: Api, file: Path, said: dict[str, str | None]) -> dict[str, Any]:
    """What a file says, with what the options say instead."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
        found = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (OSError, ValueError) as problem:
        raise Failure(f"{file} cannot be read as a price list: {problem}") from problem
    body = {
        name: f"{value}" if name == "takes_effect_on" else value for name, value in found.items() if name not in _SHOWN
    }
    if organization := said.pop("organization"):
        body["organization"] = organization_id(api, organization)
    return body | {name: value for name, value in said.items() if value}


def _show(found: dict[str, Any]) -> None:
    output.print_facts({
        "Price list": found["id"], "Of": found["organization"] or "the instance",
        "Takes effect": f"{found['takes_effect_on']} ({found['state'].replace('_', ' ')})",
        "Until": found["until"] or "further notice", "Currency": found["currency"], "Sandbox": found["sandbox"],
        "Note": found["note"] or "none",
    })  # fmt: skip
    rows = [
        [item["api"] or "every API", item["endpoint"], tier["above"], _money(tier["price"], found["currency"]),
         f"{item['per']:,} {'requests' if item['unit'] == 'request' else 'units of cost'}"]
        for item in found["items"]
        for tier in item["tiers"]
    ]  # fmt: skip
    output.print_table(["api", "endpoint", "above", "price", "for each"], rows, "")


def _money(minor: int, currency: str) -> str:
    from freehold.prices.money import money_text

    return money_text(minor, currency)
