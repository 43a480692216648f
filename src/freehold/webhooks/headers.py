"""The headers that a person adds to an endpoint's requests: which may be set, and which are secret.

Pure. A person's header can neither replace one of ours, nor change how the request is framed or
routed, nor carry a second header inside it.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

HEADERS_MAX: Final = 20
VALUE_CHARACTERS_MAX: Final = 1024
# Shown in place of a secret value; sent back unchanged, it leaves the value as it is.
MASK: Final = "••••••••"

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")  # RFC 9110, section 5.6.2
_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")  # Printable ASCII without spaces around it: no CR, LF or NUL.

# Ours, of the connection (RFC 9110, section 7.6.1), of the framing or of the routing.
_RESERVED: Final = frozenset(
    {
        "accept", "accept-charset", "accept-encoding", "alt-used", "connection", "cookie", "cookie2", "date", "expect", "forwarded", "host",
        "http2-settings", "keep-alive", "max-forwards", "origin", "range", "referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via",
    }
)  # fmt: skip
_RESERVED_PREFIXES: Final = ("webhook-", "content-", "proxy-", "x-forwarded-", "sec-", "if-", ":")
# Asked for each header of each attempt, and always of the same few names.
_NAMES_REMEMBERED: Final = 1024
_SECRET_WORDS: Final = re.compile(r"auth|token|secret|key|password|credential|signature|session|bearer", re.IGNORECASE)


def header_faults(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with a person's headers: pairs of header name and sentence; empty where all may be set."""
    faults = [(name, fault) for name, value in headers.items() if (fault := _fault(name, value))]
    if len(headers) > HEADERS_MAX:
        faults.append(("", f"An endpoint has at most {HEADERS_MAX} headers of its own."))
    twice = _same_but_for_case(headers)
    return faults + [(name, "This header is named twice, which case does not tell apart.") for name in twice]


def _fault(name: str, value: str) -> str | None:
    if not _TOKEN.fullmatch(name):
        return "A header's name is 1 to 64 letters, digits and hyphens."
    if is_reserved(name):
        return f"The header {name} is set by Freehold or by the connection."
    if len(value) > VALUE_CHARACTERS_MAX or not _VALUE.fullmatch(value):
        return f"The value of {name} should be 1 to {VALUE_CHARACTERS_MAX} printable ASCII characters."
    return None


@lru_cache(_NAMES_REMEMBERED)
def is_reserved(name: str) -> bool:
    """Whether a header is none of a person's to set."""
    lower = name.lower()
    return lower in _RESERVED or lower.startswith(_RESERVED_PREFIXES)


@lru_cache(_NAMES_REMEMBERED)
def is_secret(name: str) -> bool:
    """Whether a header's value is taken for a credential: kept encrypted and never shown."""
    return _SECRET_WORDS.search(name) is not None


def _same_but_for_case(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice = []
    for name in names:
        if name.lower() in seen:
            twice.append(name)
        seen.add(name.lower())
    return twice


def merged(before: Mapping[str, str], patch: Mapping[str, str | None]) -> dict[str, str]:
    """Headers after a JSON Merge Patch (RFC 7396): None removes. Names are told apart without case."""
    after = {name.lower(): (name, value) for name, value in before.items()}
    for name, value in patch.items():
        if value is None:
            after.pop(name.lower(), None)
        else:
            after[name.lower()] = (name, value)
    return dict(after.values())


def unmasked(headers: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Headers with each masked value as it was before, where there was one."""
    known = {name.lower(): value for name, value in before.items()}
    return {name: known.get(name.lower(), value) if value == MASK else value for name, value in headers.items()}


def shown(headers: Mapping[str, str]) -> dict[str, str]:
    """A person's headers with secret values masked, for pages, answers and records of attempts."""
    return {name: MASK if is_secret(name) else value for name, value in headers.items()}
