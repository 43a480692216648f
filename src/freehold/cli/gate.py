"""`freehold gate`: how to put the gate in front of an API, and whether it decides."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from freehold.cli.failures import CannotTry, Failure
from freehold.cli.projects import ENVIRONMENTS
from freehold.cli.proxy_configurations import PROXIES, Places, configurations

_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ADDRESS: Final = re.compile(r"([A-Za-z0-9._-]+):([0-9]{1,5})")
_PATIENCE_S: Final = 10.0


@click.group("gate", short_help="Put the gate in front of an API, and see whether it decides.")
def command() -> None:
    """Decide every call to an API: by its key, its endpoint, its limits.

    There are three ways to put the gate in front of an API that is there already.

    \b
    A proxy asks it before it passes a request on (nginx, Caddy, Traefik, Envoy, HAProxy):
      freehold gate config nginx --api countries --upstream 127.0.0.1:9000
    The gate forwards by itself (the gateway):
      freehold apis edit countries --sandbox http://127.0.0.1:9000
      curl http://127.0.0.1:8401/gateway/countries/… -H "Authorization: Bearer $KEY"
    The API asks, with a service token (POST /v1/keys/verify):
      freehold tokens --help

    \b
    Each of them needs the API's catalogue, a project with a scope, and a key:
      freehold apis create Countries
      freehold apis import countries openapi.json
      freehold projects create "Country lookup" --api countries --purpose "Prices by country"
      freehold scope set country-lookup --all
      freehold keys issue -p country-lookup --name first

    \b
    Step by step, to the first protected call: docs/forward-auth/README.md.
    """


@command.command("config", short_help="Write a proxy's configuration: nginx, caddy, traefik, envoy, haproxy.")
@click.argument("proxy", type=click.Choice(list(PROXIES)))
@click.option("--api", required=True, metavar="SLUG", help="The API that the proxy stands in front of.")
@click.option("--upstream", required=True, metavar="HOST:PORT", help="Where that API listens.")
@click.option(
    "--gate", default="127.0.0.1:8401", show_default=True, metavar="HOST:PORT", help="Where the gate listens."
)
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="The proxy's own port.")
@click.option("--environment", type=ENVIRONMENTS, help="Accept keys of this environment alone; of both unless given.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), show_default="this one",
    help="The folder to write to.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there.")
def config(
    proxy: str, api: str, upstream: str, gate: str, port: int, environment: str | None, folder: Path, force: bool
) -> None:
    """Write the configuration with which a PROXY asks the gate before it passes a request on.

    It listens on this machine alone at first, takes the key off, and lets nothing pass while the gate
    cannot be asked. The files say what else there is to know.

    \b
    Examples:
      freehold gate config nginx --api countries --upstream 127.0.0.1:9000 --to /etc/nginx/conf.d
      freehold gate config caddy --api countries --upstream 10.0.0.5:9000 --environment production
    """
    if not _SLUG.fullmatch(api):
        raise click.BadParameter(f"{api!r} is no slug: freehold apis list shows them.", param_hint="--api")
    places = Places(api, environment, port, _address("--gate", gate), _address("--upstream", upstream))
    texts = configurations(proxy, places, folder.resolve())
    there = [name for name in texts if (folder / name).exists()]
    if there and not force:
        raise CannotTry(f"{folder / there[0]} is there already; --force replaces it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
            click.echo(f"Wrote {folder / name}.")
    except OSError as error:
        raise Failure(f"{folder} could not be written to: {error.strerror}.") from None
    click.echo(f"Next: {PROXIES[proxy].then.format(folder=folder.resolve())}")


@command.command("status")
@click.option(
    "--gate", envvar="FREEHOLD_GATE_URL", default="http://127.0.0.1:8401", show_default=True, metavar="URL",
    help="Where the gate is.  [FREEHOLD_GATE_URL]",
)  # fmt: skip
def status(gate: str) -> None:
    """Ask a gate whether it can decide now. Exit status 1 where it cannot, or is not there.

    \b
    Example:
      freehold gate status --gate http://10.0.0.4:8401
    """
    import httpx

    if urlsplit(gate).scheme not in ("http", "https"):
        raise click.BadParameter(f"{gate!r} is no URL, such as http://127.0.0.1:8401.", param_hint="--gate")
    try:
        answer = httpx.get(f"{gate.rstrip('/')}/readyz", timeout=_PATIENCE_S)
        said = answer.json()
    except httpx.HTTPError as error:
        raise Failure(f"There is no gate at {gate}: {error}.") from None
    except ValueError:
        raise Failure(f"What answers at {gate} is no gate.") from None
    if answer.status_code != 200:
        raise Failure(f"The gate at {gate} does not decide now: {said.get('detail', answer.status_code)}")
    click.echo(f"The gate at {gate} decides.")


def _address(option: str, text: str) -> tuple[str, str]:
    found = _ADDRESS.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise click.BadParameter(f"{text!r} is no HOST:PORT, such as 127.0.0.1:9000.", param_hint=option)
    return found[1], found[2]
