"""Binding every listening socket before anything is started, so that a taken port is one clear sentence.

The sockets are handed down to the processes. They stay open here: while a process is started again,
its callers wait in the queue instead of being refused.
"""

import errno
import socket
from typing import Any, Final

from freehold.supervisor.refusals import CannotStart, reason

_BACKLOG: Final = 2048


def listen(host: str, port: int, option: str, count: int = 1) -> list[socket.socket]:
    """`count` sockets that listen on one address, among which the kernel spreads connections.

    Port 0 takes a free one. `option` names what the operator can change; CannotStart says so.
    """
    family, address = _resolve(host, port)
    # Alone first: SO_REUSEPORT would share the port with another instance of ours in silence.
    first = _bind(family, address, option, shared=False)
    if count == 1:
        first.listen(_BACKLOG)
        return [first]
    address = first.getsockname()
    first.close()
    sockets = [_bind(family, address, option, shared=True) for _ in range(count)]
    for each in sockets:
        each.listen(_BACKLOG)
    return sockets


def port_of(listener: socket.socket) -> int:
    """The port that a socket listens on."""
    return int(listener.getsockname()[1])


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise CannotStart(f"{host!r} is no address that Freehold can listen on; name another with --host.") from None
    family, _, _, _, address = found[0]
    return family, address


def _bind(family: socket.AddressFamily, address: Any, option: str, *, shared: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise CannotStart(_why_not(error, str(address[0]), int(address[1]), option)) from None
    return listener


def _why_not(error: OSError, host: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken; stop what listens there, or name another port with {option}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; name another with --host."
    return f"Freehold cannot listen on port {port} of {host}: {reason(error)}; name another port with {option}."
