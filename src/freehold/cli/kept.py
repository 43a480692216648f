"""`freehold kept`: what is kept for how long, and what other days would delete."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option, show_page

_DAYS = "So many days; without it, as the environment says."


@click.group("kept", short_help="What is kept for how long, and changing it; operators only.")
def command() -> None:
    """What the instance keeps: for how long, by whose word, how much there is."""


@command.command("list")
@json_option
def list_kept(as_json: bool) -> None:
    """List every kind of data that is kept.

    \b
    Example:
      freehold kept list
    """
    columns = {
        "kind": lambda each: each["kind"],
        "kept for": lambda each: each["words"] or ("for good" if each["days"] is None else f"{each['days']} days"),
        "set by": lambda each: each["set_by_name"] or each["set_by"],
        "rows": lambda each: each["rows"],
        "oldest": lambda each: each["oldest"],
        "can be set": lambda each: "no" if each["floor"] is None else f"from {each['floor']} days",
    }
    show_page(Api.current().get("/v1/kept"), as_json, columns, "Nothing is kept.")


@command.command("preview")
@click.argument("kind")
@click.option("--days", type=click.IntRange(1), help=_DAYS)
@json_option
def preview_kept(kind: str, days: int | None, as_json: bool) -> None:
    """Show exactly what other days would delete now.

    \b
    Example:
      freehold kept preview requests --days 14
    """
    _show(Api.current().get(f"/v1/kept/{segment(kind)}/preview", {"days": days}), as_json)


@command.command("set")
@click.argument("kind")
@click.option("--days", type=click.IntRange(1), help=_DAYS)
@confirmed("Keep it so? What is older is deleted (`freehold kept preview` says what).")
@json_option
def set_kept(kind: str, days: int | None, as_json: bool) -> None:
    """Keep a kind of data for other days. What is older is deleted in pieces, beginning within a minute.

    \b
    Examples:
      freehold kept set requests --days 14
      freehold kept set requests --yes
    """
    _show(Api.current().put(f"/v1/kept/{segment(kind)}", {"days": days, "confirm": kind}), as_json)


def _show(seen: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(seen)
        return
    output.print_facts(
        {
            "Kind": seen["kind"],
            "Kept for": "good" if seen["days"] is None else f"{seen['days']} days",
            "Deletes now": f"{seen['rows']:,} rows" + (", archived first" if seen["archived_first"] else ""),
            "From": seen["oldest"] or "–",
            "To": seen["newest"] or "–",
        }
    )
