"""One client's connection: requests in order, answers in order, nobody waits for ever.

Requests that are there at once are decided at once, and their answers leave in their order. While
one has to wait (for the database, for an upstream), the connection is not read any further. Nothing
here knows what is asked.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from freehold.errors import Problem
from freehold.gate import answers
from freehold.gate.exchange import Exchange
from freehold.gate.http_patience import Patience, Wait
from freehold.gate.http_reader import RequestReader

if TYPE_CHECKING:
    from freehold.gate.http_server import Server

# What the parser is given at once: bounds how many pipelined requests can stand in the queue.
_SLICE_BYTES: Final = 16 * 1024
# How long a client that was answered for the last time may go on sending.
_LINGER_S: Final = 2.0


class Connection(asyncio.Protocol):
    """One client."""

    __slots__ = (
        "_active", "_advancing", "_again", "_body_paused", "_closing", "_eof", "_held", "_input_paused", "_output_paused", "_patience",
        "_queue", "_reader", "feeding", "peer", "server", "transport", "unsent",
    )  # fmt: skip

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.peer = ""
        self._reader = RequestReader(self, server.settings.head_bytes_max)
        # The request that is being answered, those behind it, and bytes that are not parsed yet.
        self._active: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._held = b""
        # The bytes that are being read, where a request may begin with the first of them.
        self.feeding = b""
        # Answers what is asked in the same words as before; whether it did.
        self._again: Callable[[bytes], bool] | None = None
        # Answers that have begun and are not sent whole.
        self.unsent = 0
        # `_closing`: nothing more is read as a request. `_eof`: nothing more will come.
        self._closing = self._eof = self._advancing = False
        self._body_paused = self._input_paused = self._output_paused = False

    # --- what the event loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        self.transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("peername")
        self.peer = address[0] if isinstance(address, tuple) else ""
        self._patience = Patience(self, self.server.loop, self.server.settings)
        self.server.joined(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        again = self._again
        if again is not None and self._active is None and not self._held and not self._reader.in_head and again(data):
            return
        self._patience.progress()
        if self._closing:
            return
        if self._held or self._blocked():
            self._held += data
            self._pause_input()
        else:
            self._feed(data)

    def eof_received(self) -> bool:
        """The client sends no more; whether the connection stays open for what it still has to hear."""
        self._eof = True
        if self._active is not None and self._active.sink is not None:
            # In front of an upstream, a client that has closed its half has gone: nobody waits for the work.
            return False
        return not self._closing and (self._active is not None or self.unsent > 0)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the event loop's interface)
        """It is over."""
        self._again = None
        self._patience.end()
        self.server.left(self)
        self._stop_reading()
        active, self._active = self._active, None
        if active is not None and active.sink is not None:
            active.sink.client_gone()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._output_paused = True
        self._again = None
        if self._active is not None and self._active.sink is not None:
            self._active.sink.pause_output()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._output_paused = False
        self._patience.progress()
        if self._active is not None and self._active.sink is not None:
            self._active.sink.resume_output()
        self._advance()

    # --- what the reader calls ---

    def begin(self, exchange: Exchange) -> None:
        """A request's head is complete."""
        self._patience.head_since = 0.0
        if self._closing:
            return
        if self._active is None and not self._queue:
            self._start(exchange)
        else:
            self._queue.append(exchange)

    def take_body(self, exchange: Exchange, data: bytes) -> None:
        """A part of a request's body is there."""
        if exchange.answered or self._closing:
            return
        if exchange.sink is not None:
            exchange.sink.take(data)
            return
        exchange.body = exchange.body + data if exchange.body else data
        if exchange is self._active:
            self._check_body(exchange)

    def end_body(self, exchange: Exchange) -> None:
        """A request's body is complete."""
        if exchange is self._active:
            self._go_on(exchange)

    # --- what exchanges and their sinks call ---

    def settled(self, exchange: Exchange) -> None:
        """An exchange has its answer: the next one may begin."""
        if exchange is not self._active:
            return
        self._active = None
        if not exchange.keep_alive:
            self._stop_reading()
        elif self._queue or self._held or self._input_paused:
            self._body_paused = False
            self._advance()

    def deliver(self, exchange: Exchange, data: bytes, *, last: bool) -> None:
        """Send bytes of an answer now. For the outbox, and for a stream whose head the outbox has sent."""
        if self.transport.is_closing():
            return
        self.transport.write(data)
        self._patience.progress()
        if last:
            self.unsent -= 1
            if not exchange.keep_alive:
                self._close_after(exchange)
            elif self._eof and self._active is None and not self.unsent:
                self.transport.close()

    def learn(self, again: Callable[[bytes], bool]) -> None:
        """Remember how to answer what is asked in the same words as now."""
        if not (self._closing or self._output_paused or self.server.draining):
            self._again = again

    def deliver_again(self, data: bytes) -> None:
        """Send such an answer now. For the outbox."""
        if self.transport.is_closing():
            return
        self.transport.write(data)
        self._patience.progress()
        self.unsent -= 1
        if self._eof and self._active is None and not self.unsent:
            self.transport.close()

    def abort(self) -> None:
        """Break the connection off: the answer that has begun cannot be ended, and the client must see that."""
        self.transport.abort()

    def pause_body(self) -> None:
        """Take no more of the request's body for now."""
        self._body_paused = True
        self._pause_input()

    def resume_body(self) -> None:
        """Take the request's body again."""
        if self._body_paused:
            self._body_paused = False
            self._patience.progress()
            self._advance()

    def drain(self) -> None:
        """Close at once if nothing is being asked or answered; else the next answer is the last."""
        self._again = None
        if self._active is None and not self.unsent and not self._reader.in_head and self._reader.reading is None:
            self._stop_reading()
            self.transport.close()

    # --- what its patience asks ---

    def waits_for(self) -> Wait:
        """What this connection waits for now."""
        reading = self._reader.reading
        if self._output_paused or self.transport.is_closing():
            return Wait.READER
        if self._patience.head_since:
            return Wait.HEAD
        if reading is not None and reading is self._active and not self._body_paused:
            return Wait.BODY if reading.sink is None else Wait.STREAM
        return Wait.REQUEST if self._active is None and not self.unsent else Wait.US

    def refuse(self, problem: Problem) -> None:
        """Answer a Problem to what is being read, as the last answer of this connection."""
        if self._closing:
            return
        exchange = self._reader.reading
        if exchange is None:
            exchange = Exchange(self, self._reader.method, b"", "1.1", [], {})
            exchange.content_length, exchange.problem = None, problem
            self.begin(exchange)
        elif exchange is not self._active:
            exchange.keep_alive, exchange.problem = False, problem
            if exchange.answered:
                # Its answer promised to go on, but the rest of its body cannot be read past.
                self._stop_reading()
                self.transport.close()
        else:
            exchange.content_length = None
            if exchange.sink is not None:
                exchange.sink.refuse(problem)
            else:
                exchange.reply_problem(problem)

    # --- within ---

    def _feed(self, data: bytes) -> None:
        self.feeding = b"" if self._active is not None or self._reader.in_head else data
        try:
            if len(data) <= _SLICE_BYTES:
                self._reader.feed(data)
            else:
                self._feed_slices(memoryview(data))
        except Problem as problem:
            self.refuse(problem)
        self.feeding = b""
        if self._reader.in_head and not self._patience.head_since:
            self._patience.head_since = self._patience.progress_at

    def _feed_slices(self, data: memoryview) -> None:
        for at in range(0, len(data), _SLICE_BYTES):
            if self._blocked():
                self._held = bytes(data[at:])
                self._pause_input()
                return
            if not self._closing:
                self._reader.feed(data[at : at + _SLICE_BYTES])

    def _blocked(self) -> bool:
        """Whether what comes next has to wait for what is there."""
        if self._body_paused or self._output_paused or self._queue:
            return True
        return self._active is not None and self._active.complete

    def _start(self, exchange: Exchange) -> None:
        self._active = exchange
        self.unsent += 1
        self._patience.body_since = self._patience.progress_at
        if exchange.problem is not None:
            exchange.reply_problem(exchange.problem)
            return
        self.server.application.open(exchange)
        if exchange.answered:
            return
        if exchange.sink is not None:
            if exchange.body:
                body, exchange.body = exchange.body, b""
                exchange.sink.take(body)
        else:
            self._check_body(exchange)
            if exchange.expects_continue and not exchange.answered:
                self.server.outbox.stage(exchange, answers.CONTINUE, None, last=False)
        if exchange.complete:
            self._go_on(exchange)

    def _go_on(self, exchange: Exchange) -> None:
        if exchange.answered:
            return
        if exchange.sink is not None:
            exchange.sink.end()
        else:
            self.server.application.handle(exchange)

    def _check_body(self, exchange: Exchange) -> None:
        bound = exchange.body_bytes_max
        if len(exchange.body) > bound or (exchange.content_length or 0) > bound:
            exchange.reply_problem(Problem("body_too_large", f"The body of this call may have {bound} bytes."))

    def _advance(self) -> None:
        """Go on with what waits: queued requests first, then bytes that are not parsed yet."""
        if self._advancing:
            return
        self._advancing = True
        while not self._closing and not self._output_paused:
            if self._queue and self._active is None:
                self._start(self._queue.popleft())
            elif self._held and not self._blocked():
                data, self._held = self._held, b""
                self._feed(data)
            else:
                break
        self._advancing = False
        if self._input_paused and not self._held and not self._blocked():
            self._resume_input()

    def _stop_reading(self) -> None:
        self._closing = True
        self._again = None
        self._queue.clear()
        self._held = b""

    def _close_after(self, exchange: Exchange) -> None:
        self._stop_reading()
        if exchange.complete or not self.transport.can_write_eof():
            self.transport.close()
            return
        # Closing with bytes unread makes the kernel reset the connection, and the answer may be lost
        # with it (RFC 9112, section 9.6): what comes is read and thrown away for a moment.
        self.transport.write_eof()
        self._resume_input()
        self.server.loop.call_later(_LINGER_S, self.transport.abort)

    def _pause_input(self) -> None:
        if not self._input_paused and not self.transport.is_closing():
            self._input_paused = True
            self.transport.pause_reading()

    def _resume_input(self) -> None:
        if self._input_paused and not self.transport.is_closing():
            self._input_paused = False
            self.transport.resume_reading()
