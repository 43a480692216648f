"""One allowed request on its way through: client to upstream, upstream to client, whatever happens.

Streams both ways and holds no more than what the slower side has not taken yet. The usage event is
written when the upstream's answer begins, or will not come, and before the client sees any of it.
"""

import asyncio
import time
from typing import Final, NamedTuple

from freehold.errors import Problem
from freehold.gate import answers
from freehold.gate.decider import Decided, usage_event
from freehold.gate.exchange import Exchange, answer_unrecorded
from freehold.gate.gateway_answer import answer_head
from freehold.gate.upstream_connection import Failure, Head, UpstreamConnection
from freehold.gate.upstream_head import Forwarding, request_head
from freehold.gate.upstream_pool import Origin, UpstreamPool
from freehold.usage.records import UsageEvent

# RFC 9110, section 9.2.2: what may be sent again when nobody knows whether it arrived.
_IDEMPOTENT: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"})
# Nginx's number for a client that left before the answer.
_CLIENT_GONE: Final = 499
_LAST_CHUNK: Final = b"0\r\n\r\n"


class Parting(NamedTuple):
    """What an allowed request leaves with. `fields`: what every answer to it says of the decision."""

    decided: Decided
    fields: bytes
    origin: Origin
    forwarding: Forwarding


class GatewayCall:
    """The state between one client and one upstream. Sink of the one, listener of the other."""

    def __init__(self, exchange: Exchange, pool: UpstreamPool, answer_s: float, idle_s: float) -> None:
        self._exchange = exchange
        self._pool = pool
        # How long the upstream may say nothing: before its answer begins, and after.
        self._silence_s = answer_s
        self._idle_s = idle_s
        self._parting: Parting | None = None
        self._upstream: UpstreamConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Parts of the request's body that wait for the upstream, and of the answer that wait for the turn's end.
        self._body: list[bytes] = []
        self._answer: list[bytes] = []
        self._event: UsageEvent | None = None
        self._chunk_request = exchange.content_length is None
        self._chunk_answer = self._output_paused = self._retried = False
        self._begun_at = self._progress_at = 0.0
        # The event is staged; the response is whole; nothing more is to happen.
        self._recorded = self._whole = self._over = False

    def begin(self, parting: Parting) -> None:
        """The request may pass: send it on its way."""
        self._parting = parting
        self._begun_at = self._now()
        if self._over:
            self._record(_CLIENT_GONE)
            return
        connection = self._pool.take(parting.origin)
        if connection is None:
            self._connect(parting.origin)
        else:
            self._send(parting, connection)

    # --- what the client's connection calls ---

    def take(self, data: bytes) -> None:
        """A part of the request's body."""
        part = b"%x\r\n%b\r\n" % (len(data), data) if self._chunk_request else data
        if self._upstream is None:
            self._body.append(part)
            self._exchange.connection.pause_body()
        else:
            self._progress_at = self._now()
            self._upstream.write(part)

    def end(self) -> None:
        """The request is complete."""
        if not self._chunk_request:
            return
        if self._upstream is None:
            self._body.append(_LAST_CHUNK)
        else:
            self._upstream.write(_LAST_CHUNK)

    def refuse(self, problem: Problem) -> None:
        """The rest of the request will not come."""
        self._stop()
        if self._recorded:
            self._exchange.connection.abort()
        else:
            self._answer_problem(problem)

    def client_gone(self) -> None:
        """Nobody waits for the answer any more."""
        if self._over:
            return
        self._stop()
        if self._parting is not None and not self._recorded:
            self._record(_CLIENT_GONE)

    def pause_output(self) -> None:
        """The client reads too slowly."""
        self._output_paused = True
        if self._upstream is not None:
            self._upstream.hold()

    def resume_output(self) -> None:
        """It has caught up."""
        self._output_paused = False
        if self._upstream is not None:
            self._upstream.go_on()

    # --- what the upstream's connection calls ---

    def on_head(self, head: Head) -> None:
        """The answer begins: now it is known what became of the request."""
        if self._parting is None:
            return
        self._silence_s = self._idle_s
        latency_us = int((self._now() - self._begun_at) * 1_000_000)
        self._event = self._usage_event(self._parting, head.status, latency_us)
        answer, self._chunk_answer = answer_head(self._exchange, head, self._parting.fields)
        self._answer.append(answer)

    def on_part(self, data: bytes) -> None:
        """A part of the answer's body."""
        self._answer.append(b"%x\r\n%b\r\n" % (len(data), data) if self._chunk_answer else data)

    def on_end(self) -> None:
        """The answer is whole."""
        self._whole = True
        if self._chunk_answer:
            self._answer.append(_LAST_CHUNK)

    def on_turn(self) -> None:
        """Pass on what came at once; the first of it not before the event is written."""
        self._progress_at = self._now()
        if self._over or not (self._answer or self._whole):
            return
        data, event = b"".join(self._answer), self._event
        self._answer, self._event = [], None
        self._exchange.unrecorded = self._unrecorded
        self._recorded = True
        self._exchange.connection.server.outbox.stage(self._exchange, data, event, last=self._whole)
        if self._whole:
            self._finish()

    def on_failure(self, failure: Failure) -> None:
        """The answer will not come, or not whole."""
        upstream, self._upstream = self._upstream, None
        if self._over or self._parting is None:
            return
        if upstream is not None and self._may_retry(upstream, failure):
            self._retried = True
            self._connect(self._parting.origin)
            return
        self._stop()
        if self._recorded:
            # The client has the beginning; the only honest end is none.
            self._exchange.connection.abort()
        else:
            code = "upstream_timeout" if failure is Failure.TIMEOUT else "upstream_unreachable"
            self._answer_problem(Problem(code, failure.value))

    def on_full(self) -> None:
        """The upstream reads too slowly."""
        self._exchange.connection.pause_body()

    def on_room(self) -> None:
        """It has caught up."""
        self._exchange.connection.resume_body()

    # --- within ---

    def _connect(self, origin: Origin) -> None:
        self._connecting = asyncio.get_running_loop().create_task(self._connect_to(origin))

    async def _connect_to(self, origin: Origin) -> None:
        try:
            connection = await self._pool.connect(origin)
        except TimeoutError:
            self.on_failure(Failure.TIMEOUT)
        except (OSError, UnicodeError):
            self.on_failure(Failure.UNREACHABLE)
        else:
            if self._parting is not None and not self._over:
                self._send(self._parting, connection)
            else:
                connection.abort()

    def _send(self, parting: Parting, connection: UpstreamConnection) -> None:
        exchange = self._exchange
        self._upstream = connection
        connection.begin(self, is_head=exchange.method == b"HEAD")
        head = request_head(parting.forwarding, exchange.headers, exchange.fields, exchange.content_length)
        body, self._body = self._body, []
        connection.write(b"".join((head, *body)))
        if self._output_paused:
            connection.hold()
        self._progress_at = self._now()
        self._watch()
        if exchange.expects_continue:
            exchange.connection.server.outbox.stage(exchange, answers.CONTINUE, None, last=False)
        exchange.connection.resume_body()

    def _may_retry(self, upstream: UpstreamConnection, failure: Failure) -> bool:
        """Whether a kept connection turned out to be closed, and the request can be sent again on a new one."""
        return (
            failure is Failure.CLOSED
            and upstream.reused
            and not upstream.heard
            and not self._retried
            and self._exchange.content_length == 0
            and self._exchange.method in _IDEMPOTENT
        )

    def _answer_problem(self, problem: Problem) -> None:
        if self._parting is None:
            self._exchange.reply_problem(problem)
        else:
            event = self._usage_event(self._parting, problem.status)
            self._exchange.reply_problem(problem, event, self._parting.fields)

    def _record(self, status: int) -> None:
        if self._parting is not None:
            self._exchange.connection.server.outbox.record(self._usage_event(self._parting, status))

    def _usage_event(self, parting: Parting, status: int, latency_us: int | None = None) -> UsageEvent:
        return usage_event(self._exchange.request_id, self._exchange.at_ms, parting.decided, status, latency_us)

    def _unrecorded(self, exchange: Exchange) -> None:
        """The journal failed: the answer that was staged must not go out."""
        exchange.void = True
        exchange.keep_alive = False
        self._stop()
        answer_unrecorded(exchange)
        exchange.settle()

    def _finish(self) -> None:
        upstream, self._upstream = self._upstream, None
        if upstream is not None and self._parting is not None:
            if self._exchange.complete:
                self._pool.give_back(self._parting.origin, upstream)
            else:
                upstream.abort()
        self._stop()
        self._exchange.settle()

    def _stop(self) -> None:
        """Let go of the upstream: nothing more is to happen."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
        upstream, self._upstream = self._upstream, None
        if upstream is not None:
            upstream.abort()

    # --- time ---

    def _now(self) -> float:
        return time.monotonic()

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = self._exchange.connection.server.loop
        self._timer = loop.call_later(max(0.0, self._progress_at + self._silence_s - self._now()), self._look)

    def _look(self) -> None:
        if self._output_paused:
            # It is the client who is waited for, and its connection has a bound of its own.
            self._progress_at = self._now()
        if self._now() - self._progress_at < self._silence_s:
            self._watch()
        elif self._upstream is not None:
            self._upstream.abort()
            self.on_failure(Failure.TIMEOUT)
