"""`freehold usage meter` and `freehold usage metered`: units that were used without a request through the gate."""

from operator import itemgetter
from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import json_option, page_options, project_id, project_option, show_page, time_options


@click.command("meter")
@project_option
@click.option("--units", required=True, type=click.IntRange(0, 1_000_000_000), help="Units of cost that were used.")
@click.option("--id", "id", required=True, help="Your own name for the event: sent twice, it counts once.")
@click.option("--source", required=True, help="Where ids are told apart: a URI, such as /reports.")
@click.option("--type", default="usage.metered", show_default=True, help="What happened.")
@click.option("--key", help="The key that used them, by its id.")
@click.option("--endpoint", help="The endpoint that they were used for.")
@click.option("--time", help="When; now unless given.")
@json_option
def meter(project: str, units: int, as_json: bool, **event: str | None) -> None:
    """Count units that were used without a request through the gate, as a CloudEvent.

    \b
    Example:
      freehold usage meter -p parcel-lookup --units 40 --source /reports --id report-4711
    """
    api = Api.current()
    data = {"units": units, "key": event.pop("key"), "endpoint": event.pop("endpoint")}
    headers = {"Content-Type": "application/cloudevents+json"}
    metered = api.post(
        f"/v1/projects/{segment(project_id(api, project))}/metered_events",
        {"specversion": "1.0", **event, "data": data},
        headers=headers,
    )
    if as_json:
        output.print_json(metered)
        return
    click.echo(f"{units} units counted." if metered["counted"] else "They were counted before; nothing has changed.")


@click.command("metered")
@project_option
@time_options
@page_options
@json_option
def list_metered(project: str, as_json: bool, **question: Any) -> None:
    """List what was counted by metered events, newest first.

    \b
    Example:
      freehold usage metered -p parcel-lookup --from 2026-11-01T00:00:00Z
    """
    api = Api.current()
    path = f"/v1/projects/{segment(project_id(api, project))}/metered_events"
    columns = {name: itemgetter(name) for name in ("time", "units", "type", "source", "id", "endpoint", "key")}
    show_page(api.get(path, question), as_json, columns, "No metered events.")
