"""`freehold inbox`: the receiver that Freehold hosts for a sandbox project."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option, page_options, project_id, project_option, show_page

_ANSWERS = click.Choice(["verify", "accept", "500", "410", "429", "slow", "endless"])


@click.group("inbox", short_help="A receiver hosted for a sandbox project.")
def command() -> None:
    """The inbox of a sandbox project: a URL for its endpoints, which verifies and keeps what comes."""


@command.command("open")
@project_option
@click.option("--answer", type=_ANSWERS, default="verify", show_default=True, help="How it answers.")
@click.option(
    "--retry-after",
    type=click.IntRange(0, 86_400),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="With --answer 429: the Retry-After.",
)
@json_option
def open_inbox(project: str, answer: str, retry_after: int, as_json: bool) -> None:
    """Open a project's inbox, or change how it answers; prints the URL to give to an endpoint.

    \b
    Examples:
      freehold inbox open -p parcel-lookup
      freehold inbox open -p parcel-lookup --answer 429 --retry-after 120
    """
    api = Api.current()
    body = {"answer": answer, "retry_after_s": retry_after}
    inbox = api.put(f"/v1/projects/{segment(project_id(api, project))}/inbox", body)
    _show(inbox, as_json)


@command.command("show")
@project_option
@json_option
def show_inbox(project: str, as_json: bool) -> None:
    """Show a project's inbox: its URL and how it answers.

    \b
    Example:
      freehold inbox show -p parcel-lookup
    """
    api = Api.current()
    _show(api.get(f"/v1/projects/{segment(project_id(api, project))}/inbox"), as_json)


@command.command("requests")
@project_option
@page_options
@json_option
def list_requests(project: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List what came to a project's inbox, newest first.

    \b
    Example:
      freehold inbox requests -p parcel-lookup
    """
    from freehold.webhooks.rehearsal import told

    api = Api.current()
    path = f"/v1/projects/{segment(project_id(api, project))}/inbox/requests"
    page = api.get(path, {"limit": limit, "cursor": cursor})
    columns = {
        "time": lambda each: each["at"],
        "verdict": lambda each: told(each["verdict"], each["status"]),
        "message": lambda each: each["message"],
        "status": lambda each: each["status"],
        "why": lambda each: each["detail"],
    }
    show_page(page, as_json, columns, "Nothing came yet: give its URL to an endpoint, freehold webhooks create …")


@command.command("clear")
@project_option
@confirmed("Let go of all that came to this inbox?")
@json_option
def clear_inbox(project: str, as_json: bool) -> None:
    """Let go of all that came to a project's inbox.

    \b
    Example:
      freehold inbox clear -p parcel-lookup --yes
    """
    api = Api.current()
    api.delete(f"/v1/projects/{segment(project_id(api, project))}/inbox/requests")
    if as_json:
        output.print_json(None)
    else:
        click.echo("The inbox is empty.")


def _show(inbox: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(inbox)
        return
    facts = {"Inbox": inbox["url"], "Answers": inbox["answer"], "Opened": inbox["created_at"]}
    if inbox["answer"] == "429":
        facts["Retry-After"] = f"{inbox['retry_after_s']} s"
    output.print_facts(facts)
