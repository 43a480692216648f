"""The API that was there before Freehold: answers with what it saw, and keeps it.

`?answer=<status>` in a request's target is the status that it gets; else it is 200.
"""

import asyncio
import json
import re
import socket
from dataclasses import dataclass

from tests.proxies.background import Background, Connections


@dataclass(frozen=True)
class Seen:
    """One request as the API was sent it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The field's values, joined; None where it is not there. Names as CGI and WSGI read them: `_` is `-`."""
        plain = name.lower().replace("_", "-")
        found = [value for each, value in self.headers if each.lower().replace("_", "-") == plain]
        return ", ".join(found) if found else None


class ExistingApi:
    """A small HTTP/1.1 server. `seen`: every request, in order; what is no request stands there as one without method."""

    def __init__(self, background: Background) -> None:
        self.seen: list[Seen] = []
        self._background = background
        self._open = Connections()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server = background.run(asyncio.start_server(self._serve, sock=listener))

    def close(self) -> None:
        self._background.run(self._close())

    async def _close(self) -> None:
        self._server.close()
        await self._open.end()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.note()
        try:
            while True:
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                except asyncio.IncompleteReadError as error:
                    if error.partial:
                        self.seen.append(Seen("", error.partial.decode("latin-1"), [], b""))
                    return
                seen = await _read(head, reader)
                self.seen.append(seen)
                writer.write(_answer(seen))
                await writer.drain()
        except ValueError as error:
            self.seen.append(Seen("", str(error), [], b""))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # A body that did not come whole is no request.
            pass
        finally:
            writer.transport.abort()


async def _read(head: bytes, reader: asyncio.StreamReader) -> Seen:
    line, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = line.split(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise ValueError(line)
    headers = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
    said = {name.lower(): value for name, value in headers}
    if said.get("transfer-encoding") != "chunked":
        return Seen(method, target, headers, await reader.readexactly(int(said.get("content-length", "0"))))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return Seen(method, target, headers, body)


def _answer(seen: Seen) -> bytes:
    said = {"method": seen.method, "target": seen.target, "body": seen.body.decode("latin-1")}
    body = json.dumps(said).encode()
    asked = re.search(r"[?&]answer=(\d{3})", seen.target)
    status = int(asked[1]) if asked else 200
    head = b"HTTP/1.1 %d Own\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return head if seen.method == "HEAD" else head + body
