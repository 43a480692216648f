"""The gate's whole way from bytes to bytes in one thread, without a socket, a database or a clock: to be asked a million times.

Everything of the gate is the real one; only the loop (turns are taken when we say so), the transport
(what is written is kept) and the loader (what is not in memory does not exist) are ours.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, cast

import msgspec

from freehold.apis.routing import Router
from freehold.gate.addresses import ProxyTrust
from freehold.gate.application import Gate
from freehold.gate.authorize import Authorize
from freehold.gate.decider import Decider
from freehold.gate.gateway import Gateway
from freehold.gate.http_connection import Connection
from freehold.gate.http_server import Server
from freehold.gate.keyring import ApiRecord, Found, Keyring, Missing, TokenRecord
from freehold.gate.limiter import MemoryLimiter
from freehold.gate.outbox import Outbox
from freehold.gate.quota_leases import Leases
from freehold.gate.quota_limiter import QuotaLimiter
from freehold.gate.service_tokens import ServiceTokens
from freehold.gate.upstream_pool import UpstreamPool
from freehold.gate.verify import Verify
from freehold.keys import credential
from freehold.keys.records import ProjectRecord, SecretRecord
from freehold.kit import clock
from freehold.kit.secrets import keyed_digest
from freehold.settings import Settings
from freehold.store.epoch import Change
from freehold.usage.records import EventFields, UsageEvent
from tests.databases import SECRET

SELECTOR, SECRET_PART = "aB3dE6gH9jK2", "0123456789abcdefghijABCDEFGHIJ01"
KEY: Final = credential.compose("fh", "sandbox", SELECTOR, SECRET_PART)
TOKEN: Final = "fho_" + "t" * 40
NOW_S: Final = 1_800_000_000.0

_ROUTES: Final = [("listCountries", "GET", "/v1/countries"), ("getCountry", "GET", "/v1/countries/{code}")]
_REQUEST_ID: Final = re.compile(rb"req_[0-9a-z]{26}")


def verification(key: str = KEY, path: str = "/v1/countries/DK") -> bytes:
    """A verification as a client sends it, in the same words each time."""
    body = b'{"key":"%b","method":"GET","path":"%b"}' % (key.encode(), path.encode())
    return (
        b"POST /v1/keys/verify HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %b\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (TOKEN.encode(), len(body), body)
    )


SECRET_RECORD: Final = SecretRecord(
    selector=SELECTOR, digest=credential.digest(credential.pepper(SECRET, "sandbox"), SECRET_PART), secret_state="active",
    key_id="key_1", key_name="one", key_state="active", project_id="proj_1",
)  # fmt: skip
PROJECT_RECORD: Final = ProjectRecord(
    id="proj_1", name="One", state="active", environment="sandbox", organization_id="org_1", api_id="api_1",
    endpoints=frozenset({"getCountry"}),
)  # fmt: skip


class Heard(NamedTuple):
    """What a client has heard, without what differs between two requests; whether it was hung up on; what was decided."""

    answers: bytes
    closed: bool
    decisions: Sequence[tuple[str, str]]


class Turns:
    """A loop whose turns are taken by hand, and whose timers never ring."""

    def __init__(self) -> None:
        self._due: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()

    def call_soon(self, act: Callable[..., None], *given: Any) -> None:
        self._due.append((act, given))

    def call_later(self, _seconds: float, _act: Callable[..., None], *_given: Any) -> "Turns":
        return self

    def cancel(self) -> None:
        """What is asked of a timer."""

    def time(self) -> float:
        return 1000.0

    def run(self) -> None:
        """Take turns until nothing is due."""
        while self._due:
            act, given = self._due.popleft()
            act(*given)


class KeptJournal:
    """A journal that is only kept, as what would be read of it."""

    def __init__(self) -> None:
        self.events: list[UsageEvent] = []

    def append(self, event: UsageEvent | EventFields) -> None:
        self.events.append(msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=UsageEvent))

    def write_out(self) -> None:
        """Nothing is on its way anywhere."""


class Line:
    """One client's end of a connection."""

    def __init__(self) -> None:
        self.heard = b""
        self.closed = self.paused = False

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        return "127.0.0.1", 40000

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.heard += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.closed = True

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class EmptyWorld:
    """A loader that finds nothing, one turn later."""

    def __init__(self, turns: Turns, keyring: Keyring) -> None:
        self._turns = turns
        self._keyring = keyring

    def fetch(self, missing: Missing, resume: Callable[[bool], None]) -> None:
        self._keyring.take_in(Found(self._keyring.epoch, (missing,), (), (), (), ()))
        self._turns.call_soon(resume, True)


