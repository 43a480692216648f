"""Clients that mean no good, each kind a process of its own.

    python -m tests.faults.abuse KIND PORT COUNT

Says `ready` once all of its connections are there, and goes on until it is killed. What it does a
second is bounded, so that what is measured is the gate's patience and not this process's hunger.
"""

import contextlib
import os
import random
import resource
import socket
import sys
import time
from collections.abc import Callable
from typing import Final

from freehold.keys import credential
from freehold.kit.secrets import random_base62

HEAD: Final = b"POST /v1/keys/verify HTTP/1.1\r\nHost: gate\r\n"
# How often each connection of a kind that goes on does something.
_PACE_S: Final = 1.0
_PIPELINED: Final = 50


def connect(port: int) -> socket.socket:
    """One more connection."""
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    client.setblocking(False)
    return client


def idle(_number: int) -> bytes:
    """Nothing at all."""
    return b""


def slowloris(number: int) -> bytes:
    """One more byte of a head that never ends."""
    return HEAD[number : number + 1] or b"x"


def oversize(_number: int) -> bytes:
    """A head that is larger than any that is read."""
    return HEAD + b"X: " + b"y" * 70_000


def garbage(number: int) -> bytes:
    """Requests that are none, many at once."""
    return random.Random(number).randbytes(200) + b"\r\n\r\n" + b"GET /\x01 HTTP/1.1\r\n\r\n" * _PIPELINED


def invented(number: int) -> bytes:
    """Questions about keys that nobody has made, with a checksum that is right, many at once."""
    keys = (credential.compose("fh", "sandbox", random_base62(12), random_base62(32)) for _ in range(_PIPELINED))
    return b"".join(
        b"GET /v1/authorize HTTP/1.1\r\nHost: gate\r\nX-Api-Key: %b\r\nX-Original-URI: /%d\r\n\r\n" % (key.encode(), number)
        for key in keys
    )  # fmt: skip


KINDS: Final[dict[str, Callable[[int], bytes]]] = {
    each.__name__: each for each in (idle, slowloris, oversize, garbage, invented)
}


def run(says: Callable[[int], bytes], port: int, count: int) -> None:
    """Keep so many connections, each of which says something every second; those that are hung up on come back."""
    clients = [connect(port) for _ in range(count)]
    os.write(1, b"ready\n")
    turn = 0
    while True:
        began, turn = time.monotonic(), turn + 1
        for number, client in enumerate(clients):
            if _is_gone(client) or not _send(client, says(turn + number if says is not slowloris else turn)):
                client.close()
                with contextlib.suppress(OSError):
                    clients[number] = connect(port)
            # Spread over the second.
            if number % 50 == 0:
                time.sleep(max(0.0, began + _PACE_S * number / count - time.monotonic()))
        time.sleep(max(0.0, began + _PACE_S - time.monotonic()))


def _is_gone(client: socket.socket) -> bool:
    """Read what there is; whether the other side has hung up."""
    try:
        while data := client.recv(65536):
            if len(data) < 65536:
                return False
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _send(client: socket.socket, data: bytes) -> bool:
    try:
        return not data or client.send(data) > 0
    except BlockingIOError:
        return True
    except OSError:
        return False


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    run(KINDS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3]))
