"""What both clients know of their connection: addresses, token, waits, and how a call becomes a request.

Never shows the token, and never changes once it is made.
"""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx

from freehold import __version__
from freehold.sdk.answers import request_id_of
from freehold.sdk.attempts import Retries
from freehold.sdk.calls import Call

_AGENT: Final = f"freehold-sdk/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"

# An idle connection is let go before the server, which keeps it for 5 s, closes it under a call.
LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=4.0)


@dataclass(frozen=True, slots=True)
class CallAttempt:
    """One attempt of a call, as `on_attempt` is told of it: `error` where there was no answer to it."""

    method: str
    path: str
    number: int
    status: int | None
    request_id: str | None
    error: Exception | None


Observer = Callable[[CallAttempt], None]


@dataclass(frozen=True, slots=True)
class Connection:
    """An instance's addresses, and as whom and how patiently it is spoken to."""

    url: str
    gate_url: str | None
    token: str | None = field(repr=False)
    timeout_s: float
    retries: Retries
    observer: Observer | None

    def request(self, call: Call[Any]) -> Mapping[str, Any]:
        """A call as the arguments of httpx's `build_request`."""
        headers = {"Accept": "application/json, */*;q=0.1", "User-Agent": _AGENT, **call.headers()}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        return {
            "method": call.method, "url": self.server(call) + call.path, "params": call.parameters(), "content": call.encoded(),
            "headers": headers, "timeout": self.timeout_s,
        }  # fmt: skip

    def tell(self, call: Call[Any], number: int, came: httpx.Response | httpx.RequestError) -> None:
        """Tell the observer, if there is one, what came of an attempt."""
        if self.observer is None:
            return
        if isinstance(came, httpx.Response):
            attempt = CallAttempt(call.method, call.path, number, came.status_code, request_id_of(came), None)
        else:
            attempt = CallAttempt(call.method, call.path, number, None, None, came)
        self.observer(attempt)

    def server(self, call: Call[Any]) -> str:
        """The address of the server that a call is for; ValueError where it is the gate, and not known."""
        if not call.at_gate:
            return self.url
        if self.gate_url is None:
            raise ValueError("This client does not know the gate's address: pass gate_url=… when you make it.")
        return self.gate_url


def address(text: str) -> str:
    """An instance's address without a slash at its end; ValueError where it is none."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"This is no address: {error}.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("An address begins with http:// or https:// and names a host.")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("An address has no user, password, query or fragment; the token is an argument of its own.")
    return text.rstrip("/")


def checked_token(token: str | None) -> str | None:
    """A token as it can stand in a header; ValueError, which does not show it, where it cannot."""
    if token is not None and not (token and token.isascii() and token.isprintable() and " " not in token):
        raise ValueError("The token is empty or holds blanks or line ends: was it copied whole, and nothing besides?")
    return token


def no_cookies() -> CookieJar:
    """A jar that takes no cookie: who calls is said by the token alone."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))
