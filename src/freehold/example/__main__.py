"""`python -m freehold.example`: serve the example API, one loopback listener an environment.

The listeners are inherited (FREEHOLD_EXAMPLE_SANDBOX_FD, FREEHOLD_EXAMPLE_PRODUCTION_FD); without
them two are bound and their URLs printed. Events are published to FREEHOLD_EXAMPLE_PUBLISH_URL with
the token in FREEHOLD_EXAMPLE_TOKEN_FILE; without these, none are. `ready` goes to FREEHOLD_READY_FD.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn

from freehold.example.app import Environment, ExampleApp
from freehold.example.publishing import Event, Publisher

ENVIRONMENTS: Final[tuple[Environment, ...]] = ("sandbox", "production")
_STOP_S: Final = 5


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        _say_ready()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    listeners = {environment: _listener(environment) for environment in ENVIRONMENTS}
    environments = {listener.getsockname()[1]: environment for environment, listener in listeners.items()}
    # uvicorn ends by raising the signal again, for whoever was there before it: that shall be nobody.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _nothing)
    with _publisher() as publish:
        config = uvicorn.Config(
            ExampleApp(environments, publish), lifespan="off", ws="none", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=_STOP_S,
        )  # fmt: skip
        _Server(config).run(sockets=list(listeners.values()))


def _listener(environment: Environment) -> socket.socket:
    inherited = os.environ.get(f"FREEHOLD_EXAMPLE_{environment.upper()}_FD")
    if inherited:
        return socket.socket(fileno=int(inherited))
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"{environment} http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201  # what a person started it for
    return listener


@contextmanager
def _publisher() -> Iterator[Callable[[Event], None]]:
    url, token_file = os.environ.get("FREEHOLD_EXAMPLE_PUBLISH_URL"), os.environ.get("FREEHOLD_EXAMPLE_TOKEN_FILE")
    if not (url and token_file):
        yield _keep_to_oneself
        return
    publisher = Publisher(url, Path(token_file))
    publisher.start()
    yield publisher.publish
    publisher.stop()


def _keep_to_oneself(_event: Event) -> None:
    """Publish nothing: nobody said where to."""


def _say_ready() -> None:
    descriptor = os.environ.get("FREEHOLD_READY_FD")
    if descriptor:
        with os.fdopen(int(descriptor), "wb") as ready:
            ready.write(b"ready\n")


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass


if __name__ == "__main__":
    main()
