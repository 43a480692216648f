"""`freehold up`: run an instance."""

from pathlib import Path

import click

from freehold.cli.failures import CannotTry, Failure
from freehold.cli.instance_options import data_option, settings_of


@click.command("up", short_help="Run an instance: dashboard, API and gate.")
@data_option
@click.option("--host", metavar="ADDRESS", help="The address to listen on.  [FREEHOLD_HOST; default: 127.0.0.1]")
@click.option(
    "--port", type=int, help="The port of dashboard and API, 0 for a free one.  [FREEHOLD_PORT; default: 8400]"
)
@click.option(
    "--gate-port", type=int, help="The port of the gate, 0 for a free one.  [FREEHOLD_GATE_PORT; default: 8401]"
)
@click.option("--verbose", is_flag=True, help="Log what happens, not only what goes wrong.")
def command(data: Path | None, host: str | None, port: int | None, gate_port: int | None, verbose: bool) -> None:
    """Run an instance until Ctrl-C: the dashboard and the API, the gate, and the tasks behind them.

    The first start makes the data directory and prints a link to set the instance up in a browser.
    Every other setting is an environment variable: docs/settings.md.

    \b
    Examples:
      freehold up
      freehold up --data /var/lib/freehold --host 0.0.0.0 --port 80 --gate-port 8080
      FREEHOLD_WORKERS=4 freehold up
    """
    settings = settings_of(data=data, host=host, port=port, gate_port=gate_port)
    # The server's packages take a while to import: only now, when there is something to run.
    from freehold.settings import BadSetting
    from freehold.supervisor.refusals import CannotStart, ProcessFailed
    from freehold.supervisor.up import up

    try:
        status = up(settings, verbose=verbose)
    except (CannotStart, BadSetting) as refusal:
        raise CannotTry(str(refusal)) from None
    except ProcessFailed as failure:
        raise Failure(str(failure)) from None
    raise SystemExit(status)
