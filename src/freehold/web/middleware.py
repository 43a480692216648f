"""What every answer of the control plane carries, and what no request may do.

Pure ASGI, outermost: it also covers the answers that the framework makes by itself.
"""

from typing import Any, Final, cast
from urllib.parse import urlsplit

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from freehold.kit import ids

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Of a part of the content alone, which only GET has (RFC 9110, section 14.2).
_OF_RANGES: Final = frozenset({b"range", b"if-range"})
_CROSS_SITE: Final = (
    b'{"type":"urn:freehold:error:bad_csrf_token","title":"The form has expired","status":403,'
    b'"detail":"Another site sent this request.","code":"bad_csrf_token","request_id":"%s"}'
)


class Outermost:
    """Gives each request an id, refuses cross-site changes, answers HEAD, and puts the security headers on each answer."""

    def __init__(self, app: ASGIApp, content_security_policy: str, secure: bool) -> None:
        self.app = app
        self.policy = content_security_policy.encode()
        self.secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. The server is told to speak HTTP alone (`ws="none"`, `lifespan="off"`)."""
        await self._http(cast("HTTPScope", scope), receive, send)

    async def _http(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        request_id = ids.new_id("req")
        # The server's own state is shared by all requests: this request gets a copy of its own.
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = [_allowing_head(*each) for each in message["headers"]]
                message["headers"] = [*present, *self._headers(request_id, present)]
            await send(message)

        if scope["method"] not in _SAFE and _is_cross_site(scope):
            await _refuse(send_with_headers, request_id)
            return
        if scope["method"] == "HEAD":
            await self.app(_as_get(scope), receive, _without_content(send_with_headers))
            return
        await self.app(scope, receive, send_with_headers)

    def _headers(self, request_id: str, present: Any) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in present}
        headers = [(b"x-request-id", request_id.encode()), *_ALWAYS]
        if self.secure:
            headers.append((b"strict-transport-security", b"max-age=31536000"))
        if b"content-security-policy" not in names:
            headers.append((b"content-security-policy", self.policy))
        if b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        return headers


def _allowing_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """The framework's word of which methods there are; where there is GET there is HEAD."""
    if name.lower() != b"allow":
        return name, value
    return name, b", ".join(b"GET, HEAD" if each == b"GET" else each for each in value.split(b", ") if each != b"HEAD")


def _as_get(scope: HTTPScope) -> HTTPScope:
    """What is asked with HEAD is what GET would be answered, as a whole (RFC 9110, section 9.3.2)."""
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _OF_RANGES]
    return cast("HTTPScope", {**scope, "method": "GET", "headers": headers})


def _without_content(send: Any) -> Any:
    """Sends an answer's head, and its end with it: what would go on and on is told that nobody listens any more."""

    async def send_head(message: Any) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head


def _is_cross_site(scope: HTTPScope) -> bool:
    """Whether a browser says that another site makes this request.

    `Sec-Fetch-Site` where the browser sends it (Fetch Metadata), else `Origin` against the host. A
    program sends neither; it has no cookies that another site could borrow.
    """
    headers = {name.lower(): value for name, value in scope["headers"]}
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    if origin is None:
        return False
    host: str = headers.get(b"host", b"").decode("latin-1")
    try:
        from_host: str = urlsplit(origin.decode("latin-1")).netloc
    except ValueError:
        # No address at all, and so not ours.
        return True
    return from_host.lower() != host.lower()


async def _refuse(send: Any, request_id: str) -> None:
    body = _CROSS_SITE % request_id.encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
