"""One request on one connection, and the answer that it gets.

An exchange knows nothing of what is asked. It composes answers and hands them to the outbox, which
lets them out once what they rest on is written down.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from freehold.errors import Problem
from freehold.gate import answers
from freehold.kit import clock

if TYPE_CHECKING:
    from freehold.gate.http_connection import Connection
    from freehold.usage.records import UsageEvent

# A body that is left over is read and thrown away up to this size; above it the connection is closed.
_DISCARD_BYTES_MAX: Final = 64 * 1024
_BODILESS: Final = frozenset({204, 304})


class Sink(Protocol):
    """What takes a request's body as it comes, and hears what becomes of the client."""

    def take(self, data: bytes) -> None:
        """A part of the body."""

    def end(self) -> None:
        """The body is complete."""

    def refuse(self, problem: Problem) -> None:
        """The rest of the body will not come: it was broken or too slow."""

    def client_gone(self) -> None:
        """The client went away: nothing can be answered."""

    def pause_output(self) -> None:
        """The client reads too slowly: send nothing for now."""

    def resume_output(self) -> None:
        """The client has caught up."""


# Answers a whole request. The flag says whether the database can be heard; if not, nothing is decided.
Handler = Callable[["Exchange", bool], None]


class Exchange(msgspec.Struct, eq=False):
    """A request with its head complete. `fields`: the last value of each header, by lower-case name."""

    connection: "Connection"
    method: bytes
    target: bytes
    version: str
    headers: list[tuple[bytes, bytes]]
    fields: dict[bytes, bytes]
    keep_alive: bool = False
    # None: chunked, or not known.
    content_length: int | None = 0
    body: bytes = b""
    body_bytes_max: int = 0
    complete: bool = False
    answered: bool = False
    sink: Sink | None = None
    handler: Handler | None = None
    problem: Problem | None = None
    # What is still staged for it is not to be sent.
    void: bool = False
    # Answers in place of a decision that could not be written down; None for the usual words.
    unrecorded: "Callable[[Exchange], None] | None" = None
    at_ms: int = 0
    request_id: str = ""

    def __post_init__(self) -> None:
        self.at_ms = clock.now_ms()
        self.request_id = self.connection.server.request_ids.new(self.at_ms)

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for our word before it sends its body (RFC 9110, section 10.1.1)."""
        return b"expect" in self.fields and not self.complete and self.version == "1.1"

    def head(self, status_line: bytes, fields: bytes) -> bytes:
        """An answer's head, ending in the empty line. `fields` say how the body is delimited."""
        self._decide_keep_alive()
        if not self.keep_alive:
            fields += b"Connection: close\r\n"
        elif self.version == "1.0":
            fields += b"Connection: keep-alive\r\n"
        return b"%b%b\r\n" % (status_line, fields)

    def own_fields(self) -> bytes:
        """The fields that every answer of the gate's own has."""
        return b"%bX-Request-Id: %b\r\n" % (self.connection.server.dates.at(self.at_ms), self.request_id.encode())

    def compose(self, status: int, fields: bytes, body: bytes) -> bytes:
        """A whole answer. HEAD, 204 and 304 go without the body."""
        if status not in _BODILESS:
            fields += b"Content-Length: %d\r\n" % len(body)
        head = self.head(answers.STATUS_LINES[status], self.own_fields() + fields)
        return head if self.method == b"HEAD" or status in _BODILESS else head + body

    def reply(self, status: int, fields: bytes, body: bytes, event: "UsageEvent | None" = None) -> None:
        """Answer as a whole, and let the connection go on; with an event, not before that is written down."""
        self.connection.server.outbox.stage(self, self.compose(status, fields, body), event, last=True)
        self.settle()

    def reply_problem(self, problem: Problem, event: "UsageEvent | None" = None, fields: bytes = b"") -> None:
        """Answer with problem+json, and these header fields beside the Problem's own."""
        self.connection.server.outbox.tally.problems[problem.code] += 1
        fields += answers.PROBLEM_JSON + answers.fields_of(problem.headers.items())
        if problem.status == 401:
            fields += answers.CHALLENGE
        self.reply(problem.status, fields, answers.problem_body(problem, self.request_id), event)

    def send(self, data: bytes, *, last: bool) -> None:
        """Send bytes of the answer now. For the outbox."""
        self.connection.deliver(self, data, last=last)

    def send_unrecorded(self) -> None:
        """Answer that the decision could not be written down. For the outbox."""
        (self.unrecorded or answer_unrecorded)(self)

    def settle(self) -> None:
        """The answer's end is on its way: the next request of the connection may begin."""
        self.answered = True
        self.connection.settled(self)

    def _decide_keep_alive(self) -> None:
        if self.connection.server.draining:
            self.keep_alive = False
        if not self.complete:
            left = self.content_length
            # A short body is thrown away; a long one is not worth reading. And a client that waits for
            # `100 Continue` may send it now or never: nobody could tell what its next bytes are.
            if left is None or left > _DISCARD_BYTES_MAX or b"expect" in self.fields:
                self.keep_alive = False


def answer_unrecorded(exchange: Exchange) -> None:
    """The answer in place of one whose decision could not be written down."""
    body = answers.unrecorded_body(exchange.request_id)
    exchange.connection.deliver(exchange, exchange.compose(503, answers.PROBLEM_JSON, body), last=True)
