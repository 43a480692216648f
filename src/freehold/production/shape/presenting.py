"""Differences of shapes as pages show them, in words. No IO."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from freehold.dashboard.views.siblings import DiffGroup, DiffLine
from freehold.production.shape.parts import grouped
from freehold.production.shape.pointers import tokens_of
from freehold.production.shape.records import Difference

_OF_FIELDS: Final = frozenset({"labels", "limits", "scope"})


def diff_groups(found: Sequence[Difference]) -> tuple[DiffGroup, ...]:
    """Differences by part of the shape."""
    return tuple(
        DiffGroup(title=title, lines=tuple(DiffLine(**line_of(each)) for each in members))
        for title, members in grouped(found)
    )


def title_of(path: str) -> str:
    """A field in words: what it is of, and which."""
    part, *rest = tokens_of(path)
    # Of labels, limits and the scope the first is a field; of all else it is a name, which stays as it is.
    fields = [not place if part in _OF_FIELDS else bool(place) for place in range(len(rest))]
    return " · ".join(each.replace("_", " ") if field else each for each, field in zip(rest, fields, strict=True))


def value_of(value: Any) -> str:
    """A value in words; empty where there is none."""
    if isinstance(value, Mapping) and value.keys() == {"limit", "window_s"}:
        return f"{value['limit']:,} in {value['window_s']:,} s"
    if isinstance(value, Mapping) and value.keys() == {"limit", "period"}:
        return f"{value['limit']:,} in each {value['period']}"
    if isinstance(value, Mapping):
        return ", ".join(_member(name, each) for name, each in value.items() if _says(each))
    if isinstance(value, list | tuple):
        return ", ".join(value_of(each) for each in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _member(name: str, value: Any) -> str:
    if name.endswith("_s"):
        return f"{name.removesuffix('_s').replace('_', ' ')} {value_of(value)} s"
    return f"{name.replace('_', ' ')} {value_of(value)}"


def _says(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_says(each) for each in value.values())
    return value is not None and value not in ([], "", False)


def line_of(each: Difference) -> dict[str, Any]:
    """One difference, as a line of a page is made of it."""
    return {
        "path": each.path, "title": title_of(each.path), "kind": each.kind,
        "sandbox": _side(each.sandbox, each.kind), "production": _side(each.production, each.kind),
    }  # fmt: skip


def _side(value: Any, kind: str) -> str:
    if kind == "differs":
        return value_of(value) or "none"
    return "" if value is None else "declared" if value is True else value_of(value)
