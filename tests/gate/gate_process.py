"""A gate worker as the supervisor starts it: `python -m freehold.gate` with an inherited socket."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx


class GateProcess:
    """One or more workers on one listening socket."""

    def __init__(self, data: Path, environment: Mapping[str, str] | None = None, *, processes: int = 1) -> None:
        self.data = data
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(512)
        self.port: int = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=20)
        self._environment = environment or {}
        self.processes = [self._spawn() for _ in range(processes)]

    def _spawn(self) -> "subprocess.Popen[bytes]":
        read_end, write_end = os.pipe()
        descriptor = self.socket.fileno()
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "FREEHOLD_DATA": str(self.data),
            "FREEHOLD_GATE_FD": str(descriptor), "FREEHOLD_READY_FD": str(write_end), "FREEHOLD_EPOCH_POLL_MS": "10",
            **self._environment,
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "freehold.gate"], env=environment, pass_fds=(descriptor, write_end)
        )
        os.close(write_end)
        with os.fdopen(read_end) as ready:
            said = ready.readline()
        if said != "ready\n":
            process.kill()
            raise RuntimeError(f"the gate did not start: exit {process.wait()}")
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.socket.close()
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise

    def stop(self) -> int:
        """SIGTERM to the one worker; its exit code."""
        self.processes[0].send_signal(signal.SIGTERM)
        return self.processes[0].wait(20)

    def verify(self, token: str, **asked: Any) -> dict[str, Any]:
        answer = self.client.post("/v1/keys/verify", json=asked, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        decoded: dict[str, Any] = answer.json()
        return decoded

    def raw(self, *parts: bytes, until_close: bool = False, timeout_s: float = 10.0) -> bytes:
        """Send bytes as they are and read what comes back: up to the end, or until it pauses."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as client:
            for part in parts:
                client.sendall(part)
            return receive(client) if until_close else receive_some(client)


def receive(client: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            data += part
    return data


def receive_some(client: socket.socket) -> bytes:
    """What comes until a whole answer with a Content-Length, or none, is there."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        part = client.recv(65536)
        if not part:
            break
        body += part
    return head + b"\r\n\r\n" + body


def statuses(data: bytes) -> list[int]:
    """The statuses of the answers that follow one another in these bytes, each with a Content-Length or no body."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        found.append(int(head.split(b" ", 2)[1]))
        length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
        data = data[int(length[1]) :] if length else data
    return found


def eventually(found: Callable[[], Any], within_s: float = 15.0) -> Any:
    """The first truthy thing that `found` finds."""
    end = time.monotonic() + within_s
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError("it did not happen")
        time.sleep(0.01)
