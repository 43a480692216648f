"""A way to a server that can go silent: it takes every byte, keeps every connection, and passes nothing on."""

import contextlib
import select
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class SilentProxy:
    """Passes TCP connections on to a Unix or TCP address, until it is told to be silent."""

    def __init__(self, target: str | tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stop, self._wake = socket.socketpair()
        # Each end of a connection with its other end; and those whose bytes are swallowed.
        self._other: dict[socket.socket, socket.socket] = {}
        self._silent: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.swallowed = 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._wake.close()
        self._thread.join()
        for each in (*self._other, *self._silent, self._listener, self._stop):
            each.close()

    def be_silent(self) -> int:
        """From now on say nothing more on the connections that there are; how many. New ones are served."""
        with self._lock:
            self._silent |= self._other.keys()
            return len(self._other) // 2

    def _run(self) -> None:
        while True:
            with self._lock:
                waiting = [self._listener, self._stop, *self._other]
            readable, _, _ = select.select(waiting, [], [])
            if self._stop in readable:
                return
            for each in readable:
                if each is self._listener:
                    self._accept()
                elif each in self._other:
                    self._pass_on(each)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if isinstance(self._target, str):
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
        else:
            server = socket.create_connection(self._target)
        with self._lock:
            self._other |= {client: server, server: client}

    def _pass_on(self, source: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = source.recv(65536)
        if data and source in self._silent:
            self.swallowed += len(data)
        elif data:
            with contextlib.suppress(OSError):
                self._other[source].sendall(data)
        else:
            self._end(source)

    def _end(self, source: socket.socket) -> None:
        with self._lock:
            for each in (source, self._other.pop(source)):
                self._other.pop(each, None)
                self._silent.discard(each)
                each.close()


def socket_of(folder: Path) -> str:
    """The Unix socket of a PostgreSQL that runs in a folder."""
    return str(next(folder.glob(".s.PGSQL.*[0-9]")))
