"""One gate process, put together: what it is made of, in which order it starts and stops."""

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Final

import uvloop

from freehold.gate.addresses import ProxyTrust, trusted_networks
from freehold.gate.application import Gate
from freehold.gate.authorize import Authorize
from freehold.gate.decider import Decider
from freehold.gate.filler import Filler
from freehold.gate.follower import Follower, Reporter
from freehold.gate.gateway import Gateway
from freehold.gate.http_server import Server
from freehold.gate.keyring import Keyring
from freehold.gate.limiter import MemoryLimiter, RateLimiter
from freehold.gate.loader import Loader
from freehold.gate.metrics import Metrics
from freehold.gate.metrics_readings import Readings
from freehold.gate.outbox import Flusher, Outbox
from freehold.gate.quota_keeper import LeaseKeeper
from freehold.gate.quota_leases import Leases
from freehold.gate.quota_limiter import QuotaLimiter
from freehold.gate.sdk_changes import ChangeFeed
from freehold.gate.sdk_desk import SdkDesk
from freehold.gate.sdk_keys import SdkKeys
from freehold.gate.service_tokens import ServiceTokens
from freehold.gate.shared_limiter import SharedLimiter
from freehold.gate.tls import certificate_of
from freehold.gate.upstream_pool import UpstreamPool
from freehold.gate.verify import Verify
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.settings import BadSetting, Settings
from freehold.store.engine import Store, open_store
from freehold.usage.journal import JournalWriter

_log: Final = logging.getLogger("freehold.gate")
_POOL_SIZE: Final = 4
# A database that says nothing for so long is gone: the gate connects anew, rather than be stale for good.
_ANSWER_S: Final = 5.0
_FIRST_HEARD_S: Final = 5.0
# Objects between two looks for cycles. Requests make few cycles (gateway calls), so seldom is enough.
_COLLECT_EVERY: Final = 20_000
# How long a thread beside the event loop may keep the interpreter while requests wait: Python's own 5 ms are
# the 99th percentile of an answer.
_GIVE_WAY_S: Final = 0.0003


