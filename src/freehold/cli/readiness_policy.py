"""`freehold readiness policy`: what the operator asks of an API's projects, and checks of their own."""

from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import confirmed, json_option

_DAYS: Final = (
    ("exercise", "every endpoint was called"), ("lookup", "a lookup was allowed"), ("denial", "one was denied"),
    ("delivery", "an event was delivered"), ("alert", "an alert or test arrived"), ("failure", "failures are counted"),
    ("unused", "a key is unused"), ("rotation", "a secret is overdue for rotation"), ("approval", "an approval is over"),
)  # fmt: skip
_ITEMS: Final = click.Choice(
    ["labels", "owners", "scope", "limits", "keys", "webhooks", "alerts", "alert_channels", "report_schedules"]
)
_ROLES: Final = click.Choice(["owner", "admin", "developer", "billing", "auditor", "operator"])


@click.group("policy", short_help="What the operator asks.")
def policy_command() -> None:
    """What the operator asks of an API's projects before production, and checks of their own."""


@policy_command.command("show")
@click.argument("api")
@json_option
def show_policy(api: str, as_json: bool) -> None:
    """Show what is asked of an API's projects.

    \b
    Example:
      freehold readiness policy show example
    """
    _print(Api.current().get(f"/v1/apis/{segment(api)}/readiness_policy"), as_json)


def _with_days(command: Any) -> Any:
    for name, words in reversed(_DAYS):
        option = click.option(
            f"--{name}-days", type=click.IntRange(1, 365), help=f"Days within or after which {words}."
        )
        command = option(command)
    return command


@policy_command.command("set")
@click.argument("api")
@click.option("--block", multiple=True, metavar="CHECK", help="A check that blocks from now on. Repeatable.")
@click.option("--do-not-block", "unblock", multiple=True, metavar="CHECK", help="One that does no more. Repeatable.")
@click.option("--failure-rate-max", type=click.FloatRange(0, 100), help="At most so many percent may fail.")
@click.option(
    "--material", type=_ITEMS, multiple=True, help="The items that are material, in place of all. Repeatable."
)
@click.option(
    "--promotion-needs-approval/--promotion-by-itself", default=None,
    help="Whether material items reach a live project by an approved request alone.",
)  # fmt: skip
@_with_days
@json_option
def set_policy(
    api: str, block: tuple[str, ...], unblock: tuple[str, ...], material: tuple[str, ...], as_json: bool, **values: Any
) -> None:
    """Change what is asked of an API's projects; what is not given stays.

    \b
    Examples:
      freehold readiness policy set example --failure-rate-max 1 --lookup-days 3
      freehold readiness policy set example --block billing_owner --do-not-block alert_channel
    """
    path = f"/v1/apis/{segment(api)}/readiness_policy"
    before = Api.current().get(path)
    said = {name: value for name, value in values.items() if value is not None}
    blocking = [each for each in (*before["blocking"], *block) if each not in unblock]
    body = {name: value for name, value in before.items() if name not in ("api", "changed_by", "changed_at", "etag")}
    body |= said | {"blocking": list(dict.fromkeys(blocking))} | ({"material": list(material)} if material else {})
    _print(Api.current().put(path, body, headers={"If-Match": before["etag"]}), as_json)


def _print(policy: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(policy)
        return
    days = {f"{name.capitalize()} days": policy[f"{name}_days"] for name, _ in _DAYS}
    output.print_facts(
        {
            "Blocking": policy["blocking"], "Failure rate": f"at most {policy['failure_rate_max']:g} %", **days,
            "Material": policy["material"], "Promotion needs approval": policy["promotion_needs_approval"],
            "Changed": policy["changed_at"] or "never: these are the defaults",
        }
    )  # fmt: skip


# --- own checks ----------------------------------------------------------------------------------------------------


@policy_command.command("checks")
@click.argument("api")
@json_option
def list_checks(api: str, as_json: bool) -> None:
    """List the operator's own checks of an API.

    \b
    Example:
      freehold readiness policy checks example
    """
    page = Api.current().get(f"/v1/apis/{segment(api)}/readiness_checks")
    if as_json:
        output.print_json(page)
        return
    rows = [
        [each["id"], each["code"], each["title"], each["role"] or each["url"], each["blocking"], each["valid_days"]]
        for each in page["data"]
    ]
    columns = ["id", "code", "title", "asks", "blocks", "days"]
    output.print_table(columns, rows, "There is none yet: freehold readiness policy add-check …")


@policy_command.command("add-check")
@click.argument("api")
@click.option("--code", required=True, help="Names it among the API's checks.")
@click.option("--title", required=True, help="What it is called.")
@click.option("--role", type=_ROLES, help="Of an attestation: who says yes.")
@click.option("--url", help="Of an HTTP check: what Freehold calls.")
@click.option("--instruction", default="", help="What is asked.")
@click.option(
    "--valid-days", type=click.IntRange(1, 365), default=90, show_default=True, help="For how long it counts."
)
@click.option("--blocks/--is-shown", "blocking", default=True, show_default=True, help="Whether it blocks production.")
@json_option
def add_check(api: str, as_json: bool, **values: Any) -> None:
    """Add a check to those of an API: an attestation by a person of a role, or an HTTP check.

    \b
    Examples:
      freehold readiness policy add-check example --code security_review --title "Security review" --role auditor
      freehold readiness policy add-check example --code capacity --title Capacity --url https://checks.example.com/
    """
    if bool(values["role"]) == bool(values["url"]):
        raise click.UsageError("Say either --role, for an attestation, or --url, for an HTTP check.")
    body = {"kind": "attestation" if values["role"] else "http", **values}
    _print_check(Api.current().post(f"/v1/apis/{segment(api)}/readiness_checks", body), as_json)


@policy_command.command("edit-check")
@click.argument("check")
@click.option("--title", help="What it is called.")
@click.option("--role", type=_ROLES, help="Who says yes.")
@click.option("--url", help="What Freehold calls.")
@click.option("--instruction", help="What is asked.")
@click.option("--valid-days", type=click.IntRange(1, 365), help="For how long it counts.")
@click.option("--blocks/--is-shown", "blocking", default=None, help="Whether it blocks production.")
@json_option
def edit_check(check: str, as_json: bool, **values: Any) -> None:
    """Change a check of the operator's; what is not given stays. Where it asks another thing, it is asked anew.

    \b
    Example:
      freehold readiness policy edit-check rck_… --is-shown
    """
    body = {name: value for name, value in values.items() if value is not None}
    if not body:
        raise click.UsageError("Say what to change: --title, --role, --url, --instruction, --valid-days or --blocks.")
    _print_check(Api.current().patch(f"/v1/readiness_checks/{segment(check)}", body), as_json)


@policy_command.command("remove-check")
@click.argument("check")
@confirmed("Remove the check? No project is asked it any more.")
@json_option
def remove_check(check: str, as_json: bool) -> None:
    """Remove a check of the operator's; what was said of it stays on record.

    \b
    Example:
      freehold readiness policy remove-check rck_… --yes
    """
    Api.current().delete(f"/v1/readiness_checks/{segment(check)}")
    if as_json:
        output.print_json(None)
    else:
        click.echo("Removed.")


def _print_check(check: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(check)
        return
    output.print_facts(
        {
            "Check": f"{check['title']} ({check['code']}, {check['id']})",
            "Asks": check["instruction"],
            "Of": check["role"] or check["url"],
            "Blocks": check["blocking"],
            "Counts for": f"{check['valid_days']} days",
        }
    )
