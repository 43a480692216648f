"""Limits on the command line, of keys and of projects: how they are written, and how they are shown."""

from collections.abc import Callable
from typing import Any, Final

import click

from freehold.cli import output

Command = Callable[..., Any]

_UNNAMED: Final = "requests"
# What `--clear` takes away, and the field of the API that it is.
CLEARED: Final = {"rate-limit": "rate_limits", "quota": "quota"}


def limit_options(command: Command) -> Command:
    """Add `--rate-limit` and `--quota`."""
    for option in (
        click.option(
            "--quota",
            metavar="COST/PERIOD",
            callback=_quota,
            help="Cost in each hour, day or month of UTC, and not one more: 100000/month.",
        ),
        click.option(
            "--rate-limit",
            "rate_limits",
            multiple=True,
            metavar="[NAME=]COST/SECONDS",
            callback=_rate_limits,
            help=f"Cost in a window of seconds, evenly refilled: 600/60, which is named {_UNNAMED}, or burst=20/1. "
            "Repeatable: give all of them.",
        ),
    ):
        command = option(command)
    return command


def given_limits(settings: dict[str, Any]) -> dict[str, Any]:
    """Those of the limits that were given, as the API takes them."""
    given = {name: settings[name] for name in ("rate_limits", "quota")}
    return {name: value for name, value in given.items() if value}


def limit_facts(owner: dict[str, Any]) -> dict[str, Any]:
    """The limits of a key or project for a person to read, and what is left of its quota."""
    quota, state = owner["quota"], owner["quota_state"]
    return {
        "Rate limits": [f"{each['name']} {each['limit']} in {each['window_s']} s" for each in owner["rate_limits"]],
        "Quota": f"{quota['limit']} in each {quota['period']}" if quota else None,
        "Quota left": _left(state) if state else None,
    }


def _left(state: dict[str, Any]) -> str:
    held = f", {state['reserved']} held by gates" if state["reserved"] else ""
    return f"{state['remaining']}; {state['used']} used{held}; resets {output.text_of(state['resets_at'])}"


def _rate_limits(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_rate_limit(value) for value in values]


def _rate_limit(value: str) -> dict[str, Any]:
    name, equals, numbers = value.rpartition("=")
    limit, _, window_s = numbers.partition("/")
    if not (limit.isdecimal() and window_s.isdecimal()) or (equals and not name):
        raise click.BadParameter(f"{value!r} should be like 600/60 or burst=20/1: so much cost in so many seconds.")
    return {"name": name or _UNNAMED, "limit": int(limit), "window_s": int(window_s)}


def _quota(context: click.Context, parameter: click.Parameter, value: str | None) -> dict[str, Any] | None:
    if value is None:
        return None
    limit, _, period = value.partition("/")
    if not limit.isdecimal() or not period:
        raise click.BadParameter(f"{value!r} should be like 100000/month: so much cost in each hour, day or month.")
    return {"limit": int(limit), "period": period}
