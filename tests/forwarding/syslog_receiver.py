"""A syslog receiver on loopback, as a real server: TCP or TLS with octet counting, or UDP. Keeps every message that it has read whole."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.gate.certificates import Pair


@dataclass
class SyslogReceiver:
    """What has arrived. `deaf`: it takes connections and resets them; `keeps_open`: it never closes its side."""

    port: int
    messages: list[bytes] = field(default_factory=list)
    deaf: bool = False
    keeps_open: bool = False


def unframed(stream: bytes) -> tuple[list[bytes], bytes]:
    """The whole messages of a stream (RFC 6587, section 3.4.1), and what is left of it."""
    messages = []
    while b" " in stream:
        count, _, rest = stream.partition(b" ")
        if len(rest) < int(count):
            break
        messages.append(rest[: int(count)])
        stream = rest[int(count) :]
    return messages, stream


@contextlib.contextmanager
def streams(pair: Pair | None = None, folder: Path | None = None) -> Iterator[SyslogReceiver]:
    """A receiver of TCP, or of TLS with a certificate, which is written to a folder for as long as it is read."""
    context = None
    if pair is not None and folder is not None:
        pair.write(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "gate.crt", folder / "gate.key")
    listener = socket.create_server(("127.0.0.1", 0))
    there = SyslogReceiver(listener.getsockname()[1])
    held: list[socket.socket] = []
    thread = threading.Thread(target=_accept, args=(listener, there, context, held))
    thread.start()
    try:
        yield there
    finally:
        # Wakes up who waits for a connection.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for each in held:
            each.close()


def _accept(
    listener: socket.socket, there: SyslogReceiver, context: ssl.SSLContext | None, held: list[socket.socket]
) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        plain.settimeout(10)
        if there.deaf:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            plain.close()
            continue
        with contextlib.suppress(OSError):
            way = context.wrap_socket(plain, server_side=True) if context else plain
            _read(way, there)
            if there.keeps_open:
                held.append(way)
                continue
            way.close()


def _read(way: socket.socket, there: SyslogReceiver) -> None:
    stream = b""
    while chunk := way.recv(65536):
        whole, stream = unframed(stream + chunk)
        there.messages += whole


@contextlib.contextmanager
def datagrams() -> Iterator[SyslogReceiver]:
    """A receiver of datagrams; `messages` is complete once its block has ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        there = SyslogReceiver(listener.getsockname()[1])
        yield there
        listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                there.messages.append(listener.recv(65536))
