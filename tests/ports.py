"""Ports for programs that have to be told one."""

import random
import socket
from pathlib import Path

# Where Linux begins to give ports to whoever asks for any.
_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port of loopback that nobody has, and that nobody is given before the program takes it: not one of those that connections get."""
    given_from = int(_GIVEN.read_text().split()[0]) if _GIVEN.exists() else 32_768
    while True:
        port = random.randrange(10_240, max(given_from, 10_240 + 1_000))
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as trying:
            try:
                trying.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
