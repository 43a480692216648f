"""`freehold listen`: receive webhooks on this machine, verified and readable, well or badly behaved."""

import contextlib
import json
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import click

from freehold.cli import output
from freehold.cli.api import Api, segment
from freehold.cli.failures import CannotTry, Failure
from freehold.cli.options import project_id

_ANSWERS: Final = ("verify", "accept", "500", "410", "429", "slow", "endless")
_COLORS: Final = {"verified": "green", "repeated": "yellow", "refused": "red", "unverified": "yellow"}


@click.command("listen", short_help="Receive webhooks on this machine.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--secret",
    envvar="FREEHOLD_WEBHOOK_SECRET",
    help="The endpoint's signing secret; better kept in FREEHOLD_WEBHOOK_SECRET than typed here.",
)
@click.option("--project", "-p", help="Add an endpoint of this sandbox project for as long as it listens.")
@click.option(
    "--event-type",
    "-t",
    "event_types",
    multiple=True,
    help="With --project: what it receives; all of the scope unless given. Repeatable.",
)
@click.option(
    "--answer",
    type=click.Choice(_ANSWERS),
    default="verify",
    show_default=True,
    help="How to answer: verify refuses what is not signed rightly, accept takes everything, the others fail as receivers do.",
)
@click.option(
    "--retry-after",
    type=click.IntRange(0, 86_400),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="With --answer 429: the Retry-After.",
)
@click.option("--requests", "requests_max", type=click.IntRange(1), help="End after so many requests.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a request.")
def command(
    *, port: int, host: str, secret: str | None, project: str | None, event_types: tuple[str, ...], answer: Any,
    retry_after: int, requests_max: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Receive webhooks on this machine until Ctrl-C: each is verified, printed, and answered as you say.

    \b
    Examples:
      freehold listen -p parcel-lookup
      FREEHOLD_WEBHOOK_SECRET=whsec_… freehold listen --port 9000 --answer 429 --retry-after 120
    """
    from freehold.cli.receiver import Heard, Receiver, server_of

    done = threading.Event()
    heard = 0

    def tell(request: Heard) -> None:
        nonlocal heard
        heard += 1
        _print_json(request) if as_json else _print(request)
        if requests_max and heard >= requests_max:
            done.set()

    receiver = Receiver(tell, [secret] if secret else [], answer, retry_after)
    try:
        server = server_of(receiver, host, port)
    except OSError as error:
        raise CannotTry(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
    at = f"http://{host}:{server.server_address[1]}/"
    with contextlib.closing(server.socket), _endpoint(project, at, event_types) as made:
        if made:
            receiver.secrets.append(made["signing_secret"])
        if not receiver.secrets:
            raise CannotTry(
                "Nothing can be verified without a secret: set FREEHOLD_WEBHOOK_SECRET, or name a --project."
            )
        _check_secrets(receiver.secrets)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            _say(at, made, answer)
            with contextlib.suppress(KeyboardInterrupt), _terminated(done):
                done.wait()
        finally:
            # Last, so that the answer to the last request is on its way: its thread runs on its own.
            receiver.ending.set()
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def _terminated(done: threading.Event) -> Iterator[None]:
    """Told to end by a signal, end as by Ctrl-C: the endpoint that was added is removed."""
    before = signal.signal(signal.SIGTERM, lambda *_: done.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_secrets(secrets: list[str]) -> None:
    from freehold.sdk.verification import is_secret

    if not all(is_secret(each) for each in secrets):
        raise CannotTry("The signing secret is whsec_ and base64; is all of it there?")


@contextlib.contextmanager
def _endpoint(project: str | None, at: str, event_types: tuple[str, ...]) -> Iterator[dict[str, Any] | None]:
    """An endpoint of a project that is removed at the end; none without a project."""
    if project is None:
        yield None
        return
    api = Api.current()
    path = f"/v1/projects/{segment(project_id(api, project))}"
    wanted = list(event_types) or api.get(f"{path}/scope")["event_types"]
    names = [each if isinstance(each, str) else each["name"] for each in wanted]
    if not names:
        raise Failure("The project's scope declares no event type: name one with --event-type, webhook.check say.")
    made = api.post(f"{path}/webhooks", {"url": at, "event_types": names, "description": "freehold listen"})
    try:
        yield made
    finally:
        api.delete(f"/v1/webhooks/{segment(made['id'])}")


def _say(at: str, made: dict[str, Any] | None, answer: str) -> None:
    whose = f" for {output.printable(made['id'])}, which is removed at the end" if made else ""
    click.secho(f"Listening on {at}{whose}. Answers: {answer}. Ctrl-C ends.", err=True)


def _print(request: Any) -> None:
    from freehold.webhooks.rehearsal import told

    at = datetime.fromtimestamp(request.at, UTC).strftime("%H:%M:%S")
    reading, event = request.reading, request.reading.event
    what = f"{event.type}  {event.id}" if event else f"{request.method} {request.path}"
    said = told(reading.verdict, request.reply.status)
    verdict = click.style(f"{said:8}", fg=_COLORS[said], bold=True)
    click.echo(f"{at}  {verdict}  {output.printable(what)}  → {request.reply.status}")
    click.echo(f"          {output.printable(reading.detail)}")
    shown = json.dumps(event.data, indent=2, ensure_ascii=False) if event else request.body.decode("utf-8", "replace")
    for line in shown.splitlines():
        click.echo(f"          {output.printable(line)}")


def _print_json(request: Any) -> None:
    """One line a request."""
    event = request.reading.event
    said = {
        "at": datetime.fromtimestamp(request.at, UTC).isoformat().replace("+00:00", "Z"),
        "verdict": request.reading.verdict,
        "detail": request.reading.detail,
        "id": event.id if event else None,
        "type": event.type if event else None,
        "data": event.data if event else None,
        "headers": request.headers,
        "body": request.body.decode("utf-8", "replace"),
        "status": request.reply.status,
    }
    click.echo(json.dumps(said, ensure_ascii=False))
