"""What the tests of the real servers share: a gate behind a door, an API, and servers in front of both.

Clients call from 127.0.0.2 and its like, servers from 127.0.0.1, which alone is a trusted proxy: so a
client's address is not a proxy's, as in life.
"""

import contextlib
import http.client
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance
from tests.proxies.background import Background
from tests.proxies.door import Door
from tests.proxies.existing_api import ExistingApi

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class World:
    """One gate and one API."""

    background: Background
    instance: Instance
    gate: GateProcess
    door: Door
    api: ExistingApi

    @classmethod
    @contextlib.contextmanager
    def made(cls, template: Path, data: Path) -> Iterator["World"]:
        """A new world in `data`."""
        instance = Instance.create(template, data)
        with contextlib.ExitStack() as stack:
            stack.callback(instance.close)
            background = stack.enter_context(Background())
            api = ExistingApi(background)
            stack.callback(api.close)
            instance.set_upstreams(api.url)
            gate = stack.enter_context(GateProcess(data, {"FREEHOLD_TRUSTED_PROXIES": "127.0.0.1/32"}))
            door = Door(background, gate.port)
            stack.callback(door.close)
            yield cls(background, instance, gate, door, api)


@dataclass(frozen=True)
class Answer:
    """What a client was answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def reason(self) -> str | None:
        return self.headers["X-Freehold-Reason"]

    @property
    def request_id(self) -> str | None:
        return self.headers["X-Freehold-Request-Id"]


@dataclass(frozen=True)
class Server:
    """A real server that has started."""

    name: str
    url: str

    def ask(
        self,
        key: str | None,
        method: str = "GET",
        target: str = "/v1/countries/NO",
        fields: Fields = (),
        body: bytes | list[bytes] | None = None,
        client: str = "127.0.0.2",
    ) -> Answer:
        """One request on a connection of its own; the target goes as it is, a list of bytes as chunks."""
        address = self.url.removeprefix("http://")
        with contextlib.closing(
            http.client.HTTPConnection(address, timeout=20, source_address=(client, 0))
        ) as connection:
            connection.putrequest(method, target, skip_accept_encoding=True)
            if key is not None:
                connection.putheader("Authorization", f"Bearer {key}")
            for name, value in fields:
                connection.putheader(name, value)
            if isinstance(body, bytes):
                connection.putheader("Content-Length", str(len(body)))
            elif body is not None:
                connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders(body, encode_chunked=isinstance(body, list))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
