"""`/healthz`: the process lives. `/readyz`: it can decide, and will for a while."""

from freehold.errors import Problem
from freehold.gate import answers
from freehold.gate.decider import Decider
from freehold.gate.exchange import Exchange

_OK = b'{"status":"ok"}'


class Health:
    """Answers about the gate itself."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider

    def live(self, exchange: Exchange, _hearing: bool) -> None:
        """Answer that the process lives."""
        _check_method(exchange)
        exchange.reply(200, answers.JSON, _OK)

    def ready(self, exchange: Exchange, _hearing: bool) -> None:
        """Answer whether this process can decide."""
        _check_method(exchange)
        if exchange.connection.server.draining:
            raise Problem("unavailable", "The gate is stopping.")
        if self._decider.is_stale():
            raise Problem("unavailable", "The gate has not heard its database within the staleness bound.")
        if exchange.connection.server.outbox.failing:
            raise Problem("unavailable", "The gate cannot write its journal.")
        exchange.reply(200, answers.JSON, _OK)


def _check_method(exchange: Exchange) -> None:
    if exchange.method not in (b"GET", b"HEAD"):
        raise Problem("method_not_allowed", "Ask with GET.", headers={"Allow": "GET, HEAD"})
