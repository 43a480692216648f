"""`freehold bindings | clone | drift | promote | revert | accept | lock | unlock`: a sandbox project and its production sibling."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import CannotTry
from freehold.cli.options import json_option, project_argument, project_id

Command = TypeVar("Command", bound=Callable[..., Any])

# The siblings differ, or a plan would change something: for CI, as `freehold plan` has it.
DIFFERENT: Final = 2


def bind_option(command: Command) -> Command:
    """Add `--bind`."""
    return click.option(
        "--bind", "binds", multiple=True, metavar="SLOT=VALUE",
        help="A value for a slot, such as /webhooks/orders/url=https://…; env:NAME is read from the environment. Repeatable.",
    )(command)  # fmt: skip


def plan_option(command: Command) -> Command:
    """Add `--plan`."""
    return click.option("--plan", is_flag=True, help="Show what would happen, and change nothing.")(command)


def yes_option(command: Command) -> Command:
    """Add `--yes`. Without it, who sits at a terminal sees the plan and is asked; a script is taken at its word."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(command)


@click.group("bindings", short_help="What production is given of its own: URLs, secrets, networks.")
def bindings() -> None:
    """The values that a project needs of its own in production, given before it is cloned."""


@bindings.command("list")
@project_argument
@json_option
def list_bindings(project: str, as_json: bool) -> None:
    """List what production needs a value of, and what was given.

    \b
    Example:
      freehold bindings list parcel-lookup
    """
    api = Api.current()
    _show_bindings(api.get(f"{_place(api, project)}/bindings"), as_json)


@bindings.command("set")
@project_argument
@bind_option
@click.option("--clear", multiple=True, metavar="SLOT", help="Take this slot's value away. Repeatable.")
@json_option
def set_bindings(project: str, binds: tuple[str, ...], clear: tuple[str, ...], as_json: bool) -> None:
    """Give slots their values for production; they are kept sealed, and shown no more.

    \b
    Example:
      freehold bindings set parcel-lookup --bind /webhooks/orders/url=https://hooks.example.com/orders
      freehold bindings set parcel-lookup --bind /webhooks/orders/headers/X-Token=env:ORDERS_TOKEN
    """
    values: dict[str, Any] = {**_values(binds), **dict.fromkeys(clear)}
    if not values:
        raise click.UsageError("Say what to give: --bind SLOT=VALUE, or --clear SLOT.")
    api = Api.current()
    _show_bindings(api.put(f"{_place(api, project)}/bindings", {"bindings": values}), as_json)


