"""Calling guarded applications in this process, and what came of it."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
from sqlalchemy import select

from freehold.sdk.asgi import FreeholdMiddleware, Message, Receive, Scope, Send
from freehold.sdk.guard import Guard
from freehold.store.engine import Store
from freehold.store.schema import usage_events
from tests.gate.gate_process import eventually

COUNTRY = "/v1/countries/NO"


async def plain_app(scope: Scope, receive: Receive, send: Send) -> None:
    """The smallest application: says whose request it is."""
    if scope["type"] != "http":
        return
    admission = scope.get("freehold")
    body = msgspec.json.encode({"project": admission and admission.project_id, "key": admission and admission.key_id})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


def call(app: Any, path: str = COUNTRY, key: str | None = None, method: str = "GET", **options: Any) -> httpx.Response:
    """One request, with a key in X-Api-Key."""
    headers = {"X-Api-Key": key} if key else {}

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("198.51.100.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            return await client.request(method, path, headers=headers | options.pop("headers", {}), **options)

    return asyncio.run(request())


def guarded(guard: Guard, **options: Any) -> FreeholdMiddleware:
    """The smallest application behind the middleware."""
    return FreeholdMiddleware(plain_app, guard, **options)


@dataclass
class Row:
    """A usage event as it is kept."""

    id: str
    outcome: str
    status: int | None
    via: str
    project_id: str | None
    endpoint: str | None
    cost: int
    address: str | None
    path: str | None


def row_of(store: Store, request_id: str) -> Row:
    """The usage event of a request, once it is counted."""
    columns = [usage_events.c[name] for name in Row.__dataclass_fields__]

    def find() -> Row | None:
        with store.read() as tx:
            found = tx.execute(select(*columns).where(usage_events.c.id == request_id)).first()
        return None if found is None else Row(*found)

    found: Row = eventually(find)
    return found


def request_id_of(answer: httpx.Response) -> str:
    """The id of the decision behind an answer."""
    return answer.headers["x-freehold-request-id"]


async def send_nothing(_message: Message) -> None:
    """A server whose client has left."""
