"""A real HTTP server behind the gateway: what it was sent, and answers of every shape."""

import socket
import threading
from dataclasses import dataclass, field
from io import BufferedReader
from types import TracebackType
from typing import Self


@dataclass
class Received:
    """One request as the upstream saw it."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for each, value in self.headers if each.lower() == name.lower()]
        return ", ".join(found) if found else None


@dataclass
class Upstream:
    """Answers with the bytes of `answer`, and keeps its connections open unless they say otherwise."""

    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
    # Close after answering, without having said so.
    close: bool = False
    # Waited for before the answer.
    hold: threading.Event | None = None
    # Sent after the answer, each part once `hold_parts` is released that often.
    parts: list[bytes] = field(default_factory=list)
    between_parts: threading.Semaphore | None = None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    parts_sent: int = 0
    gone: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in (self._thread, *self._threads):
            thread.join(10)
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        reader = client.makefile("rb")
        try:
            while request := _read(reader):
                self.received.append(request)
                if self.hold is not None:
                    self.hold.wait(10)
                client.sendall(self.answer)
                for part in self.parts:
                    if self.between_parts is not None:
                        self.between_parts.acquire(timeout=10)
                    client.sendall(part)
                    self.parts_sent += 1
                if self.close:
                    client.shutdown(socket.SHUT_RDWR)
                    return
        except (OSError, ValueError):
            pass
        finally:
            reader.close()
            self.gone.set()


def _read(reader: BufferedReader) -> Received | None:
    readline, read = reader.readline, reader.read
    line = readline().decode("latin-1").rstrip("\r\n")
    if not line:
        return None
    headers = []
    while text := readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = text.partition(":")
        headers.append((name, value.strip()))
    lengths = {name.lower(): value for name, value in headers}
    body = b""
    if lengths.get("transfer-encoding") == "chunked":
        while size := int(readline(), 16):
            body += read(size)
            readline()
        readline()
    else:
        body = read(int(lengths.get("content-length", "0")))
    return Received(line, headers, body)
