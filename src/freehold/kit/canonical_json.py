"""JSON in one canonical form, so that equal values are equal bytes.

The JSON Canonicalization Scheme (RFC 8785), restricted to what Freehold writes: objects, arrays,
strings, booleans, null and integers within ±(2^53 - 1). Floats are refused, because their shortest
form is where implementations differ; Freehold's shapes, audit entries and fingerprints need none.
"""

import hashlib
import json
from typing import Any, Final

_INTEGER_MAX: Final = 2**53 - 1


def encode(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a JSON value; ValueError or TypeError where it has none."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(encode(value)).hexdigest()


def _ordered(value: Any) -> Any:
    match value:
        case None | bool() | str():
            return value
        case int():
            if abs(value) > _INTEGER_MAX:
                raise ValueError("an integer outside ±(2^53 - 1) has no canonical form")
            return value
        case dict():
            # RFC 8785, section 3.2.3: members sorted by their names as UTF-16 code units.
            plain = all(map(str.isascii, value))
            names = sorted(value) if plain else sorted(value, key=lambda name: name.encode("utf-16-be"))
            return {name: _ordered(value[name]) for name in names}
        case list() | tuple():
            return [_ordered(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")
