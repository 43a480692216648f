"""What the gate answers: its routes, and what happens when a handler cannot go on.

A handler runs to its end without waiting. Where something is not in memory it says so (`Missing`),
the loader fetches it, and the handler runs again from the start.
"""

import logging
from typing import Final

from freehold.errors import Problem
from freehold.gate import authorize, sdk_desk
from freehold.gate.authorize import Authorize
from freehold.gate.decider import Decider
from freehold.gate.exchange import Exchange, Handler
from freehold.gate.gateway import PREFIX, Gateway
from freehold.gate.health import Health
from freehold.gate.keyring import Missing
from freehold.gate.loader import Loader
from freehold.gate.metrics import Metrics
from freehold.gate.sdk_desk import SdkDesk
from freehold.gate.verify import Verify

_log: Final = logging.getLogger("freehold.gate")


class Gate:
    """The routes of the data plane."""

    def __init__(
        self,
        decider: Decider,
        loader: Loader,
        verify: Verify,
        authorize_: Authorize,
        gateway: Gateway,
        desk: SdkDesk,
        metrics: Metrics,
        body_bytes_max: int,
    ) -> None:
        self._decider = decider
        self._loader = loader
        self._gateway = gateway
        self._authorize = authorize_
        self._desk = desk
        self._body_bytes_max = body_bytes_max
        health = Health(decider)
        self._routes: Final[dict[bytes, Handler]] = {
            b"/v1/keys/verify": verify.handle,
            authorize.PATH: authorize_.handle,
            b"/healthz": health.live,
            b"/readyz": health.ready,
            b"/metrics": metrics.show,
        }

    def open(self, exchange: Exchange) -> None:
        """A request's head is there: find who answers it."""
        path = exchange.target.partition(b"?")[0]
        handler = self._routes.get(path)
        if handler is None:
            if path.startswith(PREFIX):
                self._gateway.open(exchange)
                return
            if path.startswith(sdk_desk.PREFIX):
                exchange.handler, exchange.body_bytes_max = self._desk.handle, sdk_desk.BODY_BYTES_MAX
                return
            handler = self._authorize.handle if path.startswith(authorize.PATH + b"/") else _nothing_here
        exchange.handler = handler
        exchange.body_bytes_max = self._body_bytes_max

    def handle(self, exchange: Exchange) -> None:
        """Answer a request; where something has to be fetched first, later."""
        self._run(exchange, hearing=True)

    def _run(self, exchange: Exchange, *, hearing: bool) -> None:
        if exchange.handler is None or exchange.answered:
            return
        try:
            exchange.handler(exchange, hearing)
        except Missing as missing:
            exchange.connection.server.outbox.tally.lookups += 1
            if not hearing:
                exchange.reply_problem(Problem("unavailable", "The gate cannot hear its database. Try again."))
            elif self._decider.is_stale():
                self._run(exchange, hearing=False)
            else:
                self._loader.fetch(missing, lambda known: self._run(exchange, hearing=known))
        except Problem as problem:
            exchange.reply_problem(problem)
        except Exception:  # noqa: BLE001 (a defect answers one request, and does not end the worker)
            _log.exception("A request could not be answered.")
            exchange.reply_problem(Problem("internal", "The gate failed to answer; its log says why."))


def _nothing_here(_exchange: Exchange, _hearing: bool) -> None:
    raise Problem(
        "not_found", "The gate has /v1/keys/verify, /v1/authorize, /gateway/, /healthz, /readyz and /metrics."
    )
