"""`freehold messages`: events published to a project."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import CannotTry
from freehold.cli.options import json_option, page_options, project_id, project_option, show_page, time_options


@click.group("messages", short_help="Publish events to a project.")
def command() -> None:
    """Messages: events to be delivered to one project's webhook endpoints."""


@command.command("publish")
@project_option
@click.option("--event-type", "-t", required=True, help="What happened: an event type of the project's scope.")
@click.option(
    "--payload", required=True, metavar="JSON|@FILE|-", help="The event's data: JSON, a file's, or standard input's."
)
@click.option("--id", "own_id", help="Your own name for the event: sent twice, it is one message.")
@json_option
def publish(project: str, event_type: str, payload: str, own_id: str | None, as_json: bool) -> None:
    """Publish an event to a project; every endpoint that subscribes to its type receives it.

    \b
    Examples:
      freehold messages publish -p parcel-lookup -t lookup.completed --payload '{"country": "NO"}'
      freehold messages publish -p parcel-lookup -t lookup.completed --payload @event.json --id order-17
    """
    api = Api.current()
    body = {"event_type": event_type, "payload": _json_of(payload), "id": own_id}
    message = api.post(f"/v1/projects/{segment(project_id(api, project))}/messages", body)
    if as_json:
        output.print_json(message)
        return
    output.print_facts(
        {"Message": message["id"], "Event type": message["event_type"], "Deliveries": message["delivery_count"]}
    )


@command.command("list")
@project_option
@click.option("--event-type", "-t", help="Only those of one event type.")
@click.option(
    "--origin",
    type=click.Choice(["published", "test", "freehold"]),
    help="Only those from the API, a test or Freehold.",
)
@click.option("--unmatched", is_flag=True, help="Only those that no endpoint received.")
@time_options
@page_options
@json_option
def list_messages(
    project: str, unmatched: bool, limit: int, cursor: str | None, as_json: bool, **filters: str | None
) -> None:
    """List a project's messages, newest first, also those that no endpoint received.

    \b
    Examples:
      freehold messages list -p parcel-lookup
      freehold messages list -p parcel-lookup --unmatched --from 2026-11-01T00:00:00Z
    """
    api = Api.current()
    question = {**filters, "matched": False if unmatched else None, "limit": limit, "cursor": cursor}
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/messages", question)
    columns = {
        "id": lambda each: each["id"],
        "event type": lambda each: each["event_type"],
        "origin": lambda each: each["origin"],
        "own id": lambda each: each["dedup_id"],
        "deliveries": lambda each: each["delivery_count"],
        "created": lambda each: each["created_at"],
    }
    show_page(page, as_json, columns, "Nothing was published yet: freehold messages publish …")


@command.command("show")
@click.argument("message")
@json_option
def show_message(message: str, as_json: bool) -> None:
    """Show one message, its payload and its deliveries.

    \b
    Example:
      freehold messages show msg_…
    """
    found = Api.current().get(f"/v1/messages/{segment(message)}")
    if as_json:
        output.print_json(found)
        return
    output.print_facts(
        {
            "Message": found["id"],
            "Event type": found["event_type"],
            "Origin": found["origin"],
            "Own id": found["dedup_id"],
            "Created": found["created_at"],
            "Payload": json.dumps(found["payload"], ensure_ascii=False),
            "Deliveries": [f"{each['id']} {each['state']}" for each in found["deliveries"]],
        }
    )


def _json_of(text: str) -> Any:
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        raise CannotTry(f"{text[1:]} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise CannotTry(f"The payload is not JSON: {error}.") from None
