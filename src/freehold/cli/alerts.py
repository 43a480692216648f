"""`freehold alerts`: a project's alert rules, their firings, and its chat channels."""

from typing import Any

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option, page_options, project_id, project_option, show_page

_METRICS = click.Choice(
    [
        "requests", "cost", "denials", "failure_rate", "latency", "quota_used", "webhook_failure_rate", "retry_pressure",
        "key_unused", "key_expiring", "key_rotation_overdue", "no_traffic",
    ]
)  # fmt: skip
_SEVERITIES = click.Choice(["info", "warning", "critical"])
_WAYS = click.Choice(["webhooks", "email", "chat"])


def _thresholds(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[dict[str, float]]:
    """`5` or `5:2` (fires at 5, over below 2) as the API's objects."""
    thresholds = []
    for each in values:
        at, colon, over = each.partition(":")
        try:
            thresholds.append({"at": float(at)} | ({"resolve_below": float(over)} if colon else {}))
        except ValueError:
            raise click.BadParameter(f"{each!r} should be like 5, or 5:2 for one that is over below 2.") from None
    return thresholds


@click.group("alerts", short_help="Rules that watch a project, and their firings.")
def command() -> None:
    """Alert rules: thresholds on a project's traffic, webhooks, quotas and keys, each crossing fired once a period."""


@command.command("create")
@project_option
@click.option("--name", required=True, help="What the rule is called.")
@click.option("--metric", type=_METRICS, required=True, help="What it watches.")
@click.option(
    "--threshold", "-t", "thresholds", multiple=True, required=True, callback=_thresholds, metavar="AT[:OVER]",
    help="A step that fires, and below which it is over. Repeatable.",
)  # fmt: skip
@click.option("--window-s", type=click.IntRange(60, 86_400), help="A sliding window, in seconds.")
@click.option("--period", type=click.Choice(["hour", "day", "month"]), help="A calendar period, in place of a window.")
@click.option("--timezone", default="UTC", show_default=True, help="Whose hours, days and months the period is of.")
@click.option("--below", is_flag=True, help="Fire below the threshold: requests and cost within a window.")
@click.option("--key", help="Of one key, by its id.")
@click.option("--endpoint", help="Of one endpoint, by its operation id.")
@click.option("--reason", help="Of denials of one reason.")
@click.option("--percentile", type=click.Choice(["50", "95", "99"]), help="Of latencies.")
@click.option("--webhook", help="Of one webhook endpoint, by its id.")
@click.option("--minimum-count", type=click.IntRange(0), default=0, help="Do not judge a rate of fewer.")
@click.option("--severity", type=_SEVERITIES, default="warning", show_default=True, help="How bad a firing is.")
@click.option("--owner", help="A member, by id or e-mail address, who is told by e-mail.")
@click.option("--next-action", default="", help="What to do when it fires.")
@click.option("--notify", type=_WAYS, multiple=True, help="A way to tell; all unless given. Repeatable.")
@click.option("--slot", help="The name by which siblings and files mean it, for good; made from its name unless given.")
@json_option
def create_alert(
    project: str, name: str, metric: str, thresholds: list[dict[str, float]], below: bool, percentile: str | None,
    notify: tuple[str, ...], as_json: bool, **more: Any,
) -> None:  # fmt: skip
    """Make an alert rule of a project.

    \b
    Examples:
      freehold alerts create -p parcel-lookup --name Failures --metric failure_rate -t 5:2 --window-s 300
      freehold alerts create -p parcel-lookup --name Quota --metric quota_used -t 50 -t 80 -t 100
    """
    api = Api.current()
    filters = {field: more.pop(field) for field in ("key", "endpoint", "reason", "webhook")}
    body = {
        "name": name, "metric": metric, "thresholds": thresholds, "comparison": "below" if below else None,
        "filter": filters | {"percentile": int(percentile) if percentile else None}, **more,
    } | ({"notify": list(notify)} if notify else {})  # fmt: skip
    made = api.post(f"/v1/projects/{segment(project_id(api, project))}/alerts", body)
    _print(made, as_json)


@command.command("list")
@project_option
@page_options
@json_option
def list_alerts(project: str, limit: int, cursor: str | None, as_json: bool) -> None:
    """List a project's alert rules, newest first.

    \b
    Example:
      freehold alerts list -p parcel-lookup
    """
    api = Api.current()
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/alerts", {"limit": limit, "cursor": cursor})
    columns = {
        "id": lambda each: each["id"],
        "name": lambda each: each["name"],
        "fires at": lambda each: each["condition"],
        "severity": lambda each: each["severity"],
        "state": lambda each: "firing" if each["firing"] else "kept" if each["enabled"] else "off",
    }
    show_page(page, as_json, columns, "There is no alert rule yet: freehold alerts create …")


@command.command("show")
@click.argument("alert")
@json_option
def show_alert(alert: str, as_json: bool) -> None:
    """Show one alert rule, by its id.

    \b
    Example:
      freehold alerts show alr_…
    """
    _print(Api.current().get(f"/v1/alerts/{segment(alert)}"), as_json)


@command.command("edit")
@click.argument("alert")
@click.option("--name", help="What the rule is called.")
@click.option(
    "--threshold", "-t", "thresholds", multiple=True, callback=_thresholds, metavar="AT[:OVER]",
    help="New steps, in place of all. Repeatable.",
)  # fmt: skip
@click.option("--severity", type=_SEVERITIES, help="How bad a firing is.")
@click.option("--owner", help="A member, by id or e-mail address; an empty text for none.")
@click.option(
    "--mute-until", "muted_until", help="Tell nobody until this time (RFC 3339); an empty text to tell again."
)
@click.option("--enable/--disable", "enabled", default=None, help="Whether it is looked at.")
@json_option
def edit_alert(alert: str, as_json: bool, thresholds: list[dict[str, float]], **values: Any) -> None:
    """Change an alert rule; what is not given stays.

    \b
    Examples:
      freehold alerts edit alr_… -t 10:5
      freehold alerts edit alr_… --mute-until 2026-12-01T08:00:00Z
    """
    body = {name: None if value == "" else value for name, value in values.items() if value is not None}
    if thresholds:
        body["thresholds"] = thresholds
    _print(Api.current().patch(f"/v1/alerts/{segment(alert)}", body), as_json)


@command.command("delete")
@click.argument("alert")
@confirmed("Delete this alert rule?")
@json_option
def delete_alert(alert: str, as_json: bool) -> None:
    """Remove an alert rule; its firings stay on record.

    \b
    Example:
      freehold alerts delete alr_… --yes
    """
    Api.current().delete(f"/v1/alerts/{segment(alert)}")
    if as_json:
        output.print_json(None)
    else:
        click.echo("The alert rule is deleted.")


@command.command("test")
@click.argument("alert")
@json_option
def send_test_alert(alert: str, as_json: bool) -> None:
    """Tell a rule's people that this is a test, by the ways that a firing would take.

    \b
    Example:
      freehold alerts test alr_…
    """
    told = Api.current().post(f"/v1/alerts/{segment(alert)}/test")
    if as_json:
        output.print_json(told)
        return
    _show_notifications(told["notifications"])


@command.command("firings")
@project_option
@click.option("--state", type=click.Choice(["open", "resolved"]), help="Only those that are open, or over.")
@page_options
@json_option
def list_firings(project: str, state: str | None, limit: int, cursor: str | None, as_json: bool) -> None:
    """List a project's firings, newest first.

    \b
    Example:
      freehold alerts firings -p parcel-lookup --state open
    """
    api = Api.current()
    query = {"state": state, "limit": limit, "cursor": cursor}
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/firings", query)
    columns = {
        "id": lambda each: each["id"],
        "rule": lambda each: each["name"],
        "what": lambda each: each["summary"],
        "state": lambda each: each["state"],
        "opened": lambda each: each["opened_at"],
    }
    show_page(page, as_json, columns, "Nothing has fired.")


@command.command("firing")
@click.argument("firing")
@json_option
def show_firing(firing: str, as_json: bool) -> None:
    """Show one firing, and who was told.

    \b
    Example:
      freehold alerts firing fir_…
    """
    found = Api.current().get(f"/v1/firings/{segment(firing)}")
    if as_json:
        output.print_json(found)
    else:
        _show_firing(found)


@command.command("acknowledge")
@click.argument("firing")
@json_option
def acknowledge_firing(firing: str, as_json: bool) -> None:
    """Say that you have taken a firing on.

    \b
    Example:
      freehold alerts acknowledge fir_…
    """
    taken = Api.current().post(f"/v1/firings/{segment(firing)}/acknowledge")
    if as_json:
        output.print_json(taken)
    else:
        _show_firing(taken)


@command.command("channels")
@project_option
@json_option
def list_channels(project: str, as_json: bool) -> None:
    """List a project's chat channels.

    \b
    Example:
      freehold alerts channels -p parcel-lookup
    """
    api = Api.current()
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/alert_channels")
    columns = {
        "id": lambda each: each["id"],
        "name": lambda each: each["name"],
        "kind": lambda each: each["kind"],
        "url": lambda each: each["url"],
    }
    show_page(page, as_json, columns, "There is no chat channel yet: freehold alerts add-channel …")


@command.command("add-channel")
@project_option
@click.option("--name", required=True, help="What the channel is called.")
@click.option(
    "--kind", type=click.Choice(["slack", "generic"]), default="slack", show_default=True, help="Which form it takes."
)
@click.option("--url", required=True, help="Its incoming webhook URL, which is a credential.")
@click.option("--slot", help="The name by which siblings and files mean it, for good; made from its name unless given.")
@json_option
def add_channel(project: str, name: str, kind: str, url: str, slot: str | None, as_json: bool) -> None:
    """Add a chat channel, to which every rule tells that notifies by chat.

    \b
    Example:
      freehold alerts add-channel -p parcel-lookup --name "#ops" --url https://hooks.slack.com/services/…
    """
    api = Api.current()
    body = {"name": name, "kind": kind, "url": url, "slot": slot}
    made = api.post(f"/v1/projects/{segment(project_id(api, project))}/alert_channels", body)
    if as_json:
        output.print_json(made)
    else:
        output.print_facts({"Channel": made["id"], "Name": made["name"], "Kind": made["kind"], "URL": made["url"]})


@command.command("remove-channel")
@click.argument("channel")
@confirmed("Remove this chat channel?")
@json_option
def remove_channel(channel: str, as_json: bool) -> None:
    """Remove a chat channel; what waits for it is not sent.

    \b
    Example:
      freehold alerts remove-channel chn_… --yes
    """
    Api.current().delete(f"/v1/alert_channels/{segment(channel)}")
    if as_json:
        output.print_json(None)
    else:
        click.echo("The chat channel is removed.")


def _print(alert: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(alert)
        return
    output.print_facts(
        {
            "Alert rule": alert["id"],
            "Project": alert["project"],
            "Name": alert["name"],
            "Fires at": alert["condition"],
            "Severity": alert["severity"],
            "State": "firing" if alert["firing"] else "kept" if alert["enabled"] else "off",
            "Muted until": alert["muted_until"],
            "Owner": alert["owner"],
            "Next action": alert["next_action"] or None,
            "Tells by": alert["notify"],
            "Last looked at": alert["evaluated_at"],
        }
    )


def _show_firing(firing: dict[str, Any]) -> None:
    output.print_facts(
        {
            "Firing": firing["id"],
            "Rule": f"{firing['name']} ({firing['alert']})",
            "What": firing["summary"],
            "State": firing["state"],
            "Opened": firing["opened_at"],
            "Resolved": firing["resolved_at"],
            "Taken on": firing["acknowledged_at"],
            "By": firing["acknowledged_by_name"],
        }
    )
    click.echo()
    _show_notifications(firing["notifications"])


def _show_notifications(notifications: list[dict[str, Any]]) -> None:
    for each in notifications:
        output.print_facts(
            {
                each["event"].capitalize(): f"{each['way']} {each['target']}".strip(),
                "Came of it": each["state"],
                "Error": each["error"],
            }
        )