class Worker:
    """One gate process's parts."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, settings: Settings, secret: InstanceSecret, bundled: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._certificate = certificate_of(settings)
        # One id for this process's life: it names the journal's folder and the verifier's row.
        self.id: Final = ids.new_id("jrn")
        self._store: Store = open_store(settings, _POOL_SIZE, _ANSWER_S)
        self._journal = JournalWriter(
            settings.data / "journal" / self.id, settings.segment_bytes, sheds=settings.journal_full == "shed"
        )
        keyring = Keyring(settings.keys_in_memory_max)
        self._filler = Filler(loop, self._store, keyring, settings.keys_in_memory_max)
        self._loader = Loader(loop, self._store, keyring, settings.staleness_s)
        self._keeper = LeaseKeeper(loop, self._store, self.id)
        self._leases = Leases(loop, self._keeper.place, self._loader.arrived)
        rates: RateLimiter = MemoryLimiter() if settings.workers == 1 else SharedLimiter(settings.data / "run")
        self._limiter = QuotaLimiter(rates, self._leases)
        outbox = Outbox(loop, self._journal)
        decider = Decider(settings.brand, secret, keyring, self._limiter, outbox, settings.staleness_s)
        trust = ProxyTrust(trusted_networks(settings.trusted_proxies))
        self._pool = UpstreamPool(loop, settings.upstream_connect_s, bundled)
        self._reporter = Reporter(self._store, self.id, socket.gethostname(), clock.now())
        tokens = ServiceTokens(secret, keyring)
        feed = ChangeFeed(loop, keyring, settings.staleness_s, settings.brand)
        keys = SdkKeys(settings.brand, secret, keyring)
        self._desk = SdkDesk(loop, self._store, decider, tokens, keys, self._limiter, feed)
        self._follower = Follower(
            loop, self._store, keyring, settings.epoch_poll_ms / 1000, self._reporter.reached, feed.applied
        )
        self._flusher = Flusher(self._journal, settings.journal_flush_ms)
        self._metrics = Metrics(loop, settings.data / "run", settings.metrics_token)
        gate = Gate(
            decider,
            self._loader,
            Verify(decider, tokens),
            Authorize(decider, trust),
            Gateway(decider, trust, self._pool, settings.upstream_answer_s, settings.upstream_idle_s),
            self._desk,
            self._metrics,
            settings.verify_body_bytes_max,
        )
        self.server = Server(loop, settings, gate, outbox)
        self._metrics.source = Readings(self.server, keyring, self._journal)

    async def start(self, sockets: list[socket.socket]) -> None:
        """Begin to hear the database, and then to listen; without a database, to listen and decide `unavailable`."""
        for thread in (self._reporter, self._follower, self._loader, self._flusher):
            thread.start()
        self._keeper.start(self._leases.answer)
        self._desk.start()
        self._metrics.start()
        await asyncio.to_thread(self._follower.first_heard.wait, _FIRST_HEARD_S)
        if self._certificate is not None:
            self._certificate.watch(self.server.loop)
        await self.server.listen(sockets, None if self._certificate is None else self._certificate.context)
        self._filler.start()

    async def stop(self) -> None:
        """Drain, and leave nothing unwritten and nobody waiting for us."""
        await self.server.drain()
        self._pool.close()
        if self._certificate is not None:
            self._certificate.stop()
        self._metrics.stop()
        await asyncio.to_thread(self._desk.stop)
        await self._return_leases()
        for thread in (self._filler, self._follower, self._loader, self._reporter, self._flusher):
            await asyncio.to_thread(thread.stop)
        self._journal.close()
        self._limiter.close()
        self._store.close()

    async def _return_leases(self) -> None:
        """Give back what was granted and not spent: nothing is decided any more."""
        self._leases.close()
        await asyncio.to_thread(self._keeper.stop)
        # The last answers are on their way to this loop.
        await asyncio.sleep(0)
        await asyncio.to_thread(self._keeper.leave, self._leases.held())


def run(settings: Settings, secret: InstanceSecret, sockets: list[socket.socket], number: int = 0) -> None:
    """Serve on these listening sockets until SIGTERM or SIGINT; then drain and return. `number`: of this worker."""
    bundled = _bundled_upstreams(os.environ)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, secret, sockets, bundled, number))


async def _serve(
    settings: Settings, secret: InstanceSecret, sockets: list[socket.socket], bundled: Mapping[str, str], number: int
) -> None:
    loop = asyncio.get_running_loop()
    told_to_stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told_to_stop.set)
    worker = Worker(loop, settings, secret, bundled)
    await worker.start(sockets)
    # What is there now stays for good: the collector need not look through it again and again while requests wait.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    sys.setswitchinterval(_GIVE_WAY_S)
    _log.info("Gate worker %d is %s.", number, worker.id)
    _say_ready()
    await told_to_stop.wait()
    await worker.stop()


def listening_sockets(settings: Settings) -> list[socket.socket]:
    """The inherited listening socket of FREEHOLD_GATE_FD, or new ones on host and gate port that workers can share."""
    inherited = os.environ.get("FREEHOLD_GATE_FD")
    if inherited:
        return [socket.socket(fileno=int(inherited))]
    bound = []
    for family, kind, protocol, _, address in socket.getaddrinfo(
        settings.host, settings.gate_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        each = socket.socket(family, kind, protocol)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        each.bind(address)
        bound.append(each)
    return bound


def _say_ready() -> None:
    """One line for the supervisor, which waits for it."""
    descriptor = os.environ.get("FREEHOLD_READY_FD")
    if descriptor:
        with contextlib.suppress(OSError):
            os.write(int(descriptor), b"ready\n")
            os.close(int(descriptor))


def _bundled_upstreams(environment: Mapping[str, str]) -> dict[str, str]:
    """FREEHOLD_EXAMPLE_UPSTREAMS: the bundled example API's URLs by environment, as a JSON object."""
    text = environment.get("FREEHOLD_EXAMPLE_UPSTREAMS") or "{}"
    try:
        given = json.loads(text)
        return {str(name): str(url) for name, url in given.items()}
    except (ValueError, AttributeError):
        raise BadSetting("FREEHOLD_EXAMPLE_UPSTREAMS should be a JSON object of URLs by environment.") from None
