"""Whether a request's head is one that we understand as everybody else does (RFC 9112).

The parser (llhttp, strict) refuses what has no single meaning on the wire: bare line feeds, folded
fields, two lengths, a length beside chunks. Here stands what it leaves to us. Must never repair:
what is not clear is refused, because the next program might repair it into something else.
"""

import re
from functools import lru_cache
from typing import Final

from freehold.errors import Problem

HEADERS_MAX: Final = 100
_HOST: Final = re.compile(rb"[A-Za-z0-9._~%:\[\]-]*")
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]+)(.*)", re.IGNORECASE | re.DOTALL)
# Fields of which a second line makes a request mean two things.
_SINGLE: Final = (
    b"host", b"authorization", b"x-api-key", b"content-type", b"expect", b"transfer-encoding", b"upgrade",
    b"x-original-uri", b"x-original-method", b"x-forwarded-uri", b"x-forwarded-method",
    b"x-freehold-options",
)  # fmt: skip


def check_head(
    method: bytes, target: bytes, version: str, headers: list[tuple[bytes, bytes]], fields: dict[bytes, bytes]
) -> None:
    """Raise the Problem of a head that is not clear."""
    if version not in ("1.1", "1.0"):
        raise Problem("version_not_supported", "The gate speaks HTTP/1.1 and HTTP/1.0.")
    if len(headers) > HEADERS_MAX:
        raise Problem("head_too_large", f"A request may have {HEADERS_MAX} header fields.")
    if len(fields) != len(headers):
        _check_repeated(headers)
    host = fields.get(b"host")
    if host is None:
        if version == "1.1":
            raise Problem("bad_request", "The Host field is missing.")
    elif not _names_a_host(host):
        raise Problem("bad_request", "The Host field names no host.")
    if method == b"CONNECT":
        raise Problem("not_implemented", "The gate opens no tunnels.")
    if b"#" in target:
        raise Problem("bad_request", "A request's target has no fragment.")
    if b"transfer-encoding" in fields:
        _check_coding(version, fields[b"transfer-encoding"])
    if fields.get(b"expect", b"100-continue").lower() != b"100-continue":
        raise Problem("expectation_failed", "The only expectation that the gate meets is 100-continue.")


@lru_cache(maxsize=1024)
def _names_a_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


def origin_form(target: bytes, fields: dict[bytes, bytes]) -> bytes:
    """A target as path and query (RFC 9112, section 3.2); Problem where it names another host than the Host field."""
    if target.startswith(b"/") or target == b"*":
        return target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise Problem("bad_request", "The request's target is neither a path nor a URL.")
    if absolute[1].lower() != fields.get(b"host", b"").lower():
        raise Problem("bad_request", "The request's target names another host than its Host field.")
    return absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]


def _check_repeated(headers: list[tuple[bytes, bytes]]) -> None:
    names = [name for name, _ in headers]
    for name in _SINGLE:
        if names.count(name) > 1:
            raise Problem("bad_request", f"The {name.decode()} field is there more than once.")


def _check_coding(version: str, coding: bytes) -> None:
    if version == "1.0":
        raise Problem("bad_request", "HTTP/1.0 knows no Transfer-Encoding.")
    if coding.lower() != b"chunked":
        raise Problem("not_implemented", "The only transfer coding that the gate reads is chunked.")
