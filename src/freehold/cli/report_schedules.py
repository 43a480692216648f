"""`freehold reports schedules`: reports that are made by themselves, on days and at times of a time zone."""

from collections.abc import Callable
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import (
    Command,
    confirmed,
    json_option,
    organization_id,
    organization_option,
    page_options,
    project_id,
    show_page,
)

_PERIODS: Final = click.Choice(["day", "week", "month"])
_FORMATS: Final = click.Choice(["csv", "jsonl", "parquet"])
_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "id": lambda each: each["id"],
    "name": lambda each: each["name"],
    "kind": lambda each: each["kind"],
    "runs": lambda each: f"{each['words']} ({each['time_zone']})",
    "state": lambda each: each["state"],
    "next": lambda each: each["next_runs"][0]["at"] if each["next_runs"] else "",
}


@click.group("schedules", short_help="Reports that are made by themselves.")
def command() -> None:
    """Report schedules: a report of the last whole day, week or month, by a cron expression and the clock of a time zone."""


def _of_option(command: Command) -> Command:
    """Add `--project`; without it, the whole organization is meant."""
    return click.option(
        "--project", "-p", metavar="PROJECT", envvar="FREEHOLD_PROJECT",
        help="Of this project; of the whole organization without it.  [FREEHOLD_PROJECT]",
    )(command)  # fmt: skip


@command.command("create")
@click.argument("kind")
@_of_option
@organization_option
@click.option("--name", required=True, help="What it is called.")
@click.option("--cron", required=True, metavar="EXPRESSION", help="Five fields, at most once an hour: '0 6 1 * *'.")
@click.option("--time-zone", default="UTC", show_default=True, help="By whose clock it runs, and of whose days.")
@click.option("--period", type=_PERIODS, help="What each run reports: the last whole one before it.")
@click.option("--format", type=_FORMATS, default="csv", show_default=True)
@click.option("--recipient", "recipients", multiple=True, help="A member to mail, by id or address. Repeatable.")
@click.option("--slot", help="The name by which siblings and files mean it, for good; made from its name unless given.")
@json_option
def create(
    kind: str, project: str | None, organization: str | None, recipients: tuple[str, ...], as_json: bool, **wanted: Any
) -> None:
    """Schedule reports of KIND. They are made with your rights, as those are at each run.

    \b
    Examples:
      freehold reports schedules create usage_summary -p parcel-lookup --name Monthly --cron '0 6 1 * *' --period month
      freehold reports schedules create audit_log --name Weekly --cron '0 6 * * MON' --time-zone Europe/Berlin --period week
    """
    api = Api.current()
    body = {"kind": kind, "recipients": list(recipients)} | {
        name: value for name, value in wanted.items() if value is not None
    }
    _print(api.post(f"{_owner(api, project, organization)}/report_schedules", body), as_json)


@command.command("list")
@_of_option
@organization_option
@page_options
@json_option
def list_schedules(project: str | None, organization: str | None, as_json: bool, **question: Any) -> None:
    """List the report schedules of a project, or of the organization, newest first.

    \b
    Example:
      freehold reports schedules list -p parcel-lookup
    """
    api = Api.current()
    found = api.get(f"{_owner(api, project, organization)}/report_schedules", question)
    show_page(found, as_json, _COLUMNS, "There is no report schedule yet: freehold reports schedules create …")


@command.command("show")
@click.argument("schedule")
@json_option
def show(schedule: str, as_json: bool) -> None:
    """Show one report schedule, with its next five runs.

    \b
    Example:
      freehold reports schedules show sch_…
    """
    _print(Api.current().get(f"/v1/report_schedules/{segment(schedule)}"), as_json)


@command.command("preview")
@click.option("--cron", required=True, metavar="EXPRESSION", help="Five fields, at most once an hour.")
@click.option("--time-zone", default="UTC", show_default=True, help="By whose clock it would run.")
@click.option("--period", type=_PERIODS, help="What each run would report.")
@json_option
def preview(as_json: bool, **question: str | None) -> None:
    """Say when an expression would run, without making a schedule.

    \b
    Example:
      freehold reports schedules preview --cron '30 2 L * *' --time-zone America/New_York --period month
    """
    found = Api.current().get(
        "/v1/report_schedules/preview", {name: value for name, value in question.items() if value}
    )
    if as_json:
        output.print_json(found)
    else:
        output.print_facts({"Runs": f"{found['words']} ({found['time_zone']})", **_runs(found)})


