"""`freehold webhooks`: a project's webhook endpoints and what was sent to them."""

import sys
from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import (
    confirmed,
    json_option,
    page_options,
    project_id,
    project_option,
    show_page,
    time_options,
)
from freehold.cli.webhook_checks import advance_webhook, check_webhook
from freehold.cli.webhook_metrics import show_metrics

_STATES = click.Choice(["pending", "delivered", "failed", "dropped"])


def _headers(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """`Name: value` texts as the API's object."""
    headers = {}
    for each in values:
        name, colon, value = each.partition(":")
        if not (colon and name.strip()):
            raise click.BadParameter(f"{each!r} should be like 'Authorization: Bearer …'.")
        headers[name.strip()] = value.strip()
    return headers


@click.group("webhooks", short_help="Endpoints that receive a project's events.")
def command() -> None:
    """Webhook endpoints: URLs of one project that receive its events, signed."""


command.add_command(show_metrics)


@command.command("create")
@project_option
@click.option("--url", required=True, help="Where events are sent.")
@click.option(
    "--event-type", "-t", "event_types", multiple=True, required=True, help="An event type it receives. Repeatable."
)
@click.option("--description", help="What receives them.")
@click.option(
    "--header",
    "headers",
    multiple=True,
    callback=_headers,
    metavar="NAME:VALUE",
    help="A header that every request carries. Repeatable.",
)
@click.option("--in-order", is_flag=True, help="One at a time, in the order of publication.")
@click.option("--max-per-second", type=click.IntRange(1, 1000), help="How many requests a second at most.")
@click.option("--v1a", is_flag=True, help="Sign by ed25519 (v1a) besides HMAC-SHA256 (v1).")
@click.option(
    "--slot", help="The name by which siblings and files mean it, for good; made from its description unless given."
)
@json_option
def create_webhook(
    project: str,
    url: str,
    event_types: tuple[str, ...],
    description: str | None,
    headers: dict[str, str],
    *,
    in_order: bool,
    max_per_second: int | None,
    v1a: bool,
    slot: str | None,
    as_json: bool,
) -> None:
    """Add a webhook endpoint. Its signing secret is printed this once.

    \b
    Example:
      freehold webhooks create -p parcel-lookup --url https://example.com/hooks -t lookup.completed
    """
    api = Api.current()
    body: dict[str, Any] = {
        "url": url, "event_types": list(event_types), "description": description, "headers": headers
    }  # fmt: skip
    body |= {"fifo": in_order, "max_per_second": max_per_second, "v1a": v1a, "slot": slot}
    made = api.post(f"/v1/projects/{segment(project_id(api, project))}/webhooks", body)
    if as_json:
        output.print_json(made)
        return
    _show(made)
    output.print_secret("\nSigning secret", made["signing_secret"])


@command.command("list")
@project_option
@page_options
@json_option
def list_webhooks(project: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List a project's webhook endpoints, newest first.

    \b
    Example:
      freehold webhooks list -p parcel-lookup
    """
    api = Api.current()
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/webhooks", {"limit": limit, "cursor": cursor})
    columns = {
        "id": lambda each: each["id"],
        "url": lambda each: each["url"],
        "state": lambda each: each["state"],
        "check": lambda each: _standing(each["check"]),
        "event types": lambda each: each["event_types"],
    }
    show_page(page, as_json, columns, "There is no webhook endpoint yet: freehold webhooks create …")


@command.command("show")
@click.argument("webhook")
@json_option
def show_webhook(webhook: str, as_json: bool) -> None:
    """Show one webhook endpoint, by its id.

    \b
    Example:
      freehold webhooks show whe_…
    """
    found = Api.current().get(f"/v1/webhooks/{segment(webhook)}")
    if as_json:
        output.print_json(found)
    else:
        _show(found)


@command.command("edit")
@click.argument("webhook")
@click.option("--url", help="Where events are sent.")
@click.option("--event-type", "-t", "event_types", multiple=True, help="What it receives from now on. Repeatable.")
@click.option("--description", help="What receives them.")
@click.option("--in-order/--side-by-side", default=None, help="One at a time in the order of publication, or not.")
@click.option(
    "--max-per-second", type=click.IntRange(0, 1000), help="How many requests a second at most; 0 for no limit."
)
@click.option("--v1a/--no-v1a", default=None, help="Sign by ed25519 (v1a) too, or not.")
@json_option
def edit_webhook(
    webhook: str,
    url: str | None,
    event_types: tuple[str, ...],
    description: str | None,
    in_order: bool | None,
    max_per_second: int | None,
    v1a: bool | None,
    as_json: bool,
) -> None:
    """Change a webhook endpoint; what is not given stays.

    \b
    Examples:
      freehold webhooks edit whe_… --max-per-second 20 --in-order
      freehold webhooks edit whe_… --url https://example.com/new
    """
    given = {
        "url": url,
        "event_types": list(event_types) or None,
        "description": description,
        "fifo": in_order,
        "v1a": v1a,
    }
    body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if max_per_second is not None:
        body["max_per_second"] = max_per_second or None
    if not body:
        raise click.UsageError("Say what to change, as in --max-per-second 20.")
    changed = Api.current().patch(f"/v1/webhooks/{segment(webhook)}", body)
    if as_json:
        output.print_json(changed)
    else:
        _show(changed)


@command.command("pause")
@click.argument("webhook")
@json_option
def pause_webhook(webhook: str, as_json: bool) -> None:
    """Stop sending to an endpoint; what arrives for it meanwhile is kept.

    \b
    Example:
      freehold webhooks pause whe_…
    """
    _change(webhook, "pause", as_json)


@command.command("resume")
@click.argument("webhook")
@json_option
def resume_webhook(webhook: str, as_json: bool) -> None:
    """Send to a paused, disabled or failing endpoint again, first what was kept for it.

    \b
    Example:
      freehold webhooks resume whe_…
    """
    _change(webhook, "resume", as_json)


@command.command("rotate-secret")
@click.argument("webhook")
@click.option(
    "--overlap-s",
    type=click.IntRange(0),
    default=86_400,
    show_default=True,
    help="How many seconds requests are signed by the old secret too.",
)
@json_option
def rotate_secret(webhook: str, overlap_s: int, as_json: bool) -> None:
    """Give an endpoint a new signing secret, printed this once; until the overlap ends, the old one signs too.

    \b
    Example:
      freehold webhooks rotate-secret whe_… --overlap-s 3600
    """
    rotated = Api.current().post(f"/v1/webhooks/{segment(webhook)}/rotate_secret", {"overlap_s": overlap_s})
    if as_json:
        output.print_json(rotated)
    else:
        output.print_secret("Signing secret", rotated["signing_secret"])


@command.command("delete")
@click.argument("webhook")
@confirmed("Delete this webhook endpoint?")
@json_option
def delete_webhook(webhook: str, as_json: bool) -> None:
    """Remove an endpoint; what is pending for it is dropped, what was sent stays on record.

    \b
    Example:
      freehold webhooks delete whe_… --yes
    """
    Api.current().delete(f"/v1/webhooks/{segment(webhook)}")
    if as_json:
        output.print_json(None)
    else:
        click.echo("The webhook endpoint is deleted.")


@command.command("test")
@click.argument("webhook")
@click.option("--event-type", "-t", help="Send the example of this event type; webhook.check unless given.")
@json_option
def test_webhook(webhook: str, event_type: str | None, as_json: bool) -> None:
    """Send a signed test event now, and show what came back. Exit status 1 where it was not accepted.

    \b
    Examples:
      freehold webhooks test whe_…
      freehold webhooks test whe_… -t lookup.completed
    """
    body = {"event_type": event_type} if event_type else {}
    tested = Api.current().post(f"/v1/webhooks/{segment(webhook)}/test", body)
    if as_json:
        output.print_json(tested)
        sys.exit(0 if tested["accepted"] else 1)
    _show_attempt(tested["event_type"], tested["delivery"], tested["attempt"])
    if not tested["accepted"]:
        raise Failure("The receiver did not accept the test event.")


@command.command("deliveries")
@click.argument("webhook")
@click.option("--state", type=_STATES, help="Only those in one state.")
@click.option("--event-type", "-t", help="Only those of one event type.")
@click.option("--message", help="Only those of one message, by its id.")
@time_options
@page_options
@json_option
def list_deliveries(webhook: str, limit: int, cursor: str | None, as_json: bool, **filters: str | None) -> None:
    """List an endpoint's deliveries, newest first.

    \b
    Examples:
      freehold webhooks deliveries whe_…
      freehold webhooks deliveries whe_… --state failed --from 2026-11-01T00:00:00Z
    """
    page = Api.current().get(
        f"/v1/webhooks/{segment(webhook)}/deliveries", {**filters, "limit": limit, "cursor": cursor}
    )
    columns = {
        "id": lambda each: each["id"],
        "event type": lambda each: each["event_type"],
        "state": lambda each: each["state"],
        "attempts": lambda each: each["attempt_count"],
        "created": lambda each: each["created_at"],
        "next attempt": lambda each: each["next_attempt_at"],
    }
    show_page(page, as_json, columns, "Nothing was sent to it yet: freehold webhooks test …")


@command.command("delivery")
@click.argument("delivery")
@json_option
def show_delivery(delivery: str, as_json: bool) -> None:
    """Show one delivery, attempt by attempt.

    \b
    Example:
      freehold webhooks delivery dlv_…
    """
    found = Api.current().get(f"/v1/deliveries/{segment(delivery)}")
    if as_json:
        output.print_json(found)
        return
    output.print_facts({"Delivery": found["id"], "State": found["state"], "Webhook endpoint": found["webhook"]})
    for attempt in found["attempts"]:
        click.echo()
        _show_attempt(found["event_type"], found["id"], attempt)


@command.command("attempt")
@click.argument("attempt")
@json_option
def show_attempt(attempt: str, as_json: bool) -> None:
    """Show one attempt, by its id: what was sent and what came back.

    \b
    Example:
      freehold webhooks attempt att_…
    """
    found = Api.current().get(f"/v1/attempts/{segment(attempt)}")
    if as_json:
        output.print_json(found)
        return
    sent = {header["name"]: header["value"] for header in found["request"]["headers"]}
    _show_attempt(sent.get("webhook-id", found["message"]), found["delivery"], found)
    output.print_facts({"Webhook endpoint": found["webhook"], "Headers": sent, "Body": found["request"]["body"]})


command.add_command(check_webhook)
command.add_command(advance_webhook)


def _change(webhook: str, verb: str, as_json: bool) -> None:
    changed = Api.current().post(f"/v1/webhooks/{segment(webhook)}/{verb}")
    if as_json:
        output.print_json(changed)
    else:
        _show(changed)


def _standing(check: dict[str, Any]) -> str:
    """What is known of a receiver, and when or until when."""
    if check["state"] in ("passed", "failed", "unclear"):
        return f"{check['state']} until {check['expires_at']}"
    return f"{check['state']} ({check['at']})" if check["at"] else str(check["state"])


def _show(webhook: dict[str, Any]) -> None:
    reason = f" ({webhook['state_reason']})" if webhook["state_reason"] else ""
    output.print_facts(
        {
            "Webhook endpoint": webhook["id"],
            "Project": webhook["project"],
            "URL": webhook["url"],
            "State": webhook["state"] + reason,
            "Failing since": webhook["failing_since"],
            "Next probe": webhook["next_probe_at"],
            "Event types": webhook["event_types"],
            "Sending": "in order, one at a time" if webhook["fifo"] else "side by side",
            "Requests a second": webhook["max_per_second"],
            "Check": _standing(webhook["check"]),
            "Public keys": [each["public_key"] for each in webhook["signing_secrets"] if each["public_key"]],
            "Description": webhook["description"],
            "Headers": webhook["headers"],
            "Created": webhook["created_at"],
        }
    )


def _show_attempt(event_type: str, delivery: str, attempt: dict[str, Any]) -> None:
    response = attempt["response"]
    output.print_facts(
        {
            f"Attempt {attempt['number']}": f"{event_type}, {attempt['outcome']} ({delivery})",
            "Sent": f"{attempt['at']} to {attempt['request']['url']}",
            "Answered": f"{response['status']} after {attempt['duration_us'] / 1000:.1f} ms" if response else None,
            "Error": attempt["error"],
            "Answer": response["body"] if response else None,
        }
    )
