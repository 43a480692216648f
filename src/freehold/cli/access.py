"""`freehold access`: requests for production access, and their review."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option, page_options, project_id, project_option, show_page

_STATES = click.Choice(["requested", "approved", "denied", "withdrawn", "lapsed", "expired", "live"])


@click.group("access", short_help="Requests for production access, and their review.")
def command() -> None:
    """Production access: a sandbox project asks for it, somebody else reviews its evidence and decides."""


Command = TypeVar("Command", bound=Callable[..., Any])


def _asked_options(*, required: bool) -> Callable[[Command], Command]:
    """What Freehold does not know, as options."""

    def add(function: Command) -> Command:
        for option in reversed(
            (
                click.option("--use-case", required=required, help="What it is for, in words for the reviewer."),
                click.option("--from", "requests_a_day_from", type=click.IntRange(0), required=required, help="The fewest requests expected on a day."),
                click.option("--to", "requests_a_day_to", type=click.IntRange(1), required=required, help="The most requests expected on a day."),
                click.option("--peak", "peak_a_second", type=click.IntRange(1), required=required, help="The most requests expected within one second."),
                click.option("--launch", "launch_on", metavar="DATE", required=required, help="When it is to go live: 2027-02-15."),
            )
        ):  # fmt: skip
            function = option(function)
        return function

    return add


@command.command("request")
@project_option
@_asked_options(required=True)
@json_option
def request_access(project: str, as_json: bool, **asked: Any) -> None:
    """Ask for production access of a sandbox project.

    \b
    Example:
      freehold access request -p parcel-lookup --use-case "Title search for partners" \\
        --from 20000 --to 50000 --peak 20 --launch 2027-02-15
    """
    api = Api.current()
    _print(api.post(f"/v1/projects/{segment(project_id(api, project))}/access_requests", asked), as_json)


@command.command("list")
@click.option("--project", "-p", metavar="PROJECT", help="Only those of one project: its id, slug or name.")
@click.option("--state", type=_STATES, help="Only those in this state.")
@click.option("--waiting-on", type=click.Choice(["reviewer", "requester"]), help="Only those that wait for this side.")
@click.option("--organization", metavar="ORG", help="Only those of one organization, by its id.")
@click.option("--min-age-days", type=click.IntRange(0, 3650), help="Only those asked at least so many days ago.")
@page_options
@json_option
def list_access_requests(project: str | None, as_json: bool, **query: Any) -> None:
    """List access requests, newest first: all for reviewers, those of your organizations for others.

    \b
    Examples:
      freehold access list --state requested
      freehold access list -p parcel-lookup
    """
    api = Api.current()
    path = "/v1/access_requests"
    if project:
        path = f"/v1/projects/{segment(project_id(api, project))}/access_requests"
        query = {name: query[name] for name in ("limit", "cursor")}
    columns = {
        "id": lambda each: each["id"],
        "project": lambda each: each["project_name"],
        "organization": lambda each: each["organization_name"],
        "kind": lambda each: each["kind"],
        "state": lambda each: each["state"],
        "waits for": lambda each: each["waiting_on"],
        "blockers": lambda each: len(each["blocking"]),
        "risk": lambda each: each["risk"],
        "asked": lambda each: each["requested_at"],
    }
    show_page(api.get(path, query), as_json, columns, "There is no access request here.")


@command.command("show")
@click.argument("request")
@json_option
def show_access_request(request: str, as_json: bool) -> None:
    """Show one access request: what blocks it, its risks, its history.

    \b
    Example:
      freehold access show acr_…
    """
    _print(Api.current().get(f"/v1/access_requests/{segment(request)}"), as_json)


@command.command("comment")
@click.argument("request")
@click.argument("text")
@json_option
def comment_on_access_request(request: str, text: str, as_json: bool) -> None:
    """Say something to the other side.

    \b
    Example:
      freehold access comment acr_… "Which workload is the second key for?"
    """
    _act(request, "comments", {"text": text}, as_json)


@command.command("answer")
@click.argument("request")
@click.argument("text")
@_asked_options(required=False)
@json_option
def answer_access_request(request: str, text: str, as_json: bool, **asked: Any) -> None:
    """Answer a reviewer who asked for changes; it waits for the reviewer again.

    \b
    Example:
      freehold access answer acr_… "Each workload has its own key now." --to 30000
    """
    _act(
        request, "answer", {"text": text} | {name: value for name, value in asked.items() if value is not None}, as_json
    )


@command.command("ask-for-changes")
@click.argument("request")
@click.argument("text")
@json_option
def ask_for_changes(request: str, text: str, as_json: bool) -> None:
    """Say what has to change first, as a reviewer.

    \b
    Example:
      freehold access ask-for-changes acr_… "Give each workload its own key."
    """
    _act(request, "ask_for_changes", {"text": text}, as_json)


@command.command("approve")
@click.argument("request")
@click.option("--fingerprint", required=True, help="Of the shape that you looked at: show prints it.")
@click.option("--reason", default="", help="Why, if there is something to say.")
@json_option
def approve_access_request(request: str, fingerprint: str, reason: str, as_json: bool) -> None:
    """Approve the shape that you looked at, as a reviewer who did not ask for it.

    \b
    Example:
      freehold access approve acr_… --fingerprint 6f1d…
    """
    _act(request, "approve", {"fingerprint": fingerprint, "reason": reason}, as_json)


@command.command("deny")
@click.argument("request")
@click.option("--reason", required=True, help="Why.")
@json_option
def deny_access_request(request: str, reason: str, as_json: bool) -> None:
    """Deny a request and say why, as a reviewer who did not ask for it.

    \b
    Example:
      freehold access deny acr_… --reason "The receiver accepts forged signatures."
    """
    _act(request, "deny", {"reason": reason}, as_json)


@command.command("withdraw")
@click.argument("request")
@click.option("--reason", "text", default="", help="Why, if there is something to say.")
@confirmed("Withdraw this access request?")
@json_option
def withdraw_access_request(request: str, text: str, as_json: bool) -> None:
    """Take a request back, also once it is approved and while it is not live.

    \b
    Example:
      freehold access withdraw acr_… --yes
    """
    _act(request, "withdraw", {"text": text}, as_json)


def _act(request: str, act: str, body: dict[str, Any], as_json: bool) -> None:
    _print(Api.current().post(f"/v1/access_requests/{segment(request)}/{act}", body), as_json)


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(found)
        return
    waits = f", waits for the {found['waiting_on']}" if found["waiting_on"] else ""
    decided = f"{found['decided_by']['name']}, {output.text_of(found['decided_at'])}" if found["decided_by"] else None
    asked = found["use_case"] is not None
    output.print_facts(
        {
            "Request": found["id"],
            "Project": f"{found['project_name']} ({found['organization_name']})",
            "Kind": found["kind"],
            "State": found["state"] + waits,
            "Asked by": f"{found['requested_by']['name']}, {output.text_of(found['requested_at'])}",
            "Use case": found["use_case"],
            "Expected": f"{found['requests_a_day_from']:,} to {found['requests_a_day_to']:,} requests a day, at most {found['peak_a_second']:,} a second" if asked else None,
            "Launch": found["launch_on"],
            "Fingerprint now": found["present_fingerprint"],
            "Blocked by": found["blocking"],
            "Risks": [f"{each['title']} ({each['level']})" for each in found["risks"]],
            "Reviewer": found["reviewer"]["name"] if found["reviewer"] else None,
            "Decided by": decided,
            "Reason": found["reason"],
            "Approved": found["approved_fingerprint"],
            "Expires": found["expires_at"],
            "Ended": found["ended_why"],
        }
    )  # fmt: skip
    rows = [[each["at"], each["by"]["name"], each["kind"].replace("_", " "), each["text"]] for each in found["entries"]]
    click.echo()
    output.print_table(["at", "who", "what", "said"], rows, "Nothing has happened to it yet.")
