"""`POST /v1/keys/verify`: the operator's own code asks whether a request may pass.

Answers 200 whatever was decided; anything else says that the question itself cannot be answered.
"""

import math
import re
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from freehold.errors import FieldError, Problem, invalid
from freehold.gate import answers
from freehold.gate.addresses import parse_address
from freehold.gate.decider import Decided, Decider, Question, usage_event
from freehold.gate.exchange import Exchange
from freehold.gate.express import KnownHead, known_head
from freehold.gate.keyring import Missing, TokenRecord
from freehold.gate.service_tokens import ServiceTokens
from freehold.keys.records import Environment, LimitState
from freehold.kit import clock

if TYPE_CHECKING:
    from freehold.gate.http_connection import Connection

_JSON_TYPES: Final = (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")

# The messages about a field that is unknown or missing name it; all others say where.
_NAMED_FIELD: Final = re.compile(r".* field `([^`]+)`")


class VerifyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked: a key, and the endpoint by operation id or by method and path.

    `api`: the slug of the API that asks; a key of another one is denied. Without it, the key's own is meant.
    """

    key: Annotated[str, msgspec.Meta(max_length=512)]
    endpoint: Annotated[str, msgspec.Meta(max_length=512)] | None = None
    method: Annotated[str, msgspec.Meta(max_length=16)] | None = None
    path: Annotated[str, msgspec.Meta(max_length=8192)] | None = None
    api: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    environment: Environment | None = None
    address: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    cost: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1


class VerifiedKey(msgspec.Struct, gc=False):
    """The key that was verified."""

    id: str
    name: str


class VerifyAnswer(msgspec.Struct, gc=False):
    """The decision. What is not known, or not the asker's to know, is null."""

    allowed: bool
    reason: str | None
    request_id: str
    project: str | None
    environment: Environment | None
    key: VerifiedKey | None
    endpoint: str | None
    limits: tuple[LimitState, ...]
    retry_after_s: int | None


_decode = msgspec.json.Decoder(VerifyRequest).decode


class Verify:
    """Answers verifications."""

    def __init__(self, decider: Decider, tokens: ServiceTokens) -> None:
        self._decider = decider
        self._tokens = tokens

    def handle(self, exchange: Exchange, hearing: bool) -> None:
        """Decide and answer; Problem where the question is not right, Missing where something is to be fetched."""
        if exchange.method != b"POST":
            raise Problem("method_not_allowed", "Verify with POST.", headers={"Allow": "POST"})
        token = self._tokens.verifier(exchange.fields, exchange.at_ms)
        question = _question(_read(exchange), token)
        decided = self._decider.decide(question) if hearing else self._decider.unavailable(question)
        body = answers.encode_json(_answer(exchange.request_id, decided))
        exchange.reply(200, answers.JSON, body, usage_event(exchange.request_id, exchange.at_ms, decided))
        head = known_head(exchange, exchange.connection.feeding)
        if head is not None:
            digest = self._tokens.digest(exchange.fields)
            exchange.connection.learn(_Again(self, exchange.connection, head, digest))

    def answer_again(self, connection: "Connection", digest: bytes, body: bytes) -> bool:
        """Answer a question whose head is known; False, and nothing done, where it takes the long way."""
        at_ms = clock.now_ms()
        try:
            asked = _decode(body)
            _check(asked)
            decided = self._decider.decide(_question(asked, self._tokens.of_digest(digest, at_ms)))
        except (Missing, Problem, msgspec.MsgspecError, UnicodeDecodeError):
            return False
        server = connection.server
        request_id = server.request_ids.new(at_ms)
        text = answers.encode_json(_answer(request_id, decided))
        answer = answers.JSON_ANSWER % (server.dates.at(at_ms), request_id.encode(), len(text), text)
        connection.answer_again(answer, usage_event(request_id, at_ms, decided), request_id)
        return True


class _Again:
    """What a connection asks with, once it has asked: the head, and by what its token is known."""

    __slots__ = ("_connection", "_digest", "_head", "_verify")

    def __init__(self, verify: Verify, connection: "Connection", head: KnownHead, digest: bytes) -> None:
        self._verify = verify
        self._connection = connection
        self._head = head
        self._digest = digest

    def __call__(self, data: bytes) -> bool:
        """Answer these bytes if they are such a question; whether they were."""
        body = self._head.body_of(data)
        return body is not None and self._verify.answer_again(self._connection, self._digest, body)


def _question(asked: VerifyRequest, token: TokenRecord) -> Question:
    return Question(
        "verify",
        asked.key,
        asked.environment,
        asked.endpoint,
        None if asked.method is None else asked.method.upper(),
        None if asked.path is None else asked.path.partition("?")[0],
        asked.address,
        None,
        asked.cost,
        asked.api,
        token.organization_id,
    )


def _read(exchange: Exchange) -> VerifyRequest:
    content_type = exchange.fields.get(b"content-type", b"")
    if content_type not in _JSON_TYPES and content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise Problem("unsupported_media_type", "Send the question as application/json.")
    try:
        asked = _decode(exchange.body)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        named = place.strip("`.") or _NAMED_FIELD.sub(r"\1", message)
        raise invalid(FieldError("" if named == message else named, f"{message}.")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_request", f"The body is no JSON: {error}.") from None
    _check(asked)
    return asked


def _check(asked: VerifyRequest) -> None:
    if asked.endpoint is None and (asked.method is None or asked.path is None):
        raise invalid(FieldError("endpoint", "Name an endpoint, or a method and a path.", "required"))
    if asked.endpoint is not None and (asked.method is not None or asked.path is not None):
        raise invalid(FieldError("endpoint", "Name either an endpoint, or a method and a path.", "ambiguous"))
    if asked.address is not None and parse_address(asked.address) is None:
        raise invalid(FieldError("address", "This is no IP address.", "not_an_address"))


def _answer(request_id: str, decided: Decided) -> VerifyAnswer:
    decision, record, project = decided.decision, decided.record, decided.project
    wait_s = 0.0 if decision.reason is None else max((each.retry_after_s for each in decision.limits), default=0.0)
    return VerifyAnswer(
        decision.reason is None,
        decision.reason,
        request_id,
        None if project is None else project.id,
        None if project is None else project.environment,
        None if record is None else VerifiedKey(record.key_id, record.key_name),
        decided.operation_id,
        decision.limits,
        math.ceil(wait_s) if wait_s > 0 else None,
    )
