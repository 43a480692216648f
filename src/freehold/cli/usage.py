"""`freehold usage`: who used what, by time, key, endpoint and outcome."""

from pathlib import Path
from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import CannotTry, Failure
from freehold.cli.instance_options import data_option, settings_of
from freehold.cli.metered import list_metered, meter
from freehold.cli.options import (
    compare_option,
    json_option,
    organization_id,
    organization_option,
    page_options,
    project_id,
    project_option,
    sum_options,
    time_options,
)

_COUNTS = ("requests", "served", "throttled", "denied", "failed")


@click.group("usage", short_help="Who used what.")
def command() -> None:
    """Usage: requests by time, key, endpoint and outcome. The last 24 hours unless --from and --to say otherwise."""


command.add_command(meter)
command.add_command(list_metered)


@command.command("show")
@project_option
@time_options
@click.option(
    "--bucket",
    type=click.Choice(["minute", "hour", "day", "month"]),
    help="How time is cut; what suits the range unless given.",
)
@click.option("--timezone", default="UTC", show_default=True, help="The time zone of hours, days and months.")
@click.option(
    "--group-by", type=click.Choice(["key", "endpoint", "outcome", "secret"]), help="Divide the whole by this."
)
@sum_options
@compare_option
@json_option
def show_usage(project: str, as_json: bool, **question: Any) -> None:
    """Show what a project used.

    \b
    Examples:
      freehold usage show -p parcel-lookup
      freehold usage show -p parcel-lookup --group-by key --from 2026-11-01T00:00:00Z --bucket day
      freehold usage show -p parcel-lookup --outcome endpoint_not_in_scope --outcome revoked --json
      freehold usage show -p parcel-lookup --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --compare
    """
    api = Api.current()
    usage = api.get(f"/v1/projects/{segment(project_id(api, project))}/usage", question)
    if as_json:
        output.print_json(usage)
        return
    _show_range(usage)
    totals = usage["totals"]
    latency = f", 95 % within {totals['p95_ms']:g} ms" if totals["p95_ms"] is not None else ""
    click.echo(f"{totals['requests']} requests: {_parts(totals)}{latency}")
    _show_previous(totals, usage["previous"])
    _show_projection(usage["projection"])
    click.echo()
    if usage["groups"]:
        _show_groups(str(usage["group_by"]), usage["groups"])
    else:
        _show_series(usage["series"])


@command.command("projects")
@organization_option
@time_options
@compare_option
@page_options
@json_option
def show_projects(organization: str | None, as_json: bool, **question: Any) -> None:
    """Show what each project of an organization used, largest first.

    \b
    Examples:
      freehold usage projects
      freehold usage projects --compare --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z
    """
    api = Api.current()
    _show_drivers(api.get(f"/v1/organizations/{segment(organization_id(api, organization))}/usage", question), as_json)


@command.command("instance")
@time_options
@compare_option
@page_options
@json_option
def show_instance(as_json: bool, **question: Any) -> None:
    """Show what each project of the instance used, largest first. For the operator.

    \b
    Example:
      freehold usage instance --limit 10 --compare
    """
    _show_drivers(Api.current().get("/v1/usage", question), as_json)


@command.command("reconcile")
@data_option
@json_option
def reconcile(data: Path | None, as_json: bool) -> None:
    """Compare all sums of this instance with each other, on its own database; exit status 1 where they differ.

    Requests and metered units against minutes, hours, days and months; keys against projects and organizations. The
    same is done every night; what was found last: GET /v1/usage/reconciliation.

    \b
    Example:
      freehold usage reconcile --data ./data
    """
    from dataclasses import asdict

    from freehold.store.engine import open_store
    from freehold.usage.reconciling import reconcile as compare

    settings = settings_of(data=data)
    if settings.embedded and not (settings.data / "freehold.db").exists():
        raise CannotTry(f"There is no instance in {settings.data}.")
    store = open_store(settings)
    try:
        found = compare(store, settings)
    finally:
        store.close()
    if as_json:
        findings = [dict(each._asdict(), at=each.at.isoformat()) for each in found.findings]
        facts = asdict(found) | {"findings": findings}
        output.print_json(facts | {name: facts[name].isoformat() for name in ("as_of", "finished_at")})
    else:
        click.echo(f"{found.compared} sums compared, as of {found.as_of:%Y-%m-%d %H:%M:%S} UTC.")
        rows = [[each.at.isoformat(), each.project_id or "none", each.between, each.words] for each in found.findings]
        output.print_table(["from", "project", "between", "difference"], rows, "They are the same everywhere.")
    if found.differences:
        raise Failure(f"{found.differences} sums differ.")


def _show_drivers(usage: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(usage)
        return
    _show_range(usage)
    owned = "organization" not in usage
    compared = usage["previous"] is not None
    rows = [
        [
            each["name"],
            *([each["organization_name"]] if owned else []),
            each["environment"],
            *_counted(each),
            f"{each['share']:.1%}",
            *([each["previous"]["requests"]] if compared else []),
        ]
        for each in usage["projects"]
    ]
    columns = ["project", *(["organization"] if owned else []), "environment", *_COUNTS, "share"]
    output.print_table([*columns, *(["before"] if compared else [])], rows, "There is no project.")
    if usage["next_cursor"]:
        click.echo(f"There is more: --cursor {output.printable(usage['next_cursor'])}", err=True)


def _show_previous(totals: dict[str, Any], previous: dict[str, Any] | None) -> None:
    if previous is None:
        return
    before, now = previous["requests"], totals["requests"]
    change = f", {now / before - 1:+.1%} since" if before else ""
    click.echo(
        f"{before} requests in the period before, {output.text_of(previous['from'])} to {output.text_of(previous['to'])}{change}"
    )


def _show_projection(projection: dict[str, Any] | None) -> None:
    if projection is not None:
        how = {
            "same_hours_last_week": "the rest as the same hours of the last seven days",
            "pace_so_far": "the pace so far",
        }
        click.echo(
            f"Projection, no count: {projection['requests']} requests of cost {projection['cost']} by"
            f" {output.text_of(projection['at'])} ({how.get(projection['method'], projection['method'])})"
        )


def _show_range(usage: dict[str, Any]) -> None:
    click.echo(
        f"{output.text_of(usage['from'])} to {output.text_of(usage['to'])}, counted up to {output.text_of(usage['as_of'])}"
    )
    for gap in usage["gaps"]:
        click.echo(
            f"{gap['decisions']} decisions of {gap['project'] or 'several projects'} from {output.text_of(gap['from'])} to"
            f" {output.text_of(gap['to'])} have no record, since a gate's disk took none: they are in no sum."
        )


def _show_groups(group_by: str, groups: list[dict[str, Any]]) -> None:
    rows = [[each["name"] or "none", *_counted(each), f"{each['share']:.1%}"] for each in groups]
    output.print_table([group_by, *_COUNTS, "share"], rows, "No requests.")


def _show_series(series: list[dict[str, Any]]) -> None:
    rows = [[each["at"], *_counted(each)] for each in series if each["requests"]]
    output.print_table(["from", *_COUNTS], rows, "No requests.")


def _counted(counts: dict[str, Any]) -> list[Any]:
    return [counts[name] for name in _COUNTS]


def _parts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in _COUNTS[1:])
