"""A proxy in front of a server, that does to single answers what networks do to them."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Literal

import httpx


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer of the proxy's own: the server does not hear of the request."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"<h1>not the API</h1>"


_KEPT: Final = ("content-type", "x-request-id", "retry-after", "www-authenticate")

# What becomes of one request: answered, answered to nobody, or answered by the proxy.
Fate = Literal["pass", "lose"] | Canned


@dataclass(slots=True)
class Proxy:
    """A running proxy. `fates` is what becomes of the next requests; those after them pass."""

    url: str
    fates: deque[Fate] = field(default_factory=deque)
    seen: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@contextmanager
def proxy_to(server_url: str) -> Iterator[Proxy]:
    """A proxy on a free loopback port."""
    proxy = Proxy("")
    upstream = httpx.Client(base_url=server_url, timeout=20)

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            proxy.seen.append((self.command, self.path))
            proxy.keys.append(self.headers.get("Idempotency-Key"))
            fate = proxy.fates.popleft() if proxy.fates else "pass"
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if isinstance(fate, Canned):
                self.answer(fate.status, fate.headers, fate.body)
                return
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            came = upstream.request(self.command, self.path, headers=headers, content=body)
            if fate == "pass":
                kept = {name: value for name, value in came.headers.items() if name in _KEPT}
                self.answer(came.status_code, kept, came.content)

        def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Nobody reads it."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.handle_any)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="the proxy")
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        upstream.close()
