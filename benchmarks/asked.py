"""Requests as they go over the wire, kept in a file that both load generators read.

The file: for each request its length in decimal, a newline, and its bytes.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method in ("POST", "PUT"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def write_requests(path: Path, requests: Iterable[bytes]) -> Path:
    """Keep requests, in the order in which they are sent, over and over."""
    with path.open("wb") as file:
        for each in requests:
            file.write(b"%d\n" % len(each) + each)
    return path
