"""The example API as an ASGI application, without a framework.

The listener that a request comes in by says which environment it is of. A request that came through
Freehold's gateway names its project and its id; an event that tells of it is then published.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

import msgspec

from freehold.example.operations import Answer, Operation, find_operation
from freehold.example.parameters import Request
from freehold.example.problems import LookupFailed
from freehold.example.publishing import Event
from freehold.kit import clock, ids

_log = logging.getLogger(__name__)

Environment = Literal["sandbox", "production"]
BODY_BYTES_MAX: Final = 64 * 1024
_PARAMETERS_MAX: Final = 50
# How much of a parameter an event repeats.
_TOLD_LENGTH_MAX: Final = 200

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ExampleApp:
    """Answers the example API's requests; `environments` by the listener's port, `publish` takes the events."""

    def __init__(self, environments: Mapping[int, Environment], publish: Callable[[Event], None]) -> None:
        self._environments = environments
        self._publish = publish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request (ASGI 3)."""
        call = _Call(scope, self._environments[scope["server"][1]])
        await call.run(receive)
        await call.send(send)
        event = call.event()
        if event:
            self._publish(event)


class _Call:
    """One request on its way through, and what is to be told of it."""

    def __init__(self, scope: Scope, environment: Environment) -> None:
        self.scope = scope
        self.environment = environment
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.now = clock.now()
        self.operation: Operation | None = None
        self.parameters: dict[str, str] = {}
        self.answer: Answer | None = None
        self.failed: LookupFailed | None = None

    async def run(self, receive: Receive) -> None:
        """Find the operation and run it: afterwards there is an answer, or what failed."""
        try:
            self.operation, in_path = find_operation(self.scope["method"], self.scope["path"])
            self.parameters = {**_query(self.scope["query_string"]), **in_path}
            body = await _read_body(self.headers, receive) if self.operation.method == "POST" else b""
            self.answer = self.operation.run(Request(self.parameters, body, self.now))
        except LookupFailed as failed:
            self.failed = failed
        except Exception:  # noqa: BLE001 — a defect in one look-up must not end the connection without an answer
            _log.exception("%s %s failed", self.scope["method"], self.scope["path"])
            self.failed = LookupFailed("internal", "The log of the example API says more.")

    async def send(self, send: Send) -> None:
        """Answer."""
        headers: dict[str, str] = {"x-example-environment": self.environment}
        if self.failed:
            status, body = self.failed.status, msgspec.json.encode(self.failed.body())
            headers |= {"content-type": "application/problem+json", **self.failed.headers}
        else:
            status, body = 200, msgspec.json.encode(self.answer.body if self.answer else None)
            headers |= {"content-type": "application/json"}
        headers["content-length"] = str(len(body))
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    def event(self) -> Event | None:
        """The event that tells of this request, if it came through the gateway to an operation."""
        project, request = self.headers.get("x-freehold-project", ""), self.headers.get("x-freehold-request-id", "")
        if self.operation is None or not (ids.is_id(project, "proj") and ids.is_id(request, "req")):
            return None
        name, told = self._told()
        payload = {
            "request_id": request,
            "operation": self.operation.operation_id,
            "environment": self.environment,
            "occurred_at": self.now,
            **told,
        }
        return Event(project, request, name, payload)

    def _told(self) -> tuple[str, dict[str, Any]]:
        parameters = {name: value[:_TOLD_LENGTH_MAX] for name, value in self.parameters.items()}
        if self.answer is None:
            code, detail = (self.failed.code, self.failed.detail) if self.failed else ("internal", "")
            return "lookup.failed", {"parameters": parameters, "code": code, "detail": detail}
        if self.answer.event_type == "lookup.completed":
            return "lookup.completed", {"parameters": parameters, "results": self.answer.results}
        return self.answer.event_type, dict(self.answer.told)


def _query(query: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS_MAX
        )
    except ValueError:
        raise LookupFailed("bad_parameter", f"A query is UTF-8 and has up to {_PARAMETERS_MAX} parameters.") from None
    return dict(pairs)


async def _read_body(headers: Mapping[str, str], receive: Receive) -> bytes:
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise LookupFailed("unsupported_media_type", "Send the body as application/json.")
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_BYTES_MAX:
            raise LookupFailed("body_too_large", f"A body has up to {BODY_BYTES_MAX:,} bytes.")
    return bytes(body)