@command.command("edit")
@click.argument("schedule")
@click.option("--name", help="What it is called.")
@click.option("--cron", metavar="EXPRESSION", help="Five fields, at most once an hour.")
@click.option("--time-zone", help="By whose clock it runs, and of whose days.")
@click.option("--period", type=_PERIODS, help="What each run reports.")
@click.option("--format", type=_FORMATS)
@click.option("--recipient", "recipients", multiple=True, help="Members to mail, in place of all. Repeatable.")
@click.option("--no-recipients", is_flag=True, help="Mail nobody.")
@json_option
def edit(
    schedule: str, recipients: tuple[str, ...], no_recipients: bool, as_json: bool, **values: Any
) -> None:  # fmt: skip
    """Change a report schedule; what is not given stays. It runs with your rights from now on.

    \b
    Example:
      freehold reports schedules edit sch_… --cron '0 7 * * MON' --recipient ada@example.com
    """
    body = {name: value for name, value in values.items() if value is not None}
    if recipients or no_recipients:
        body["recipients"] = list(recipients)
    _print(Api.current().patch(f"/v1/report_schedules/{segment(schedule)}", body), as_json)


@command.command("pause")
@click.argument("schedule")
@json_option
def pause(schedule: str, as_json: bool) -> None:
    """Let a report schedule run no more until it is resumed.

    \b
    Example:
      freehold reports schedules pause sch_…
    """
    _print(Api.current().post(f"/v1/report_schedules/{segment(schedule)}/pause"), as_json)


@command.command("resume")
@click.argument("schedule")
@json_option
def resume(schedule: str, as_json: bool) -> None:
    """Let a paused or stopped report schedule run again, from now on and with your rights.

    \b
    Example:
      freehold reports schedules resume sch_…
    """
    _print(Api.current().post(f"/v1/report_schedules/{segment(schedule)}/resume"), as_json)


@command.command("run")
@click.argument("schedule")
@json_option
def run(schedule: str, as_json: bool) -> None:
    """Ask now for the report that a run would ask for; when it runs by itself stays as it is.

    \b
    Example:
      freehold reports schedules run sch_…
    """
    report = Api.current().post(f"/v1/report_schedules/{segment(schedule)}/run")
    if as_json:
        output.print_json(report)
    else:
        click.echo(f"{report['id']} is being made: freehold reports show {report['id']}")


@command.command("delete")
@click.argument("schedule")
@confirmed("Delete this report schedule? Its reports stay.")
@json_option
def delete(schedule: str, as_json: bool) -> None:
    """Remove a report schedule; its reports stay.

    \b
    Example:
      freehold reports schedules delete sch_… --yes
    """
    Api.current().delete(f"/v1/report_schedules/{segment(schedule)}")
    if as_json:
        output.print_json({"id": schedule, "deleted": True})
    else:
        click.echo("The schedule is deleted.")


def _owner(api: Api, project: str | None, organization: str | None) -> str:
    if project:
        return f"/v1/projects/{segment(project_id(api, project))}"
    return f"/v1/organizations/{segment(organization_id(api, organization))}"


def _print(schedule: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(schedule)
        return
    period = f", the last {schedule['period']} before each run" if schedule["period"] else ""
    facts = {
        "Schedule": f"{schedule['name']} ({schedule['id']}, slot {schedule['slot']})",
        "Reports": f"{schedule['kind']} as {schedule['format']}{period}",
        "Runs": f"{schedule['words']} ({schedule['time_zone']}; {schedule['cron']})",
        "State": schedule["state"] + (f": {schedule['reason']}" if schedule["reason"] else ""),
        "Rights": f"of {schedule['owner']}",
        "Mails": ", ".join(each["email"] for each in schedule["recipients"]) or "nobody",
        "Last run": schedule["last_run_at"] or "none yet",
    }
    if schedule["last_report"]:
        facts["Last report"] = schedule["last_report"]
    output.print_facts(facts | _runs(schedule))


def _runs(found: dict[str, Any]) -> dict[str, str]:
    """The next runs as facts, each with the days that it reports."""
    return {
        "Next" if not place else f"Then ({place + 1})": each["at"] + (f", of {each['from']} to {each['to']}" if each["from"] else "")
        for place, each in enumerate(found["next_runs"])
    }  # fmt: skip
