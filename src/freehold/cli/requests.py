"""`freehold requests`: single requests, each with why it was allowed or denied."""

import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.following import following
from freehold.cli.options import (
    json_option,
    page_options,
    project_id,
    project_option,
    request_options,
    show_page,
    time_options,
)

_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "id": lambda each: each["id"],
    "at": lambda each: each["at"],
    "key": lambda each: (each["key"] or {}).get("name"),
    "request": lambda each: f"{each['method'] or ''} {each['path'] or ''}".strip(),
    "endpoint": lambda each: each["endpoint"],
    "outcome": lambda each: each["outcome"],
    "status": lambda each: each["status"],
    "ms": lambda each: each["latency_ms"],
}


@click.group("requests", short_help="Single requests, and why they were allowed or denied.")
def command() -> None:
    """Requests: every decision of the gate, one by one."""


@command.command("list")
@project_option
@time_options
@request_options
@click.option("--follow", "-f", is_flag=True, help="Go on with those that are counted from now on, until Ctrl-C.")
@page_options
@json_option
def list_requests(project: str, as_json: bool, follow: bool, **question: Any) -> None:
    """List a project's requests, newest first.

    \b
    Examples:
      freehold requests list -p parcel-lookup
      freehold requests list -p parcel-lookup --kind denied --kind failed --limit 5
      freehold requests list -p parcel-lookup --kind served --not kind
      freehold requests list -p parcel-lookup --outcome endpoint_unknown --path /v2/parcels
      freehold requests list -p parcel-lookup --follow --outcome rate_limited
    """
    api = Api.current()
    place = f"/v1/projects/{segment(project_id(api, project))}/requests"
    if not follow:
        page = api.get(place, question)
        # A filtered page looks through so many requests, and may find none of them.
        empty = "None among those that were looked through." if page["next_cursor"] else "No requests."
        show_page(page, as_json, _COLUMNS, empty)
        return
    if question["to"] or question["cursor"]:
        raise click.UsageError("--follow goes on into the future: leave --to and --cursor out.")
    with contextlib.suppress(KeyboardInterrupt):
        for row in following(api, place, question):
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(row))


def _line(row: dict[str, Any]) -> str:
    """One request as it goes by. Its id comes last, for `freehold requests show`."""
    cells = [_COLUMNS[name](row) for name in ("at", "outcome", "status", "ms", "request", "key", "id")]
    return "  ".join(output.text_of(cell) for cell in cells)


@command.command("show")
@click.argument("request")
@click.option("--curl", is_flag=True, help="A command that asks the gate the same again, and nothing else.")
@json_option
def show_request(request: str, curl: bool, as_json: bool) -> None:
    """Show one request and explain its decision, by the request id that every answer carries.

    \b
    Examples:
      freehold requests show req_…
      export FREEHOLD_KEY=… && freehold requests show req_… --curl | sh
    """
    found = Api.current().get(f"/v1/requests/{segment(request)}")
    if as_json:
        output.print_json(found)
        return
    if curl:
        click.echo(_command_of(found))
        return
    explanation, key = found["explanation"], found["key"]
    secret = explanation["secret"]
    output.print_facts(
        {
            "Request": found["id"],
            "At": found["at"],
            "Project": f"{found['project_name']} ({found['project']})" if found["project"] else None,
            "Environment": found["environment"],
            "Key": f"{key['name']} ({key['id']})" if key else None,
            "Secret": f"version {secret['version']}, ends in {secret['last4']}" if secret else None,
            "Asked for": f"{found['method'] or ''} {found['path'] or ''}".strip(),
            "Endpoint": found["endpoint"],
            "From": found["address"],
            "By way of": found["via"],
            "Cost": _cost_of(found),
            "Answered": f"{found['status']} after {found['latency_ms']} ms" if found["status"] else None,
        }
    )
    click.echo()
    output.print_explanation(found["outcome"], explanation)
    if explanation["scope"]["changed_since"]:
        click.echo("Project or key were changed since: the same request may be decided otherwise now.")


def _cost_of(found: dict[str, Any]) -> str:
    reported = found["cost_reported_at"]
    return f"{found['cost']}, reported {reported} instead of {found['cost_before']}" if reported else str(found["cost"])


def _command_of(found: dict[str, Any]) -> str:
    if found["curl"] is None:
        raise click.ClickException("Too little was kept of this request to ask the same again.")
    return str(found["curl"])


@command.command("cost")
@click.argument("request")
@click.argument("cost", type=click.IntRange(0, 1_000_000_000))
@json_option
def report_cost(request: str, cost: int, as_json: bool) -> None:
    """Say what a request cost in the end, in units: all sums have it once, however often it is said.

    \b
    Example:
      freehold requests cost req_… 40
    """
    report = Api.current().post(f"/v1/requests/{segment(request)}/cost", {"cost": cost})
    if as_json:
        output.print_json(report)
        return
    if report["counted_at"] is None:
        click.echo(f"{cost} units, counted as soon as the request itself is.")
    else:
        click.echo(f"{cost} units instead of {report['cost_before']}.")
