"""The open end of a hosted inbox: whoever knows its address may post to it. Bounded in size, number and time.

Needs no session and looks at none. The transaction is over before a slow or endless answer begins.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.response import Stream

from freehold.web.call import Shared
from freehold.webhooks import inbox_actions
from freehold.webhooks.inbox_records import Arriving
from freehold.webhooks.inbox_route import ADDRESS
from freehold.webhooks.rehearsal import CHUNK, Reply

# How many answers may be slow or endless at one time, and how long an endless one goes on at most.
_LASTING_MAX: Final = 32
_ENDLESS_CHUNKS: Final = 300
_ENDLESS_PAUSE_S: Final = 0.1
_lasting = asyncio.BoundedSemaphore(_LASTING_MAX)


async def receive_webhook(request: Request[Any, Any, Any], address: str) -> Response[Any]:
    """Take in one request, and answer as the inbox was told to."""
    if not ADDRESS.fullmatch(address):
        return _text(404, b"there is no inbox here\n")
    body = await request.body()
    pairs = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.scope["headers"])
    arriving = Arriving(pairs, body, request.client.host if request.client else "")
    reply = await sync_to_thread(_receive, request.app.state.shared, address, arriving)
    if reply is None:
        return _text(404, b"there is no inbox here\n")
    if not (reply.wait_s or reply.endless):
        return _text(reply.status, reply.body, dict(reply.headers))
    if _lasting.locked():
        return _text(503, b"too many answers are slow or endless at this moment\n", {"Retry-After": "30"})
    if reply.endless:
        return Stream(_endless(), status_code=reply.status, media_type="text/plain; charset=utf-8")
    async with _lasting:
        await asyncio.sleep(reply.wait_s)
    return _text(reply.status, reply.body)


def _receive(shared: Shared, address: str, arriving: Arriving) -> Reply | None:
    with shared.store.write() as tx:
        return inbox_actions.receive(tx, shared.secret, shared.settings, address, arriving)


async def _endless() -> AsyncIterator[bytes]:
    """As much as no sender should take in; ends when the sender hangs up, or after half a minute."""
    async with _lasting:
        for _ in range(_ENDLESS_CHUNKS):
            yield CHUNK
            await asyncio.sleep(_ENDLESS_PAUSE_S)


def _text(status: int, body: bytes, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(body, status_code=status, media_type="text/plain; charset=utf-8", headers=headers or {})
