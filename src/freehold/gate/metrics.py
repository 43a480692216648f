"""`GET /metrics`: the counts of all workers of this node, as Prometheus reads them.

They say how much is decided and how quickly, and nothing of whom. Still they are for the operator: a
reader sends FREEHOLD_METRICS_TOKEN or, where none is set, asks from this machine itself.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from freehold.errors import Problem
from freehold.gate.addresses import parse_address
from freehold.gate.exchange import Exchange
from freehold.gate.metrics_board import Board
from freehold.kit.exposition import CONTENT_TYPE, Metric, Sample, render
from freehold.kit.secrets import same

_POST_S: Final = 1.0
# What a proxy adds to a request: then it does not come from this machine, whatever the peer is.
_FORWARDED: Final = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")
_FIELDS: Final = f"Content-Type: {CONTENT_TYPE}\r\nCache-Control: no-store\r\n".encode()

METRICS: Final = {
    each.name: each
    for each in (
        Metric("freehold_gate_decisions_total", "counter", "Decisions, by way in and outcome."),
        Metric("freehold_gate_answer_seconds", "histogram", "Time until an answer was sent; an upstream's is included."),
        Metric("freehold_gate_problems_total", "counter", "Requests answered with an error of the gate's own, by code."),
        Metric("freehold_gate_connections", "gauge", "Open connections of clients."),
        Metric("freehold_gate_keyring_entries", "gauge", "What is in memory, by kind; unknown: names of nothing."),
        Metric("freehold_gate_keyring_misses_total", "counter", "Requests that had to wait for the database."),
        Metric("freehold_gate_epoch", "gauge", "The configuration epoch that is decided by."),
        Metric("freehold_gate_heard_age_seconds", "gauge", "Time since the database was heard."),
        Metric("freehold_gate_journal_bytes_total", "counter", "Bytes of usage events written out."),
        Metric("freehold_gate_journal_flush_age_seconds", "gauge", "Time since the journal was forced to the disk."),
        Metric("freehold_gate_journal_failing", "gauge", "1 while the disk takes no usage, else 0."),
        Metric("freehold_gate_unrecorded_total", "counter", "Decisions answered without a record."),
        Metric("freehold_gate_resident_bytes", "gauge", "Memory of the process."),
    )
}  # fmt: skip


class Metrics:
    """Posts what this worker counts, and shows what all have posted."""

    def __init__(self, loop: asyncio.AbstractEventLoop, run: Path, token: str) -> None:
        self._loop = loop
        self._board = Board(run)
        self._token = token.encode()
        self._timer: asyncio.TimerHandle | None = None
        # Where this worker's numbers come from.
        self.source: Callable[[], Iterable[tuple[str, list[Sample]]]] = tuple

    def start(self) -> None:
        """Post now, and every second from now on."""
        self._board.post(self.source())
        self._timer = self._loop.call_later(_POST_S, self.start)

    def stop(self) -> None:
        """Post no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._board.close()

    def show(self, exchange: Exchange, _hearing: bool) -> None:
        """Answer with the metrics of every worker of this node."""
        if exchange.method not in (b"GET", b"HEAD"):
            raise Problem("method_not_allowed", "Ask with GET.", headers={"Allow": "GET, HEAD"})
        self._check_reader(exchange)
        self._board.post(self.source())
        exchange.reply(200, _FIELDS, render(self._all()).encode())

    def _all(self) -> Iterator[tuple[Metric, list[Sample]]]:
        posted = self._board.read()
        for name, metric in METRICS.items():
            yield (
                metric,
                [
                    Sample(each.value, {"worker": str(number), **each.labels}, each.suffix)
                    for number, samples in posted.items()
                    for each in samples.get(name, ())
                ],
            )

    def _check_reader(self, exchange: Exchange) -> None:
        if self._token:
            sent = exchange.fields.get(b"authorization", b"")
            if not same(sent, b"Bearer " + self._token):
                raise Problem("unauthenticated", "Send FREEHOLD_METRICS_TOKEN as the bearer token.")
            return
        address: IPv4Address | IPv6Address | None = parse_address(exchange.connection.peer)
        if address is None or not address.is_loopback or any(name in exchange.fields for name in _FORWARDED):
            raise Problem(
                "forbidden", "The metrics are read on the gate's own machine, or with a FREEHOLD_METRICS_TOKEN."
            )
