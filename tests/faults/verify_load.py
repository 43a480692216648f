"""Callers that keep a gate busy: kept-alive connections, verify calls sent several at a time.

They note the request id of every answer that arrived whole. A connection that breaks is made anew;
what was under way on it may or may not have been decided, and nobody was told.
"""

import contextlib
import json
import socket
import threading
from typing import Final

PIPELINED: Final = 8


class VerifyLoad:
    """Some callers, each in a thread of its own."""

    def __init__(self, port: int, token: str, keys: list[str], callers: int = 3) -> None:
        self._port = port
        self._requests = [_request(token, key) for key in keys]
        self._stopping = threading.Event()
        self._answered: list[list[str]] = [[] for _ in range(callers)]
        self.outcomes: set[str] = set()
        self._failures: list[BaseException] = []
        self._threads = [threading.Thread(target=self._call, args=[answered]) for answered in self._answered]
        for thread in self._threads:
            thread.start()

    @property
    def count(self) -> int:
        """How many answers have arrived. Raises what has ended a caller, if anything."""
        if self._failures:
            raise self._failures[0]
        return sum(len(answered) for answered in self._answered)

    @property
    def under_way_max(self) -> int:
        """How many decisions can be under way at one moment."""
        return len(self._threads) * PIPELINED

    def stop(self) -> set[str]:
        """Stop calling; the request ids of all answers."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        return {request_id for answered in self._answered for request_id in answered}

    def _call(self, answered: list[str]) -> None:
        try:
            while not self._stopping.is_set():
                with contextlib.suppress(OSError), self._connected() as connection:
                    self._call_on(connection, answered)
        except Exception as error:  # noqa: BLE001 — handed to the test's own thread
            self._failures.append(error)

    def _connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), timeout=20)

    def _call_on(self, connection: socket.socket, answered: list[str]) -> None:
        unread, turn = b"", 0
        while not self._stopping.is_set():
            turn += 1
            connection.sendall(
                b"".join(self._requests[(turn + each) % len(self._requests)] for each in range(PIPELINED))
            )
            for _ in range(PIPELINED):
                answer, unread = _read_answer(connection, unread)
                if "reason" not in answer:
                    raise AssertionError(f"the gate answered {answer}")
                answered.append(answer["request_id"])
                self.outcomes.add(answer["reason"] or "allowed")


def _request(token: str, key: str) -> bytes:
    body = json.dumps({"key": key, "method": "GET", "path": "/v1/countries/DK"}).encode()
    head = (
        f"POST /v1/keys/verify HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _read_answer(connection: socket.socket, unread: bytes) -> tuple[dict[str, str], bytes]:
    while b"\r\n\r\n" not in unread:
        unread += _receive(connection)
    head, _, unread = unread.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(fields[b"content-length"])
    while len(unread) < length:
        unread += _receive(connection)
    answer: dict[str, str] = json.loads(unread[:length])
    return answer, unread[length:]


def _receive(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        raise ConnectionResetError("the gate has gone")
    return part
