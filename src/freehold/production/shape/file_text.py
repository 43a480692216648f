"""A project's shape as the text of a file, which `freehold plan` and `freehold apply` read."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from freehold.kit import toml_text

# Says of a binding's value that it is read from the environment of whoever plans or applies.
FROM_ENVIRONMENT: Final = "env:"
# What the schema supposes where nothing is said: left out, so that a file says what is particular.
_USUAL: Final[dict[str, dict[str, Any]]] = {
    "keys": {"restricted": False, "rate_limits": {}},
    "webhooks": {"fifo": False, "v1a": False, "headers": []},
    "alert_channels": {},
    "alerts": {"comparison": "above", "timezone": "UTC", "minimum_count": 0, "next_action": "", "enabled": True, "filter": {}},
    "report_schedules": {"format": "csv", "time_zone": "UTC"},
}  # fmt: skip
_HEAD: Final = """\
# What this project declares, whole: what is not here is taken away.
# `freehold plan` says what applying this file would do; `freehold apply` does it, whole or not at all.
# No secret is in it: what differs by environment are bindings, at the end."""
_COMMENTS: Final = {
    "labels": "What the project is called and for.",
    "scope": "What it calls (operation ids) and which events it receives. Anything else is denied.",
    "limits": "What the project as a whole may spend, in units of cost.",
    "keys": "Keys by name. A key that is not issued yet is declared: a person issues it, since its secret is shown once.\n"
    "`endpoints` narrows it within the scope; `expires_after_days` counts from its making; `restricted`: to networks, a binding.",
    "webhooks": "Webhook endpoints by slot, the name by which environments mean the same one. URL and header values are bindings.",
    "alert_channels": "Chat channels by slot. The URL is a binding.",
    "alerts": "Alert rules by slot. A filter names a key by its name and a webhook endpoint by its slot.",
    "report_schedules": "Report schedules by slot: five fields of cron by the clock of a time zone. Who is mailed is a binding.",
}  # fmt: skip
_BINDINGS: Final = """\
Values of slots, plain or as `env:NAME`, read from the environment of whoever plans or applies.
What is left out keeps what the project holds; slots that hold nothing yet need a value."""


def text_of(seen: Mapping[str, Any], url: str) -> str:
    """A project's shape (as the API shows it) as the text of a file."""
    shape = seen["shape"]
    lines = [f"#:schema {url}/schemas/file.json", _HEAD, "", *toml_text.pair("project", seen["project"])]
    lines += [*toml_text.pair("version", shape["version"]), *toml_text.pair("api", shape["api"])]
    lines += ["# The duties that somebody holds. Who does is a binding.", *toml_text.pair("owners", shape["owners"])]
    for part in ("labels", "scope"):
        lines += toml_text.table((part,), shape[part], _COMMENTS[part])
    if any(shape["limits"].values()):
        limits = {name: value for name, value in shape["limits"].items() if value}
        lines += toml_text.table(("limits",), limits, _COMMENTS["limits"])
    for part, usual in _USUAL.items():
        lines += _named(part, shape.get(part, {}), usual)
    return "\n".join([*lines, *_slots(seen["bindings"])]) + "\n"


def _named(part: str, items: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[str]:
    comment = _COMMENTS[part]
    for name, item in items.items():
        said = {field: _said(value) for field, value in item.items()}
        shown = {
            field: value
            for field, value in said.items()
            if value is not None and value != usual.get(field, value is None)
        }
        yield from toml_text.table((part, name), shown, comment)
        comment = ""


def _said(value: Any) -> Any:
    """A value without what says nothing: of a filter what is null, of a threshold too, whose numbers are plain."""
    if isinstance(value, Mapping):
        return {name: each for name, each in value.items() if each is not None}
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [{name: _number(each) for name, each in step.items() if each is not None} for step in value]
    return value


def _number(value: Any) -> Any:
    number = float(value)
    return int(number) if number.is_integer() else number


def _slots(slots: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield from (f"# {line}" for line in _BINDINGS.splitlines())
    yield "[bindings]"
    for slot in slots:
        name = re.sub(r"[^A-Z0-9]+", "_", slot["slot"].upper()).strip("_")
        yield f"# {slot['label']}{'' if slot['filled'] else ', which it has not got yet'}:"
        yield f'# {toml_text.string(slot["slot"])} = "{FROM_ENVIRONMENT}{name}"'
