"""Audit entries in words: what was done, and what changed, field by field. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from freehold.dashboard.views.audit import AuditChange

# Where the words of a name are others than its letters say.
_NAMES: Final = {"url": "URL", "id": "id", "api": "API", "cidrs": "CIDRs", "openapi": "OpenAPI"}
_UNITS: Final = {"s": "in seconds", "ms": "in milliseconds"}
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_YES: Final = {True: "yes", False: "no"}


def action_words(action: str) -> str:
    """`webhook_endpoint.secret_rotated` as `Webhook endpoint secret rotated`."""
    return field_words(action.replace(".", "_"))


def field_words(*names: str) -> str:
    """`overlap_s` as `Overlap in seconds`; of a field inside of another, both."""
    said = ", ".join(map(_words, names))
    return said[:1].upper() + said[1:]


def _words(name: str) -> str:
    words = name.split("_")
    if len(words) > 1 and words[-1] in _UNITS:
        words[-1] = _UNITS[words[-1]]
    return " ".join(_NAMES.get(each, each) for each in words)


def changes_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[AuditChange, ...]:
    """What an entry says of each field, before and after; of fields inside of fields, each by itself."""
    was, now = _flat(before or {}), _flat(after or {})
    names = dict.fromkeys([*was, *now])
    return tuple(
        AuditChange(field=field_words(*name), before=_text(was.get(name)), after=_text(now.get(name))) for name in names
    )


def _flat(values: Mapping[str, Any], inside: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, (*inside, name))
        else:
            found[*inside, name] = value
    return found


def _text(value: Any) -> str | None:
    """A recorded value as a person reads it."""
    if value is None or (isinstance(value, str) and not _INSTANT.fullmatch(value)):
        return value
    if isinstance(value, str):
        return f"{value[:10]} {value[11:19]} UTC"
    if isinstance(value, bool):
        return _YES[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(_item(each) for each in value) or "none"
    return "none" if value == {} else json.dumps(value, ensure_ascii=False)


def _item(value: Any) -> str:
    """One of a list: a record as its fields, one after the other."""
    if isinstance(value, dict):
        return " ".join(f"{_words(name)} {_text(each) or '–'}" for name, each in value.items())
    return _text(value) or "–"
