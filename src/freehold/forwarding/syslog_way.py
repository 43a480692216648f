"""The way to a syslog receiver: TLS (RFC 5425), TCP (RFC 6587, octet counting) or UDP (RFC 5426), bounded in time.

Syslog has no acknowledgement. A batch is one connection: after the last message our side is closed, and the receiver's
closing says that it has read to the end. Blocks: call it in a thread. Touches no database.
"""

import contextlib
import fcntl
import socket
import ssl
import struct
import sys
import termios
from collections.abc import Sequence
from typing import Final

from freehold.forwarding.records import Place
from freehold.forwarding.syslog_form import framed

CONNECT_S: Final = 5.0
WRITE_S: Final = 10.0
CLOSE_S: Final = 5.0
_CHUNK: Final = 4096


def send(place: Place, messages: Sequence[bytes], close_s: float = CLOSE_S) -> None:
    """Send messages in order; OSError and its kin where they may not have arrived."""
    if place.transport == "udp":
        _send_datagrams(place, messages)
        return
    address = (place.host, place.port)
    with socket.create_connection(address, timeout=CONNECT_S) as plain, _dressed(place, plain) as way:
        way.settimeout(WRITE_S)
        way.sendall(b"".join(map(framed, messages)))
        _end(way, close_s)


def _send_datagrams(place: Place, messages: Sequence[bytes]) -> None:
    (family, kind, protocol, _, address), *_ = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_DGRAM)
    with socket.socket(family, kind, protocol) as way:
        # Connected, so that a machine's answer that nobody listens there is heard.
        way.connect(address)
        for message in messages:
            way.send(message)


def _dressed(place: Place, plain: socket.socket) -> socket.socket:
    """The connection in TLS, where the place says so: the receiver's certificate is checked, and its name."""
    if place.transport != "tls":
        return plain
    return context_of(place.authorities).wrap_socket(plain, server_hostname=place.host)


def context_of(authorities: str) -> ssl.SSLContext:
    """What receivers' certificates are checked by: these authorities (PEM), or the system's; ssl.SSLError where they are none."""
    context = ssl.create_default_context(cadata=authorities or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _end(way: socket.socket, close_s: float) -> None:
    """Close our side, and wait for the receiver to close its own; TimeoutError where its machine has not even all bytes."""
    way.settimeout(close_s)
    try:
        if isinstance(way, ssl.SSLSocket):
            # RFC 5425, section 4.4: a close_notify each way. Some receivers only close the connection.
            _closed_without_words(way)
            return
        way.shutdown(socket.SHUT_WR)
        while way.recv(_CHUNK):
            pass
    except TimeoutError:
        if _on_the_way(way):
            raise TimeoutError("The receiver has not acknowledged all bytes.") from None


def _closed_without_words(way: ssl.SSLSocket) -> None:
    with contextlib.suppress(ssl.SSLEOFError, ssl.SSLZeroReturnError):
        way.unwrap().close()


def _on_the_way(way: socket.socket) -> int:
    """How many bytes the receiver's machine has not acknowledged (Linux, tcp(7): SIOCOUTQ); 0 where that is not told."""
    if not sys.platform.startswith("linux"):
        return 0
    waiting: tuple[int] = struct.unpack("i", fcntl.ioctl(way, termios.TIOCOUTQ, b"\0\0\0\0"))
    return waiting[0]
