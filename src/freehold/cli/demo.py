"""`freehold demo`: fill a new instance with two organizations and 30 days of their traffic."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from freehold.cli import output
from freehold.cli.failures import CannotTry, Failure
from freehold.cli.instance_options import data_option, settings_of

if TYPE_CHECKING:
    from freehold.settings import Settings


@click.command("demo", short_help="Fill a new instance with an example to look at.")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(data: Path | None, as_json: bool) -> None:
    """Fill a new instance with two organizations, their projects and 30 days of plausible traffic.

    Everything is made by the same code that serves you: decisions by the gate's rules, sums by the
    collector. An instance that is set up already is left alone. Everybody's password is taken from
    FREEHOLD_PASSWORD, or made up and printed.

    \b
    Examples:
      freehold demo --data demo-data && freehold up --data demo-data
      FREEHOLD_PASSWORD=… freehold demo --json
    """
    settings = settings_of(data=data)
    given = os.environ.get("FREEHOLD_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    done = _fill(settings, password, quiet=as_json)
    if as_json:
        output.print_json({**done, "password": None if given else password})
        return
    output.print_facts(
        {"Organizations": str(done["organizations"]), "Projects": str(done["projects"]),
         "Requests": f"{done['requests']:,}", "Messages": f"{done['messages']:,}",
         "Sign in as": ", ".join(done["emails"][:1]), "or as": ", ".join(done["emails"][1:])}
    )  # fmt: skip
    if not given:
        output.print_secret("\nPassword of all", password)
    click.echo(f"Look at it:  freehold up --data {settings.data}")


def _fill(settings: Settings, password: str, quiet: bool) -> dict[str, Any]:
    from dataclasses import asdict

    from freehold.demo.fill import Progress, fill
    from freehold.errors import Problem
    from freehold.settings import BadSetting
    from freehold.supervisor.refusals import CannotStart
    from freehold.supervisor.setup import opened

    bars: list[Any] = []

    def begin(title: str, length: int) -> None:
        end()
        bar = click.progressbar(length=length, label=f"{title:28}", file=None, hidden=quiet)
        bars.append(bar.__enter__())

    def tell(count: int) -> None:
        bars[-1].update(count)

    def end() -> None:
        if bars:
            bars.pop().__exit__(None, None, None)

    try:
        with opened(settings) as (store, secret):
            filled = fill(store, settings, secret, password, Progress(begin, tell))
    except (CannotStart, BadSetting) as refusal:
        raise CannotTry(str(refusal)) from None
    except Problem as problem:
        raise Failure(f"{problem.title}. {problem.detail}") from None
    finally:
        end()
    return asdict(filled)
