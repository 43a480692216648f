"""A real name server on loopback that changes its mind: each question gets the next answer, with a lifetime of nothing.

And a resolver that asks it by UDP (RFC 1035), in place of the machine's own.
"""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_A = 1
_HEADER = struct.Struct(">HHHHHH")


@dataclass
class NameServer:
    """What is answered, one list of IPv4 addresses a question; the last for ever. `questions`: how often it was asked."""

    answers: list[list[str]]
    port: int = 0
    questions: int = 0
    names: set[str] = field(default_factory=set)

    def next_answer(self, name: str) -> list[str]:
        self.names.add(name)
        found = self.answers[min(self.questions, len(self.answers) - 1)]
        self.questions += 1
        return found

    def lookup(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """As `socket.getaddrinfo`, by a question of our own."""
        question = b"".join(bytes([len(label)]) + label.encode() for label in host.split(".")) + b"\0"
        query = _HEADER.pack(7, 0x0100, 1, 0, 0, 0) + question + struct.pack(">HH", _A, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(10)
            asking.sendto(query, ("127.0.0.1", self.port))
            answer = asking.recv(4096)
        count, place = _HEADER.unpack_from(answer)[3], len(query)
        found: list[tuple[Any, ...]] = []
        for _ in range(count):
            length = struct.unpack_from(">H", answer, place + 10)[0]
            address = socket.inet_ntoa(answer[place + 12 : place + 12 + length])
            found.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)))
            place += 12 + length
        return found


class _Asked(socketserver.BaseRequestHandler):
    server_of_names: NameServer

    def handle(self) -> None:
        query, reply_on = self.request
        name, place = [], _HEADER.size
        while length := query[place]:
            name.append(query[place + 1 : place + 1 + length].decode())
            place += 1 + length
        end = place + 5
        addresses = self.server_of_names.next_answer(".".join(name))
        head = _HEADER.pack(_HEADER.unpack_from(query)[0], 0x8180, 1, len(addresses), 0, 0)
        # A pointer to the name in the question, type A, class IN, and a lifetime of 0 s.
        records = [struct.pack(">HHHIH", 0xC00C, _A, 1, 0, 4) + socket.inet_aton(each) for each in addresses]
        reply_on.sendto(head + query[_HEADER.size : end] + b"".join(records), self.client_address)


@contextmanager
def name_server(*answers: list[str]) -> Iterator[NameServer]:
    """A name server until the block ends."""
    names = NameServer(list(answers))
    with socketserver.UDPServer(("127.0.0.1", 0), type("Asked", (_Asked,), {"server_of_names": names})) as server:
        names.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield names
        finally:
            server.shutdown()
            thread.join()
