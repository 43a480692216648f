"""`freehold replays`: send deliveries once more, one or many, and follow the jobs that do so."""

import sys
import time
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.options import Command, json_option, page_options, show_page, time_options

_POLL_S: Final = 0.5
_UNDER_WAY: Final = ("queued", "running")


@click.group("replays", short_help="Send deliveries once more.")
def command() -> None:
    """Replays: deliveries sent once more, with the same id and body and a new schedule of retries.

    Those of many deliveries are jobs. They go on whatever happens to this command or to the server.
    """


def _wait_option(command: Command) -> Command:
    return click.option("--no-wait", is_flag=True, help="Do not wait until the job has finished.")(command)


@command.command("one")
@click.argument("delivery")
@json_option
def replay_one(delivery: str, as_json: bool) -> None:
    """Send one delivery once more; one that waits for a retry is tried at once.

    \b
    Example:
      freehold replays one dlv_…
    """
    replay = Api.current().post(f"/v1/deliveries/{segment(delivery)}/replay")
    if as_json:
        output.print_json(replay)
    else:
        click.echo(f"It is sent once more. What comes of it: freehold webhooks delivery {output.printable(delivery)}")


@command.command("start")
@click.argument("webhook")
@click.option(
    "--state",
    type=click.Choice(["failed", "delivered", "pending"]),
    help="Only those in one state; pending: waiting for a retry. All that was not accepted unless given.",
)
@click.option("--event-type", "-t", help="Only those of one event type.")
@click.option("--message", help="Only those of one message, by its id.")
@time_options
@_wait_option
@json_option
def start_replay(webhook: str, no_wait: bool, as_json: bool, **wanted: str | None) -> None:
    """Send once more what a filter names of an endpoint's deliveries, and wait with its progress.

    \b
    Examples:
      freehold replays start whe_… --state failed
      freehold replays start whe_… -t lookup.completed --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z
    """
    body = {name: value for name, value in wanted.items() if value is not None}
    api = Api.current()
    _follow(api, api.post(f"/v1/webhooks/{segment(webhook)}/replays", body), no_wait, as_json)


@command.command("recover")
@click.argument("webhook")
@click.option("--since", required=True, metavar="TIME", help="Since this time: 2026-11-01T00:00:00Z.")
@_wait_option
@json_option
def recover(webhook: str, since: str, no_wait: bool, as_json: bool) -> None:
    """Send an endpoint all once more that it has not accepted since a time, and wait with its progress.

    \b
    Example:
      freehold replays recover whe_… --since 2026-11-01T00:00:00Z
    """
    api = Api.current()
    _follow(api, api.post(f"/v1/webhooks/{segment(webhook)}/recover", {"since": since}), no_wait, as_json)


@command.command("list")
@click.argument("webhook")
@page_options
@json_option
def list_replays(webhook: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List an endpoint's replays, newest first.

    \b
    Example:
      freehold replays list whe_…
    """
    page = Api.current().get(f"/v1/webhooks/{segment(webhook)}/replays", {"limit": limit, "cursor": cursor})
    columns = {
        "id": lambda each: each["id"],
        "kind": lambda each: each["kind"],
        "state": lambda each: each["state"],
        "replayed": lambda each: each["replayed"],
        "of": lambda each: each["total"],
        "delivered": lambda each: each["outcome"]["delivered"],
        "created": lambda each: each["created_at"],
    }
    show_page(page, as_json, columns, "Nothing was replayed yet: freehold replays start …")


@command.command("show")
@click.argument("replay")
@json_option
def show_replay(replay: str, as_json: bool) -> None:
    """Show one replay: how far it has come, and how its deliveries stand.

    \b
    Example:
      freehold replays show rpl_…
    """
    found = Api.current().get(f"/v1/replays/{segment(replay)}")
    if as_json:
        output.print_json(found)
    else:
        _show(found)


@command.command("wait")
@click.argument("replay")
@json_option
def wait_for_replay(replay: str, as_json: bool) -> None:
    """Wait until a replay has finished. Exit status 1 where it was canceled.

    \b
    Example:
      freehold replays wait rpl_…
    """
    api = Api.current()
    _follow(api, api.get(f"/v1/replays/{segment(replay)}"), no_wait=False, as_json=as_json)


@command.command("cancel")
@click.argument("replay")
@json_option
def cancel_replay(replay: str, as_json: bool) -> None:
    """Stop a replay; what it has replayed by then is sent all the same.

    \b
    Example:
      freehold replays cancel rpl_…
    """
    canceled = Api.current().post(f"/v1/replays/{segment(replay)}/cancel")
    if as_json:
        output.print_json(canceled)
    else:
        _show(canceled)


def _follow(api: Api, replay: dict[str, Any], no_wait: bool, as_json: bool) -> None:
    """Wait for a job with its progress on standard error, unless told not to; print what it has come to."""
    if not no_wait:
        replay = _finished(api, replay)
    if as_json:
        output.print_json(replay)
    else:
        _show(replay)
    if replay["state"] == "canceled":
        if as_json:
            sys.exit(1)
        raise Failure(f"The replay was canceled. {replay['reason'] or ''}".strip())


def _finished(api: Api, replay: dict[str, Any]) -> dict[str, Any]:
    shown = 0
    with click.progressbar(length=replay["total"] or 1, label="Replaying", file=sys.stderr) as bar:
        while replay["state"] in _UNDER_WAY:
            time.sleep(_POLL_S)
            replay = api.get(f"/v1/replays/{segment(replay['id'])}")
            bar.length = max(replay["total"] or 0, 1)
            bar.update(replay["replayed"] - shown)
            shown = replay["replayed"]
    return replay


def _show(replay: dict[str, Any]) -> None:
    total = "" if replay["total"] is None else f" of {replay['total']}"
    reason = f" ({replay['reason']})" if replay["reason"] else ""
    wanted = {name: value for name, value in replay["filter"].items() if value is not None}
    outcome = {name: count for name, count in replay["outcome"].items() if count}
    output.print_facts(
        {
            "Replay": replay["id"],
            "Webhook endpoint": replay["webhook"],
            "Kind": replay["kind"],
            "Filter": wanted,
            "State": replay["state"] + reason,
            "Replayed": f"{replay['replayed']}{total}",
            "They stand": outcome,
            "Begun": f"{output.text_of(replay['created_at'])} by {replay['created_by']}",
            "Finished": replay["finished_at"],
        }
    )
