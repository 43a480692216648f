"""The words of a verification: what is asked, what is answered, and what is wrong with a question.

Knows HTTP's content type and JSON, and decides nothing.
"""

import math
import re
from typing import Annotated, Final

import msgspec

from freehold.errors import FieldError, Problem, invalid
from freehold.gate.addresses import parse_address
from freehold.gate.decider import Decided, Question
from freehold.gate.exchange import Exchange
from freehold.gate.keyring import TokenRecord
from freehold.keys.records import Environment, LimitState

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


decode: Final = msgspec.json.Decoder(VerifyRequest).decode


def question(asked: VerifyRequest, token: TokenRecord) -> Question:
    """What is to be decided."""
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


def read(exchange: Exchange) -> VerifyRequest:
    """What an exchange asks; Problem where it is no question."""
    content_type = exchange.fields.get(b"content-type", b"")
    if content_type not in _JSON_TYPES and content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise Problem("unsupported_media_type", "Send the question as application/json.")
    try:
        asked = decode(exchange.body)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        named = place.strip("`.") or _NAMED_FIELD.sub(r"\1", message)
        raise invalid(FieldError("" if named == message else named, f"{message}.")) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_request", f"The body is no JSON: {error}.") from None
    check(asked)
    return asked


def check(asked: VerifyRequest) -> None:
    """Problem where what is asked contradicts itself."""
    if asked.endpoint is None and (asked.method is None or asked.path is None):
        raise invalid(FieldError("endpoint", "Name an endpoint, or a method and a path.", "required"))
    if asked.endpoint is not None and (asked.method is not None or asked.path is not None):
        raise invalid(FieldError("endpoint", "Name either an endpoint, or a method and a path.", "ambiguous"))
    if asked.address is not None and parse_address(asked.address) is None:
        raise invalid(FieldError("address", "This is no IP address.", "not_an_address"))


def answer(request_id: str, decided: Decided) -> VerifyAnswer:
    """What was decided."""
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
