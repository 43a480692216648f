"""The parts of a shape: their order, what they are called, and differences by them. Pure."""

from collections.abc import Iterable
from typing import Final

from freehold.production.shape.pointers import tokens_of
from freehold.production.shape.records import Difference

# The parts of a shape in the order in which pages show them, and what they are called.
GROUPS: Final = {
    "labels": "Labels",
    "owners": "Owners",
    "scope": "Scope",
    "limits": "Limits",
    "keys": "Keys",
    "webhooks": "Webhook endpoints",
    "alert_channels": "Chat channels",
    "alerts": "Alert rules",
    "report_schedules": "Report schedules",
}


def grouped(found: Iterable[Difference]) -> list[tuple[str, list[Difference]]]:
    """Differences by the part of the shape that they are of, each part with its name; empty parts are left out."""
    parts: dict[str, list[Difference]] = {part: [] for part in GROUPS}
    for each in found:
        parts[tokens_of(each.path)[0]].append(each)
    return [(GROUPS[part], members) for part, members in parts.items() if members]
