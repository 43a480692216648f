"""`freehold audit forwardings …`: where audit entries are sent on to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from freehold.cli.api import Api, segment
from freehold.cli.failures import Failure
from freehold.cli.forwarding_acts import ACTS, path_of, show_facts
from freehold.cli.options import json_option, organization_id, organization_option, show_page

_COLUMNS: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "id": lambda each: each["id"],
    "name": lambda each: each["name"],
    "to": lambda each: f"{each['kind']} {each['to']}",
    "state": lambda each: each["state"],
    "failing since": lambda each: each["failing_since"] or "",
    "behind": lambda each: each["lag_entries"],
    "sent": lambda each: each["sent"],
    "last sent": lambda each: each["last_sent_at"] or "never",
}


def _instance_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--instance", is_flag=True, help="Of the whole instance: operators only.")(command)


@click.group("forwardings", short_help="Where audit entries are sent on to.")
def forwardings() -> None:
    """Where audit entries are sent on to: an organization's HTTPS endpoint; of the whole instance syslog and OpenTelemetry too."""


for _act in ACTS:
    forwardings.add_command(_act)


@forwardings.command("list")
@organization_option
@_instance_option
@json_option
def list_forwardings(organization: str | None, instance: bool, as_json: bool) -> None:
    """List an organization's forwardings, or the instance's.

    \b
    Examples:
      freehold audit forwardings list
      freehold audit forwardings list --instance
    """
    api = Api.current()
    show_page(
        api.get(_place(api, organization, instance)),
        as_json,
        _COLUMNS,
        "There is no forwarding yet: freehold audit forwardings add …",
    )


@forwardings.command("add")
@click.argument("name")
@organization_option
@_instance_option
@click.option(
    "--kind",
    type=click.Choice(["webhook", "syslog", "otlp"]),
    default="webhook",
    show_default=True,
    help="What receives it.",
)
@click.option("--url", help="Of webhook and otlp: where it goes, which is a credential.")
@click.option("--header", multiple=True, metavar="NAME=VALUE", help="Of webhook and otlp: a header of each request.")
@click.option("--host", help="Of syslog: the receiver's name or address.")
@click.option("--port", type=click.IntRange(1, 65535), help="Of syslog; 6514 unless given.")
@click.option("--transport", type=click.Choice(["tls", "tcp", "udp"]), help="Of syslog; tls unless given.")
@click.option("--facility", type=click.IntRange(0, 23), help="Of syslog; 13 (log audit) unless given.")
@click.option(
    "--authorities", type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of syslog: a file of certificates in PEM that the receiver's is checked by.",
)  # fmt: skip
@click.option(
    "--after",
    type=click.IntRange(0),
    help="From the entry after this position, 0 from the first; from now on unless given.",
)
@json_option
def add_forwarding(organization: str | None, instance: bool, as_json: bool, **given: Any) -> None:
    """Send entries on. The signing secret of a webhook is printed this once.

    \b
    Examples:
      freehold audit forwardings add archive --url https://logs.example.com/freehold
      freehold audit forwardings add siem --instance --kind syslog --host logs.example.com --after 0
      freehold audit forwardings add otel --instance --kind otlp --url http://collector.example.com:4318
    """
    api = Api.current()
    headers, authorities = _headers(given.pop("header")), given.pop("authorities")
    body = {name: value for name, value in given.items() if value is not None}
    body |= {"headers": headers} if headers else {}
    body |= {"authorities": authorities.read_text()} if authorities else {}
    made = api.post(_place(api, organization, instance), body)
    show_facts(made, as_json, {"Signing secret": made["signing_secret"]} if made["signing_secret"] else {})


@forwardings.command("show")
@click.argument("forwarding")
@json_option
def show_forwarding(forwarding: str, as_json: bool) -> None:
    """Show one forwarding, and how far it is behind.

    \b
    Example:
      freehold audit forwardings show fwd_…
    """
    show_facts(Api.current().get(path_of(forwarding)), as_json)


@forwardings.command("edit")
@click.argument("forwarding")
@click.option("--name", help="What it is called.")
@click.option("--url", help="Of webhook and otlp: where it goes.")
@click.option(
    "--header", multiple=True, metavar="NAME=VALUE", help="A header of each request; an empty value removes it."
)
@click.option("--host", help="Of syslog.")
@click.option("--port", type=click.IntRange(1, 65535), help="Of syslog.")
@click.option("--transport", type=click.Choice(["tls", "tcp", "udp"]), help="Of syslog.")
@click.option("--facility", type=click.IntRange(0, 23), help="Of syslog.")
@click.option(
    "--authorities",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of syslog: a file of certificates in PEM.",
)
@json_option
def edit_forwarding(forwarding: str, as_json: bool, header: tuple[str, ...], **given: Any) -> None:
    """Change a forwarding; what is not given stays. It is tried again at once.

    \b
    Example:
      freehold audit forwardings edit fwd_… --url https://logs.example.com/new
    """
    authorities = given.pop("authorities")
    body = {name: value for name, value in given.items() if value is not None}
    body |= {"authorities": authorities.read_text()} if authorities else {}
    body |= {"headers": {name: value or None for name, value in _headers(header).items()}} if header else {}
    if not body:
        raise Failure(
            "Say what changes: --name, --url, --header, --host, --port, --transport, --facility or --authorities."
        )
    show_facts(Api.current().patch(path_of(forwarding), body), as_json)


def _place(api: Api, organization: str | None, instance: bool) -> str:
    return (
        "/v1/forwardings"
        if instance
        else f"/v1/organizations/{segment(organization_id(api, organization))}/forwardings"
    )


def _headers(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise Failure(f"A header is written NAME=VALUE, not {wrong[0]!r}.")
    return {name: value for name, _, value in pairs}
