"""The control process: `python -m freehold.control`, started by the supervisor.

Takes its listening socket from the supervisor (FREEHOLD_CONTROL_FD) or binds one itself, says `ready`
on FREEHOLD_READY_FD, and stops on SIGTERM once running requests are answered.
"""

import os
import socket
from typing import Final

import uvicorn

from freehold import settings as settings_module
from freehold.app import create_app
from freehold.kit.secrets import InstanceSecret
from freehold.production.watching import watch
from freehold.settings import Settings
from freehold.store import instance_secret
from freehold.store.engine import open_store
from freehold.web.http_protocol import bounded_protocol

# Longer than any page or call takes: a database that says nothing for so long is gone.
_ANSWER_S: Final = 60.0


class _Server(uvicorn.Server):
    """Uvicorn's server, which tells the supervisor when it takes requests."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        ready = os.environ.get("FREEHOLD_READY_FD")
        if ready and self.started:
            os.write(int(ready), b"ready\n")
            os.close(int(ready))


def run(settings: Settings, secret: InstanceSecret) -> None:
    """Serve the control plane until SIGTERM or SIGINT."""
    store = open_store(settings, answer_s=_ANSWER_S)
    watch(store)
    config = uvicorn.Config(
        create_app(settings, store, secret),
        host=settings.host, port=settings.port, loop="uvloop", ws="none", lifespan="off",
        http=bounded_protocol(settings.head_bytes_max, settings.gate_head_s),
        proxy_headers=True, forwarded_allow_ips=settings.trusted_proxies, server_header=False, date_header=True,
        access_log=False, log_config=None, timeout_graceful_shutdown=int(settings.drain_s) or 1,
    )  # fmt: skip
    inherited = os.environ.get("FREEHOLD_CONTROL_FD")
    sockets = [socket.socket(fileno=int(inherited))] if inherited else None
    try:
        _Server(config).run(sockets=sockets)
    finally:
        store.close()


def main() -> None:
    """Entry of the process."""
    settings = settings_module.load()
    run(settings, instance_secret.load(settings))


if __name__ == "__main__":
    main()
