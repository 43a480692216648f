"""ASGI middleware: every HTTP request and WebSocket handshake is decided before the application sees it.

    app = FreeholdMiddleware(app, Guard("http://127.0.0.1:8401", token, "usage", environment="sandbox"))

Put it around the whole application, so that what a framework answers by itself is decided too. The
application finds whose request it is in `scope["freehold"]`. Answers are passed on as they come; they
only gain header fields. The decision is written down when the answer begins, before the client sees
any of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, Final

from freehold.gate.presented import bearer
from freehold.sdk.admission import Admission, Call
from freehold.sdk.callers import Cost, Exempt, Options, path_as_sent
from freehold.sdk.denials import Fields, denial, unrecorded, with_decision
from freehold.sdk.fetches import Wanting
from freehold.sdk.guard import Guard, Process

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_START: Final = "http.response.start"
# Nginx's number for a client that left before the answer.
_CLIENT_GONE: Final = 499
_SWITCHING: Final = 101
_DENIAL_EXTENSION: Final = "websocket.http.response"


class FreeholdMiddleware:
    """Guards an ASGI application. For the options see `callers.Options`."""

    def __init__(
        self,
        app: Application,
        guard: Guard,
        *,
        exempt: Exempt = (),
        cost: Cost = 1,
        trusted_proxies: Collection[str] = (),
        base_path: str = "",
    ) -> None:
        self._app = app
        self._guard = guard
        self._options = Options(exempt, cost, trusted_proxies, base_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide, then answer the denial or let the application answer."""
        kind = scope["type"]
        if kind != "http":
            await (self._websocket if kind == "websocket" else self._lifespan)(scope, receive, send)
            return
        options, guard = self._options, self._guard
        if options.is_exempt is not None and options.is_exempt(scope, _path_below_root(scope)):
            await self._app(scope, receive, send)
            return
        process = guard.process or guard.begin()
        key, call = self._call(scope, scope["method"])
        try:
            admission = process.decide(key, call)
        except Wanting as wanting:
            admission = await _decide_later(process, key, call, wanting)
        if admission.reason is not None:
            await _deny(process, admission, send)
            return
        scope["freehold"] = admission
        begun = void = False

        async def send_on(message: Message) -> None:
            nonlocal begun, void
            if not begun and message["type"] == _START:
                begun = True
                if not process.record(admission, message["status"]):
                    void = True
                    await _answer(send, *unrecorded(admission))
                    return
                message["headers"] = with_decision(admission, message.get("headers", ()))
            if not void:
                await send(message)

        try:
            await self._app(scope, receive, send_on)
        except BaseException as error:
            if not begun:
                process.record(admission, await _status_of(error, receive))
            raise
        if not begun:
            # The application has nobody to answer any more.
            process.record(admission, _CLIENT_GONE)

    def _call(self, scope: Scope, method: str) -> tuple[bytes | None, Call]:
        """The presented key, and what is called by whom."""
        options, fields = self._options, dict(scope["headers"])
        client, user_agent = scope.get("client"), fields.get(b"user-agent")
        key = fields.get(b"x-api-key")
        if key is None:
            key = bearer(fields)
        forwarded_for, raw_path = fields.get(b"x-forwarded-for"), scope.get("raw_path")
        if raw_path is None or scope.get("root_path"):
            path = path_as_sent(_path_below_root(scope))
        else:
            path = raw_path.partition(b"?")[0].decode("latin-1")
        address = client[0] or None if client else None
        if forwarded_for is not None:
            # A proxy may send the field more than once; they are one list.
            said = b",".join([value for name, value in scope["headers"] if name == b"x-forwarded-for"])
            address = options.client(address or "", said)
        return key, (
            method,
            options.base_path + path,
            address,
            None if user_agent is None else user_agent.decode("latin-1"),
            options.fixed_cost or options.cost_of(scope),
        )

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide a handshake as the GET that it is; what flows afterwards is the application's."""
        if self._options.is_exempt is not None and self._options.is_exempt(scope, _path_below_root(scope)):
            await self._app(scope, receive, send)
            return
        process = self._guard.process or self._guard.begin()
        key, call = self._call(scope, "GET")
        try:
            admission = process.decide(key, call)
        except Wanting as wanting:
            admission = await _decide_later(process, key, call, wanting)
        if admission.reason is not None:
            await _deny_handshake(process, admission, scope, receive, send)
            return
        scope["freehold"] = admission
        begun = void = False

        async def send_on(message: Message) -> None:
            nonlocal begun, void
            if not begun:
                begun = True
                accepted = message["type"] == "websocket.accept"
                if not process.record(admission, _SWITCHING if accepted else message.get("status", 403)):
                    void = True
                    await send({"type": "websocket.close", "code": 1013})
                elif accepted:
                    message["headers"] = with_decision(admission, message.get("headers", ()))
            if not void:
                await send(message)

        try:
            await self._app(scope, receive, send_on)
        except BaseException as error:
            if not begun:
                process.record(admission, await _status_of(error, receive))
            raise
        if not begun:
            process.record(admission, _CLIENT_GONE)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begin with the application, so that its first request finds the gate heard, and end after it."""

        async def send_on(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await asyncio.to_thread(self._guard.close)
            await send(message)

        await asyncio.to_thread(self._guard.begin)
        await self._app(scope, receive, send_on)


def _path_below_root(scope: Scope) -> str:
    path: str = scope["path"]
    root = scope.get("root_path") or ""
    return path[len(root) :] if root and path.startswith(root) else path


async def _decide_later(process: Process, key: bytes | None, call: Call, wanting: Wanting) -> Admission:
    """Decide once the gate has answered; at last without it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + process.patience_s
    while True:
        asked = asyncio.wrap_future(process.fetches(wanting))
        done, _ = await asyncio.wait((asked,), timeout=max(0.0, until - loop.time()))
        if not done or not asked.result():
            return process.unavailable(call)
        try:
            return process.decide(key, call)
        except Wanting as again:
            if loop.time() >= until:
                return process.unavailable(call)
            wanting = again


async def _deny(process: Process, admission: Admission, send: Send) -> None:
    if admission.reason is None:
        raise ValueError("an allowed request is not denied")
    answer = denial(admission, admission.reason)
    recorded = process.record(admission, answer[0])
    await _answer(send, *(answer if recorded else unrecorded(admission)))


async def _answer(send: Send, status: int, fields: Fields, body: bytes) -> None:
    await send({"type": _START, "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def _deny_handshake(process: Process, admission: Admission, scope: Scope, receive: Receive, send: Send) -> None:
    if admission.reason is None:
        raise ValueError("an allowed handshake is not denied")
    status, fields, body = denial(admission, admission.reason)
    if not process.record(admission, status):
        status, fields, body = unrecorded(admission)
    # The handshake has to be taken before it can be answered.
    await receive()
    if _DENIAL_EXTENSION in (scope.get("extensions") or {}):
        await send({"type": f"{_DENIAL_EXTENSION}.start", "status": status, "headers": fields})
        await send({"type": f"{_DENIAL_EXTENSION}.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": str(admission.reason)})


async def _status_of(error: BaseException, receive: Receive) -> int:
    """What an application's failure before its answer amounts to: the client left, or 500."""
    if isinstance(error, asyncio.CancelledError):
        return _CLIENT_GONE
    if not isinstance(error, Exception):
        return 500
    try:
        async with asyncio.timeout(0):
            message = await receive()
    except Exception:  # noqa: BLE001 (whatever the server says: there is no word of the client having left)
        return 500
    return _CLIENT_GONE if message["type"] in ("http.disconnect", "websocket.disconnect") else 500
