"""`freehold readiness`: what a sandbox project still needs for production, and what the operator asks."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.options import json_option, project_id
from freehold.cli.readiness_policy import policy_command

# For CI: `show` ends with it where something blocks. Other failures end with 1.
BLOCKED: Final = 2
_FINDINGS: Final = click.Choice(["rotation_overdue", "unused", "never_expires"])
_MARKS: Final = {
    "passed": ("✓", "green"),
    "failed": ("✗", "red"),
    "waiting": ("…", "yellow"),
    "not_applicable": ("–", None),
}


@click.group("readiness", short_help="What a project still needs for production.")
def command() -> None:
    """Readiness: a sandbox project's checks, decided by what happened, and what the operator asks."""


@command.command("show")
@click.argument("project")
@json_option
def show_readiness(project: str, as_json: bool) -> None:
    """Show a project's checks. Ends with 0 where nothing blocks production, with 2 where something does.

    \b
    Examples:
      freehold readiness show parcel-lookup
      freehold readiness show parcel-lookup --json | jq -r .next
    """
    api = Api.current()
    found = api.get(f"/v1/projects/{segment(project_id(api, project))}/readiness")
    if as_json:
        output.print_json(found)
    else:
        _print(found)
    if not found["ready"]:
        raise click.exceptions.Exit(BLOCKED)


def _print(found: dict[str, Any]) -> None:
    for check in found["checks"]:
        mark, colour = _MARKS[check["state"]]
        blocks = click.style(" (blocks)", fg="red") if check["blocking"] and check["fix"] else ""
        click.echo(f"{click.style(mark, fg=colour)} {click.style(output.printable(check['title']), bold=True)}{blocks}")
        click.echo(f"    {output.printable(check['detail'])}")
        if check["fix"]:
            click.echo(f"    {output.printable(check['fix']['title'])}: {output.printable(check['fix']['command'])}")
    summary = found["summary"]
    said = f"{summary['passed']} of {summary['total']} passed, {summary['blocking']} block production."
    click.secho(said, fg="green" if found["ready"] else "red")


@command.command("attest")
@click.argument("project")
@click.argument("check")
@click.option("--words", "-w", required=True, help="What you looked at, and what you found.")
@json_option
def attest(project: str, check: str, words: str, as_json: bool) -> None:
    """Attest a check of a project: as a person of the role that it names.

    \b
    Example:
      freehold readiness attest parcel-lookup security_review -w "Read on 26 November; nothing open."
    """
    api = Api.current()
    body = {"check": check, "words": words}
    _said(api.post(f"/v1/projects/{segment(project_id(api, project))}/attestations", body), as_json)


@command.command("withdraw")
@click.argument("said")
@json_option
def withdraw(said: str, as_json: bool) -> None:
    """Take back an attestation (ats_…), or accept a finding about a key no longer (acc_…).

    \b
    Example:
      freehold readiness withdraw ats_…
    """
    noun = "key_acceptances" if said.startswith("acc_") else "attestations"
    _said(Api.current().post(f"/v1/{noun}/{segment(said)}/withdraw"), as_json)


@command.command("accept")
@click.argument("project")
@click.option("--key", required=True, help="The key's id.")
@click.option("--finding", type=_FINDINGS, required=True, help="What is found about it.")
@click.option("--reason", required=True, help="Why it is right so.")
@click.option("--days", type=click.IntRange(1, 365), default=90, show_default=True, help="For how long.")
@json_option
def accept(project: str, key: str, finding: str, reason: str, days: int, as_json: bool) -> None:
    """Accept a finding about a key for a while, and say why.

    \b
    Example:
      freehold readiness accept parcel-lookup --key key_… --finding unused --reason "Runs once a quarter"
    """
    api = Api.current()
    until = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"key": key, "finding": finding, "reason": reason, "expires_at": until}
    _said(api.post(f"/v1/projects/{segment(project_id(api, project))}/key_acceptances", body), as_json)


@command.command("run")
@click.argument("project")
@click.argument("check")
@json_option
def run_check(project: str, check: str, as_json: bool) -> None:
    """Have an HTTP check of the operator's called within seconds.

    \b
    Example:
      freehold readiness run parcel-lookup capacity
    """
    api = Api.current()
    asked = api.post(f"/v1/projects/{segment(project_id(api, project))}/readiness/run", {"check": check})
    if as_json:
        output.print_json(asked)
    else:
        click.echo(f"It is asked. What comes of it: freehold readiness results {output.printable(project)}")


@command.command("results")
@click.argument("project")
@json_option
def list_results(project: str, as_json: bool) -> None:
    """List what calls of a project's HTTP checks came to, newest first.

    \b
    Example:
      freehold readiness results parcel-lookup
    """
    api = Api.current()
    page = api.get(f"/v1/projects/{segment(project_id(api, project))}/readiness/results")
    if as_json:
        output.print_json(page)
        return
    rows = [[each["at"], each["passed"], each["detail"], each["status"], each["asked_by"]] for each in page["data"]]
    output.print_table(["at", "passed", "detail", "status", "asked by"], rows, "No HTTP check was called yet.")


@command.command("said")
@click.argument("project")
@json_option
def list_said(project: str, as_json: bool) -> None:
    """List what people attested and accepted of a project, newest first.

    \b
    Example:
      freehold readiness said parcel-lookup
    """
    api = Api.current()
    at = f"/v1/projects/{segment(project_id(api, project))}"
    said, accepted = api.get(f"{at}/attestations"), api.get(f"{at}/key_acceptances")
    if as_json:
        output.print_json({"attestations": said["data"], "key_acceptances": accepted["data"]})
        return
    rows = [
        [each["id"], each["words"], each["user_name"], each["expires_at"], each["withdrawn_at"]]
        for each in said["data"]
    ]
    rows += [
        [each["id"], f"{each['key_name']} {each['finding']}: {each['reason']}", each["accepted_by"], each["expires_at"], each["withdrawn_at"]]
        for each in accepted["data"]
    ]  # fmt: skip
    output.print_table(["id", "what", "by", "until", "withdrawn"], rows, "Nobody has said anything yet.")


def _said(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(made)
        return
    output.print_facts(
        {
            "Id": made["id"],
            "Words": made.get("words") or made.get("reason"),
            "Until": made["expires_at"],
            "Withdrawn": made["withdrawn_at"],
        }
    )


command.add_command(policy_command)
