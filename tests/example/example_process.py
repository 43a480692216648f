"""A running example API, as the supervisor starts it, and a Freehold for it to publish to."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

START_S = 30


@dataclass(frozen=True)
class Example:
    """A running example API and where its environments answer."""

    process: subprocess.Popen[str]
    sandbox: str
    production: str

    def stop(self) -> int:
        """Tell it to stop; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_S)


@contextmanager
def running_example(variables: Mapping[str, str] | None = None) -> Iterator[Example]:
    """An example API on ports of its own, ready to answer; ended at the end."""
    reading, writing = os.pipe()
    environment = {**os.environ, "FREEHOLD_READY_FD": str(writing), **(variables or {})}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "freehold.example"],
        env=environment, pass_fds=[writing], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(writing)
    try:
        with os.fdopen(reading) as ready:
            assert ready.read() == "ready\n"
        assert process.stdout is not None
        urls = dict(process.stdout.readline().split() for _ in range(2))
        yield Example(process, urls["sandbox"], urls["production"])
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@dataclass(frozen=True)
class Published:
    """One message that was sent to Freehold."""

    path: str
    authorization: str
    body: dict[str, Any]


class FreeholdStandIn:
    """Takes messages as Freehold's control plane does, and answers with the statuses that it is given."""

    def __init__(self) -> None:
        self.received: queue.Queue[Published] = queue.Queue()
        self.statuses: list[int] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                published = Published(self.path, self.headers["Authorization"], body)
                self.send_response(stand_in.statuses.pop(0) if stand_in.statuses else 202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                stand_in.received.put(published)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> "FreeholdStandIn":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()
