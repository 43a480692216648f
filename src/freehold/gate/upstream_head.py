"""Heads between client and upstream: what goes on, what stays, what is added. Pure.

Dropped on the way to the upstream (RFC 9110, section 7.6.1, and our own reasons):

* what belongs to one connection: `Connection` and all that it names, `TE`, `Upgrade`, …;
* the key, unless the operator chose that this API gets it; and whatever claims to come from Freehold, or from a proxy that the operator does not trust;
* what makes an upstream take the request for another one than was decided on: `X-Original-URL`,
  `X-Rewrite-URL`, `X-HTTP-Method-Override` and their kin;
* any of these with `_` in place of `-`, which CGI and WSGI cannot tell apart.
"""

from typing import Final, NamedTuple

from freehold.gate.presented import hides_key

_HOP_BY_HOP: Final = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te",
        b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings", b"expect",
    }
)  # fmt: skip
_OWN: Final = frozenset({b"host", b"content-length"})
_OVERRIDES: Final = frozenset(
    {
        b"x-original-url", b"x-original-uri", b"x-original-method", b"x-rewrite-url", b"x-forwarded-uri",
        b"x-forwarded-method", b"x-forwarded-prefix", b"x-http-method", b"x-http-method-override", b"x-method-override",
    }
)  # fmt: skip
_FORWARDED: Final = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"forwarded"}
)
_KEY_FIELDS: Final = frozenset({b"authorization", b"x-api-key"})
_NEVER_SENT: Final = _HOP_BY_HOP | _OWN | _OVERRIDES | _FORWARDED
_NEVER_RELAYED: Final = _HOP_BY_HOP | {b"content-length"}
_FREEHOLD: Final = b"x-freehold-"


class Forwarding(NamedTuple):
    """What a request to an upstream is made of, beside the client's own header fields."""

    method: bytes
    target: bytes
    host: bytes
    peer: str
    peer_is_trusted: bool
    freehold: bytes
    brand: str
    pass_key: bool = False


def request_head(
    forwarding: Forwarding,
    headers: list[tuple[bytes, bytes]],
    fields: dict[bytes, bytes],
    content_length: int | None,
) -> bytes:
    """The head of the upstream's request, ending in the empty line. `content_length` None: chunked."""
    dropped = named_by_connection(fields.get(b"connection", b""))
    lines = [b"%b %b HTTP/1.1\r\nHost: %b\r\n" % (forwarding.method, forwarding.target, forwarding.host)]
    for name, value in headers:
        plain = name.replace(b"_", b"-")
        if plain in _NEVER_SENT or plain in dropped or plain.startswith(_FREEHOLD):
            continue
        if plain in _KEY_FIELDS and (
            plain != name or (not forwarding.pass_key and hides_key(name, value, fields, forwarding.brand))
        ):
            continue
        lines.append(b"%b: %b\r\n" % (name, value))
    lines += (_forwarded(forwarding, headers, fields), forwarding.freehold)
    if content_length is None:
        lines.append(b"Transfer-Encoding: chunked\r\n")
    elif content_length or b"content-length" in fields:
        lines.append(b"Content-Length: %d\r\n" % content_length)
    lines.append(b"\r\n")
    return b"".join(lines)


def response_fields(headers: list[tuple[bytes, bytes]], fields: dict[bytes, bytes]) -> bytes:
    """An upstream's header fields as the client may have them, without those that delimit the body."""
    dropped = named_by_connection(fields.get(b"connection", b""))
    return b"".join(
        b"%b: %b\r\n" % (name, value)
        for name, value in headers
        if name not in _NEVER_RELAYED and name not in dropped and not name.startswith(_FREEHOLD)
    )


def named_by_connection(value: bytes) -> frozenset[bytes]:
    """The fields that a Connection field says are for one hop only."""
    return frozenset(each.strip().lower() for each in value.split(b",")) if value else frozenset()


def _forwarded(forwarding: Forwarding, headers: list[tuple[bytes, bytes]], fields: dict[bytes, bytes]) -> bytes:
    peer = forwarding.peer.encode("ascii", "replace")
    scheme, host = b"http", fields.get(b"host", b"")
    if forwarding.peer_is_trusted:
        chain = [value for name, value in headers if name == b"x-forwarded-for"]
        peer = b", ".join((*chain, peer))
        scheme = fields.get(b"x-forwarded-proto", scheme)
        host = fields.get(b"x-forwarded-host", host)
    return b"X-Forwarded-For: %b\r\nX-Forwarded-Proto: %b\r\nX-Forwarded-Host: %b\r\n" % (peer, scheme, host)
