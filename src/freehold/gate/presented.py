"""Reading a request: which key it presents, and what goes on to an upstream without it.

A key comes as `Authorization: Bearer <key>` or as `X-Api-Key: <key>`. Where both are there, X-Api-Key
is the key and Authorization is the upstream's affair, unless it holds one of our keys too.
"""

from typing import Final

from freehold.keys.credential import has_prefix

_BEARER: Final = b"bearer "


def presented_key(fields: dict[bytes, bytes]) -> str | None:
    """The key's text as it was sent, or None where there is none."""
    key = fields.get(b"x-api-key")
    if key is None:
        key = bearer(fields)
    return None if key is None else key.decode("latin-1")


def bearer(fields: dict[bytes, bytes]) -> bytes | None:
    """The token of the Authorization field (RFC 6750, section 2.1), or None where it is of another scheme."""
    value = fields.get(b"authorization")
    if value is None or value[:7].lower() != _BEARER:
        return None
    return value[7:].strip()


def hides_key(name: bytes, value: bytes, fields: dict[bytes, bytes], brand: str) -> bool:
    """Whether a header field presents a key and must therefore not go on to an upstream."""
    if name == b"x-api-key":
        return True
    if name != b"authorization":
        return False
    if b"x-api-key" not in fields and value[:7].lower() == _BEARER:
        return True
    return has_prefix(value.decode("latin-1").rpartition(" ")[2], brand)