@click.command("clone", short_help="Make a sandbox project's production sibling.")
@project_argument
@plan_option
@bind_option
@click.option("--issue-key", "issue_keys", multiple=True, metavar="NAME", help="Issue this key at once. Repeatable.")
@click.option("--fingerprint", help="Only if the shape is still this one, that of the plan that was approved.")
@yes_option
@json_option
def clone(
    project: str, plan: bool, binds: tuple[str, ...], issue_keys: tuple[str, ...], fingerprint: str | None, yes: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Clone an approved sandbox project into production, whole or not at all. Done before, it changes nothing.

    \b
    Examples:
      freehold clone parcel-lookup --plan
      freehold clone parcel-lookup --bind /webhooks/orders/url=https://hooks.example.com/orders --yes
    """
    values, api = _values(binds), Api.current()
    place = f"{_place(api, project)}/clone"
    planned = api.post(place, {"plan": True})
    if plan:
        _show_plan(planned, as_json)
        return
    _agree(planned, yes, "Make the production project?")
    made = api.post(
        place,
        {
            "fingerprint": fingerprint or planned["fingerprint"],
            "bindings": values,
            "issue_keys": list(issue_keys),
        },
    )
    if as_json:
        output.print_json(made)
        return
    word = "Made" if made["created"] else "There already; freehold promote brings later changes over"
    click.echo(f"{word}: {output.printable(made['production'])}")
    _show_once(made)


@click.command("drift", short_help="How a sandbox and its production sibling differ.")
@project_argument
@json_option
def drift(project: str, as_json: bool) -> None:
    """Show how siblings differ. Exits with 0 where they are equal, 2 where they differ in anything nobody accepted.

    \b
    Example:
      freehold drift parcel-lookup
    """
    api = Api.current()
    found = api.get(f"{_place(api, project)}/drift")
    if as_json:
        output.print_json(found)
    else:
        _show_drift(found)
    sys.exit(DIFFERENT if found["unaccepted"] else 0)


@click.command("promote", short_help="Let production take the sandbox's changes.")
@project_argument
@click.argument("items", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that differs.")
@plan_option
@bind_option
@yes_option
@json_option
def promote(
    project: str, items: tuple[str, ...], everything: bool, plan: bool, binds: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    """Bring items of the sandbox to production, with what they need; all of them or nothing.

    \b
    Examples:
      freehold promote parcel-lookup --all --plan
      freehold promote parcel-lookup /webhooks/orders /scope/endpoints/get_country --yes
    """
    _bring("promote", project, items, everything, plan, binds, yes, as_json)


@click.command("revert", short_help="Let the sandbox take production's values.")
@project_argument
@click.argument("items", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that differs.")
@plan_option
@bind_option
@yes_option
@json_option
def revert(
    project: str, items: tuple[str, ...], everything: bool, plan: bool, binds: tuple[str, ...], yes: bool, as_json: bool
) -> None:
    """Bring items of production back to the sandbox, with what they need; all of them or nothing.

    \b
    Example:
      freehold revert parcel-lookup /keys/checkout-web --yes
    """
    _bring("revert", project, items, everything, plan, binds, yes, as_json)


@click.command("accept", short_help="Accept that siblings differ, for a time and a reason.")
@project_argument
@click.argument("paths", nargs=-1, required=True)
@click.option("--reason", default="", help="Why: others will rely on it.")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="For how long at most.")
@click.option("--withdraw", is_flag=True, help="Withdraw the acceptances instead.")
@json_option
def accept(project: str, paths: tuple[str, ...], reason: str, days: int, withdraw: bool, as_json: bool) -> None:
    """Accept differences: they count no more, until the time is over or either value changes.

    \b
    Example:
      freehold accept parcel-lookup /limits/quota --reason "Production pays for more" --days 90
    """
    api = Api.current()
    body = {"paths": list(paths), "reason": reason, "days": days, "withdraw": withdraw}
    found = api.post(f"{_place(api, project)}/drift/accept", body)
    if as_json:
        output.print_json(found)
    else:
        _show_drift(found)


@click.command("lock", short_help="Let promotion alone change a production project.")
@project_argument
@json_option
def lock(project: str, as_json: bool) -> None:
    """Lock a production project: what it declares changes by promotion alone. Either sibling can be named.

    \b
    Example:
      freehold lock parcel-lookup
    """
    _set_locked(project, True, as_json)


@click.command("unlock", short_help="Let a production project be changed directly again.")
@project_argument
@json_option
def unlock(project: str, as_json: bool) -> None:
    """Unlock a production project. Either sibling can be named.

    \b
    Example:
      freehold unlock parcel-lookup
    """
    _set_locked(project, False, as_json)


def _bring(
    direction: str,
    project: str,
    items: tuple[str, ...],
    everything: bool,
    plan: bool,
    binds: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> None:
    if bool(items) == everything:
        raise click.UsageError("Name the items, as freehold drift lists them, or say --all.")
    values, api = _values(binds), Api.current()
    place = f"{_place(api, project)}/drift/{direction}"
    body: dict[str, Any] = {"items": None if everything else list(items)}
    planned = api.post(place, {**body, "plan": True})
    if plan:
        _show_plan(planned, as_json)
        sys.exit(DIFFERENT if planned["items"] else 0)
    _agree(planned, yes, f"Change {planned['target']}?")
    done = api.post(place, {**body, "fingerprint": planned["fingerprint"], "bindings": values})
    if as_json:
        output.print_json(done)
        return
    click.echo(
        f"Changed {output.printable(done['target'])}: {', '.join(done['items']) or 'nothing, there was no difference'}"
    )
    _show_once(done)


def _agree(planned: dict[str, Any], yes: bool, question: str) -> None:
    if yes or not sys.stdin.isatty():
        return
    _show_plan(planned, as_json=False)
    click.confirm(question, abort=True, err=True)


def _set_locked(project: str, locked: bool, as_json: bool) -> None:
    api = Api.current()
    named = api.get(_place(api, project))
    if named["environment"] == "sandbox" and named["sibling"] is None:
        raise CannotTry("There is no production project yet: freehold clone makes it.")
    target = named["id"] if named["environment"] == "production" else named["sibling"]
    changed = api.patch(f"/v1/projects/{segment(target)}", {"locked": locked})
    if as_json:
        output.print_json(changed)
        return
    click.echo(
        f"{output.printable(changed['name'])} in production is {'locked' if changed['locked'] else 'not locked'}."
    )


def _place(api: Api, project: str) -> str:
    return f"/v1/projects/{segment(_either(api, project))}"


def _either(api: Api, given: str) -> str:
    """The id of one of the siblings: they have one name, so of the two the sandbox is taken."""
    if given.startswith("proj_"):
        return given
    found = [
        each
        for organization in api.all("/v1/organizations")
        for each in api.all(f"/v1/organizations/{segment(organization['id'])}/projects", {"environment": "sandbox"})
        if given in (each["slug"], each["name"])
    ]
    return str(found[0]["id"]) if len(found) == 1 else project_id(api, given)


def _values(binds: Sequence[str]) -> dict[str, str | list[str]]:
    """Values by slot, out of `SLOT=VALUE`; several of a list are set apart by commas."""
    values: dict[str, str | list[str]] = {}
    for each in binds:
        slot, equals, value = each.partition("=")
        if not equals or not slot.startswith("/"):
            raise click.UsageError(
                f"--bind takes SLOT=VALUE, such as /webhooks/orders/url=https://…, not {each.partition('=')[0]!r}."
            )
        if value.startswith("env:"):
            name = value.removeprefix("env:")
            if name not in os.environ:
                raise CannotTry(f"The environment variable {name} is not set, which --bind {slot} names.")
            value = os.environ[name]
        listed = slot.startswith("/owners/") or slot.endswith("/allowed_cidrs")
        values[slot] = [part.strip() for part in value.split(",") if part.strip()] if listed else value
    return values


def _show_bindings(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(found)
        return
    rows = [
        [each["slot"], each["label"], each["shown"] or ("missing" if each["required"] else "the sandbox's")]
        for each in found["bindings"]
    ]
    output.print_table(["Slot", "What it is", "In production"], rows, "Production needs no value of its own.")


def _show_plan(plan: dict[str, Any], as_json: bool) -> None:
    if as_json:
        output.print_json(plan)
        return
    for group in plan["groups"]:
        click.echo(click.style(group["title"], bold=True))
        for each in group["differences"]:
            sign = {"only_in_sandbox": "+", "only_in_production": "-"}.get(each["kind"], "~")
            click.echo(f"  {sign} {output.printable(each['path'])}")
    for each in plan.get("pulled", ()):
        click.echo(f"Comes along: {output.printable(each['item'])}, for {output.printable(each['why'])}")
    for sentence in plan["consequences"]:
        click.echo(f"* {output.printable(sentence)}")
    missing = [each["slot"] for each in plan["bindings"] if each["required"] and each["shown"] is None]
    for slot in missing:
        click.echo(f"Needs --bind {output.printable(slot)}=…")
    click.echo(f"Fingerprint: {plan['fingerprint']}")


def _show_drift(found: dict[str, Any]) -> None:
    rows = [
        [
            each["path"],
            _value(each["sandbox"]),
            _value(each["production"]),
            _ahead(each["ahead"]),
            _accepted(each["acceptance"]),
        ]
        for each in found["differences"]
    ]
    output.print_table(["Field", "Sandbox", "Production", "Ahead", "Accepted"], rows, "The siblings declare the same.")


def _value(value: Any) -> Any:
    # A whole item has many fields: that it is there is what differs.
    if value is True or (isinstance(value, dict) and len(value) > 2):
        return "declared"
    return ", ".join(f"{name} {each}" for name, each in value.items()) if isinstance(value, dict) else value


def _ahead(mark: dict[str, Any] | None) -> str:
    return f"{mark['environment']}, by {mark['by']}" if mark else ""


def _accepted(acceptance: dict[str, Any] | None) -> str:
    return f"until {acceptance['expires_at'][:10]}: {acceptance['reason']}" if acceptance else ""


def _show_once(made: dict[str, Any]) -> None:
    for each in made["signing_secrets"]:
        output.print_secret(f"Signing secret of {each['slot']}", each["signing_secret"])
    for each in made.get("keys", ()):
        output.print_secret(f"Key {each['name']}", each["secret"])
