"""`freehold shape`: what a project declares, how it came to be so, and going back."""

import sys
from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import json_option, page_options, project_argument, project_id, show_page
from freehold.cli.shape_files import show_applied, show_plan


@click.group("shape", short_help="What a project declares, its history, and going back.")
def command() -> None:
    """A project's whole declared configuration, with its history. As a file: freehold export, plan, apply."""


@command.command("show")
@project_argument
@json_option
def show_shape(project: str, as_json: bool) -> None:
    """Show the fingerprint of what a project declares, and which slots hold a value.

    \b
    Example:
      freehold shape show parcel-lookup
    """
    api = Api.current()
    seen = api.get(_place(api, project))
    if as_json:
        output.print_json(seen)
        return
    output.print_facts({"Fingerprint": seen["fingerprint"], "Revision": seen["number"], "Changed": seen["changed_at"]})
    rows = [[each["slot"], each["label"], "yes" if each["filled"] else "no"] for each in seen["bindings"]]
    output.print_table(["Slot", "What it holds", "Filled"], rows, "It needs nothing of its environment.")


@command.command("history")
@project_argument
@page_options
@json_option
def list_history(project: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List the changes of what a project declares, newest first.

    \b
    Example:
      freehold shape history parcel-lookup
    """
    api = Api.current()
    page = api.get(f"{_place(api, project)}/history", {"limit": limit, "cursor": cursor})
    show_page(
        page, as_json,
        {"Revision": lambda row: row["number"], "At": lambda row: row["at"], "By": lambda row: row["by"]["name"],
         "Because of": lambda row: row["cause"], "Changed": lambda row: [each["path"] for each in row["changes"]]},
        "Nothing of it is on record yet.",
    )  # fmt: skip


@command.command("diff")
@project_argument
@click.argument("number", type=click.IntRange(1))
@click.option("--against", type=click.IntRange(1), help="Another revision than the one before.")
@json_option
def show_difference(project: str, number: int, against: int | None, as_json: bool) -> None:
    """Show what a revision changed.

    \b
    Examples:
      freehold shape diff parcel-lookup 7
      freehold shape diff parcel-lookup 7 --against 2
    """
    api = Api.current()
    seen = api.get(f"{_place(api, project)}/history/{number}", {"against": against})
    if as_json:
        output.print_json(seen)
        return
    show_plan(_as_plan(seen["differences"]))


@command.command("restore")
@project_argument
@click.argument("number", type=click.IntRange(1))
@click.option("--plan", "only_plan", is_flag=True, help="Show what would happen, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def restore_shape(project: str, number: int, only_plan: bool, yes: bool, as_json: bool) -> None:
    """Make a project again what it declared in a revision, whole or not at all. Keys revoked since come back as declared ones.

    \b
    Example:
      freehold shape restore parcel-lookup 7 --plan
    """
    api = Api.current()
    place = f"{_place(api, project)}/restore"
    planned = api.post(place, {"number": number, "plan": True})
    if only_plan and as_json:
        output.print_json(planned)
        return
    if not as_json:
        show_plan(planned["plan"])
    if only_plan or not planned["plan"]["changes"]:
        return
    if not yes and sys.stdin.isatty():
        click.confirm("Restore this?", abort=True, err=True)
    done = api.post(place, {"number": number, "fingerprint": planned["plan"]["fingerprint"]})
    output.print_json(done) if as_json else show_applied(done)


def _place(api: Api, project: str) -> str:
    return f"/v1/projects/{segment(project_id(api, project))}/shape"


def _as_plan(differences: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "differences": differences, "changes": len(differences), "bindings_changed": [], "bindings_missing": [],
        "consequences": [],
    }  # fmt: skip
