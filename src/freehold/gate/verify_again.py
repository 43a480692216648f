"""The short way of a verification: what a connection asks in the same words as before.

A connection whose head is known (`express`) asks with its body alone, and most bodies ask about a secret that
stands (`standing`). What both say is true of the question is not looked at again; anything else is
decided by the decider, and what even that cannot answer at once takes the long way from the start.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from freehold.errors import Problem
from freehold.gate import answers
from freehold.gate.addresses import parse_address
from freehold.gate.decider import METHOD_MAX, PATH_MAX, Decided, Decider, Question, usage_event
from freehold.gate.express import KnownHead
from freehold.gate.keyring import Missing, TokenRecord
from freehold.gate.service_tokens import ServiceTokens
from freehold.gate.standing import Standings
from freehold.gate.verify_words import VerifiedKey, VerifyRequest, answer, check, decode, question
from freehold.keys.records import ALLOWED, ProjectRecord, SecretRecord
from freehold.keys.rules import declares
from freehold.kit import clock

if TYPE_CHECKING:
    from freehold.gate.http_connection import Connection


# Where the parts of an answer that change are (`answer_format`).
_ID_AT: Final = 1
_ENDPOINT_AT: Final = 3
_NUMBERS_AT: Final = 5


class Again:
    """What one connection asks with, once it has asked: its head, and by what its token is known.

    Called with bytes, it answers them if they are such a question. For the outbox it is what its answers go out by.
    """

    __slots__ = ("_body_of", "_connection", "_decider", "_digest", "_standings", "_tokens")

    void: ClassVar[bool] = False

    def __init__(
        self,
        connection: "Connection",
        head: KnownHead,
        digest: bytes,
        decider: Decider,
        tokens: ServiceTokens,
        standings: Standings,
    ) -> None:
        self._connection = connection
        self._body_of = head.body_of
        self._digest = digest
        self._decider = decider
        self._tokens = tokens
        self._standings = standings

    def __call__(self, data: bytes) -> bool:
        """Answer these bytes; False, and nothing done, where they take the long way."""
        body = self._body_of(data)
        if body is None:
            return False
        now_ns = clock.now_ns()
        try:
            asked = decode(body)
            token = self._tokens.of_digest(self._digest, now_ns // 1_000_000)
            if not self._allow(asked, token, now_ns):
                check(asked)
                self._decide(question(asked, token), now_ns // 1_000_000)
        except (Missing, Problem, msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return True

    def send(self, data: bytes, *, last: bool) -> None:  # noqa: ARG002 (the outbox's interface: it is always the last)
        """Send an answer now."""
        self._connection.deliver_again(data)

    def send_unrecorded(self) -> None:
        """Answer that the decision could not be written down."""
        server = self._connection.server
        # Nothing is known anywhere by the id that the decision would have had.
        request_id = server.request_ids.new(clock.now_ms())
        body = answers.unrecorded_body(request_id)
        fields = server.dates.now() + b"X-Request-Id: %b\r\n" % request_id.encode() + answers.PROBLEM_JSON
        head = b"%b%bContent-Length: %d\r\n\r\n" % (answers.STATUS_LINES[503], fields, len(body))
        self._connection.deliver_again(head + body)

    def _allow(self, asked: VerifyRequest, token: TokenRecord, now_ns: int) -> bool:
        """Answer a question that what stands of its secret allows; False, and nothing done, where it has to be decided."""
        at_ms = now_ns // 1_000_000
        standings = self._standings
        standing = standings.of(asked.key, at_ms)
        if standing is None:
            return False
        project, api, address = standing.project, standing.api, asked.address
        operation_id, method, path = asked.endpoint, asked.method, asked.path
        if operation_id is None:
            if method is None or path is None:
                return False
            method, path = method.upper(), path.partition("?")[0]
            operation_id = api.router.match(method, path)
        elif method is not None or path is not None or operation_id not in api.router.operation_ids:
            return False
        if (
            operation_id is None
            or not declares(standing.record, project, operation_id)
            or (asked.environment is not None and asked.environment != project.environment)
            or (asked.api is not None and asked.api != api.slug)
            or (token.organization_id is not None and token.organization_id != project.organization_id)
            or (address is not None and parse_address(address) is None)
        ):
            return False
        left = standings.spend(standing, asked.cost, now_ns)
        if left is None:
            return False
        connection = self._connection
        server = connection.server
        request_id = server.request_ids.new(at_ms)
        parts = standing.answer
        parts[_ID_AT], parts[_ENDPOINT_AT] = request_id.encode(), _json_of(operation_id)
        if left.numbers:
            parts[_NUMBERS_AT::2] = answers.encode_json(left.numbers)[1:-1].split(b",")
        text = b"".join(parts)
        data = answers.JSON_ANSWER % (server.dates.at(at_ms), parts[_ID_AT], len(text), text)
        event = (
            request_id, at_ms, *standing.owner, operation_id, method and method[:METHOD_MAX], path and path[:PATH_MAX],
            ALLOWED, "verify", None, None, asked.cost, address, None, "all", left.limits, self._decider.keyring.epoch,
        )  # fmt: skip
        connection.unsent += 1
        server.outbox.stage_allowed(self, data, "verify", event)
        return True

    def _decide(self, asked: Question, at_ms: int) -> None:
        """Decide and answer any question; Missing where something is to be fetched first."""
        decided = self._decider.decide(asked)
        connection = self._connection
        server = connection.server
        request_id = server.request_ids.new(at_ms)
        text = answers.encode_json(answer(request_id, decided))
        data = answers.JSON_ANSWER % (server.dates.at(at_ms), request_id.encode(), len(text), text)
        connection.unsent += 1
        server.outbox.stage(self, data, usage_event(request_id, at_ms, decided), last=True)
        self._keep(asked, decided)

    def _keep(self, asked: Question, decided: Decided) -> None:
        """Keep what stands of a secret that was allowed, for its next call."""
        record, project = decided.record, decided.project
        if decided.decision.rule != "all" or record is None or project is None or asked.key is None:
            return
        api = self._decider.keyring.api(project.api_id)
        if api is not None:
            self._standings.keep(asked.key, record, project, api)


def answer_format(record: SecretRecord, project: ProjectRecord) -> list[bytes]:
    """A `VerifyAnswer` that allows, in parts: every other one changes with the call.

    Those are the request's id, the endpoint, and of each limit what remains and its reset, in JSON.
    """
    key = answers.encode_json(VerifiedKey(record.key_id, record.key_name))
    parts = [
        b'{"allowed":true,"reason":null,"request_id":"',
        b"",
        b'","project":%b,"environment":%b,"key":%b,"endpoint":'
        % (answers.encode_json(project.id), answers.encode_json(project.environment), key),
        b"",
    ]
    between = b',"limits":['
    for label, limit, window_s, _, _ in record.meters + project.meters:
        parts += [between + b'{"name":%b,"limit":%d,"remaining":' % (answers.encode_json(label), limit), b""]
        parts += [b',"reset_s":', b""]
        between = b',"retry_after_s":0.0,"window_s":%d},' % window_s
    closing = between.rstrip(b",") if record.meters or project.meters else between
    return [*parts, closing + b'],"retry_after_s":null}']


@lru_cache(maxsize=4096)
def _json_of(text: str) -> bytes:
    return answers.encode_json(text)
