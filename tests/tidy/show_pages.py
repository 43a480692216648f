"""Serves the sample pages on loopback, with the real headers, to be looked at: `python -m tests.tidy.show_pages 8499`."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from freehold.dashboard.policy import content_security_policy
from freehold.dashboard.static_files import static_file
from freehold.dashboard.templating import render_page
from tests.tidy.sample_pages import PAGES


class Handler(BaseHTTPRequestHandler):
    """Static files, sample pages by name, and nothing else."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/static/") and (found := static_file(path.removeprefix("/static/"))):
            self.answer(200, found.content_type, found.body)
        elif sample := PAGES.get(path.removeprefix("/")):
            self.answer(200, "text/html; charset=utf-8", render_page(*sample).encode())
        else:
            self.answer(404, "text/plain; charset=utf-8", "\n".join(PAGES).encode())

    def answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", content_security_policy())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
        """Nothing: the browser shows what happened."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/overview")
        server.serve_forever()