class Door:
    """A gate to knock at. `secret`, `project`: of the one key that it knows; else `KEY`'s own, without limits."""

    def __init__(self, secret: SecretRecord | None = None, project: ProjectRecord | None = None) -> None:
        clock.set_source(lambda: NOW_S)
        self._turns = Turns()
        self._journal = KeptJournal()
        self._keyring = keyring = _filled(secret or SECRET_RECORD, project or PROJECT_RECORD)
        # Our loop and loader do what the gate asks of the real ones, and nothing else.
        loop, loader = cast("Any", self._turns), cast("Any", EmptyWorld(self._turns, keyring))
        self.outbox = outbox = Outbox(loop, cast("Any", self._journal))
        limiter = QuotaLimiter(MemoryLimiter(), Leases(loop, _unasked, _unasked))
        decider = Decider("fh", SECRET, keyring, limiter, outbox, staleness_s=1e12)
        settings, trust = Settings(), ProxyTrust(())
        pool = UpstreamPool(loop, 1.0, {})
        gate = Gate(
            decider, loader, Verify(decider, ServiceTokens(SECRET, keyring)), Authorize(decider, trust),
            Gateway(decider, trust, pool, 1.0, 1.0), cast("Any", None), cast("Any", _NoMetrics()), settings.verify_body_bytes_max,
        )  # fmt: skip
        self._server = Server(loop, settings, gate, outbox)

    @property
    def events(self) -> list[UsageEvent]:
        """What the last knock was written down as."""
        return self._journal.events

    def change(self, secret: SecretRecord, project: ProjectRecord) -> None:
        """The configuration has changed, and the gate has heard it."""
        changes = [
            Change(self._keyring.epoch + 1, "key", secret.key_id),
            Change(self._keyring.epoch + 1, "project", project.id),
        ]
        self._keyring.apply(changes, [secret.selector], self._keyring.epoch + 1)
        _know(self._keyring, secret, project)

    @contextmanager
    def line(self) -> Iterator[Callable[[bytes], Heard]]:
        """A connection that stays open: what it is told is answered at once."""
        line, connection = Line(), Connection(self._server)
        connection.connection_made(cast("Any", line))

        def ask(data: bytes) -> Heard:
            self._journal.events.clear()
            line.heard = b""
            connection.data_received(data)
            self._turns.run()
            return self._heard(line)

        yield ask
        connection.connection_lost(None)

    def knock(self, pieces: Sequence[bytes], *, turns_between: bool = True) -> Heard:
        """Send bytes in these pieces on a connection of its own, and hang up once all is heard."""
        self._journal.events.clear()
        line, connection = Line(), Connection(self._server)
        connection.connection_made(cast("Any", line))
        for piece in pieces:
            if line.paused:
                self._turns.run()
            # One that is closed or is still not read from has said all that it will say.
            if line.closed or line.paused:
                break
            if piece:
                connection.data_received(piece)
            if turns_between:
                self._turns.run()
        self._turns.run()
        closed = line.closed
        if not closed:
            connection.eof_received()
        self._turns.run()
        connection.connection_lost(None)
        self._turns.run()
        return self._heard(line)._replace(closed=closed)

    def _heard(self, line: Line) -> Heard:
        decisions = [(event.via, event.outcome) for event in self._journal.events]
        return Heard(_REQUEST_ID.sub(b"req_" + b"0" * 26, line.heard), line.closed, decisions)


def answers_in(data: bytes) -> list[int]:
    """The statuses of the answers that these bytes are; AssertionError where they are anything else."""
    found = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        status = re.fullmatch(rb"HTTP/1\.1 (\d{3}) [^\r\n]*((?:\r\n[A-Za-z-]+: [^\r\n]*)*)", head)
        assert end, data
        assert status, head
        length = re.search(rb"\r\nContent-Length: (\d+)", status[2])
        found.append(int(status[1]))
        size = int(length[1]) if length else 0
        # What answers HEAD says how long it would have been.
        data = rest if rest.startswith(b"HTTP/1.1 ") or not rest else rest[size:]
    return found


class _NoMetrics:
    def show(self, exchange: Any, _hearing: bool) -> None:
        exchange.reply(200, b"", b"")


def _unasked(*_given: Any) -> None:
    raise AssertionError("nothing here has a quota")


def _filled(secret: SecretRecord, project: ProjectRecord) -> Keyring:
    keyring = Keyring(100)
    keyring.forget_all(1)
    keyring.heard_at = 0.0
    _know(keyring, secret, project)
    return keyring


def _know(keyring: Keyring, secret: SecretRecord, project: ProjectRecord) -> None:
    token = TokenRecord("tok_1", keyed_digest(SECRET.derive("token-pepper"), TOKEN), None, True, None)
    api = ApiRecord("api_1", "example", Router(_ROUTES), {"sandbox": None, "production": None})
    assert keyring.take_in(Found(keyring.epoch, (), (secret,), (project,), (token,), (api,)))
