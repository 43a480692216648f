"""Reading an untrusted document, JSON or YAML, into plain values, within bounds.

Decides by the media type which of the two it is, and by the text where the media type says nothing.
Never follows a reference. Pure.
"""

import json
import re
from collections import Counter
from typing import Any, Final

from freehold.apis.plain_values import check_values, integer, no_number, number, too_deep, unreadable
from freehold.apis.yaml_documents import read_yaml
from freehold.errors import Problem

DOCUMENT_BYTES_MAX: Final = 16 * 1024 * 1024

_JSON_TYPES: Final = re.compile(r"application/([a-z0-9.+-]+\+)?json")
_YAML_TYPES: Final = re.compile(r"(application|text)/(x-|[a-z0-9.+-]+\+)?yaml")
# What tools send when they do not know better (curl's --data-binary): look at the text instead.
_UNSAID_TYPES: Final = frozenset(
    {"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "application/vnd.oai.openapi"}
)


def read_document(text: bytes, media_type: str | None) -> Any:
    """The plain value of a document; Problem `invalid`, `body_too_large` or `unsupported_media_type` says what is wrong."""
    if len(text) > DOCUMENT_BYTES_MAX:
        raise Problem("body_too_large", f"A document may have up to {DOCUMENT_BYTES_MAX:,} bytes.")
    characters = _decoded(text)
    value = _read_json(characters) if _is_json(characters, media_type) else read_yaml(characters)
    check_values(value)
    return value


def _is_json(text: str, media_type: str | None) -> bool:
    kind = (media_type or "").partition(";")[0].strip().lower()
    if kind in _UNSAID_TYPES:
        return text.lstrip().startswith("{")
    if _JSON_TYPES.fullmatch(kind):
        return True
    if _YAML_TYPES.fullmatch(kind):
        return False
    raise Problem("unsupported_media_type", "Send the document as application/json or application/yaml.")


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(f"The document is not UTF-8: byte {error.start} does not fit.") from None


# --- JSON (RFC 8259) ------------------------------------------------------------------------------


def _read_json(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=no_number, parse_int=integer, parse_float=number
        )
    except json.JSONDecodeError as error:
        raise unreadable(f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise too_deep() from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise unreadable(f"The document has the key {twice[:100]!r} twice in one object.", "duplicate_key")
    return made
