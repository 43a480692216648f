"""The whole divided: what each key, endpoint, outcome and secret has of it. Pure."""

from collections.abc import Mapping
from typing import Final, cast

from freehold.dashboard import words
from freehold.dashboard.views.usage import Breakdown, Share
from freehold.usage import rules
from freehold.usage.pages.address import View
from freehold.usage.records import KINDS, Divided, Group, GroupBy, Kind

_SHOWN: Final = 8
_EMPTY: Final[dict[GroupBy, tuple[str, str]]] = {
    "key": ("By key", "No key was used."), "endpoint": ("By endpoint", "No endpoint was called."),
    "outcome": ("By outcome", "Nothing was decided."), "secret": ("By secret", "No secret was used."),
}  # fmt: skip


def breakdowns(
    broken: Mapping[GroupBy, Divided], view: View, project_id: str, routes: Mapping[str, str]
) -> tuple[Breakdown, ...]:
    """Each division, largest part first; a part opens the requests behind it."""
    return tuple(
        Breakdown(
            title=title, empty=empty, shares=_shares(broken[name], view, project_id, name, routes),
            parts=len(broken[name].groups), more=view.address(project_id, group_by=name, table="yes"),
        )
        for name, (title, empty) in _EMPTY.items()
    )  # fmt: skip


def _shares(
    divided: Divided, view: View, project_id: str, name: GroupBy, routes: Mapping[str, str]
) -> tuple[Share, ...]:
    return tuple(
        Share(
            label=_label(group, name, routes), requests=group.counts.requests, href=_href(group, view, project_id, name),
            code=name == "endpoint", tone=_kind(group) if name == "outcome" else "served", swatch=name == "outcome",
            note=_note(group) if name != "outcome" else "", note_tone="warn" if _note(group) else "",
            spark=tuple(point.counts.requests for point in divided.series if point.group == group.id),
        )
        for group in divided.groups[:_SHOWN]
    )  # fmt: skip


def _href(group: Group, view: View, project_id: str, name: GroupBy) -> str:
    # What is many groups together, or has none, cannot be asked for by its id: the chart shows it beside the others.
    if not group.id or group.id == rules.OTHERS:
        return view.address(project_id, group_by=name)
    return view.requests(project_id, **{name: group.id})


def _label(group: Group, name: GroupBy, routes: Mapping[str, str]) -> str:
    if name == "outcome":
        return group.name.replace("_", " ").capitalize()
    return routes.get(group.id, group.name)


def _note(group: Group) -> str:
    counts = group.counts
    if counts.throttled:
        return f"{words.percent(counts.throttled, counts.requests, 1)}% throttled"
    lost = counts.denied + counts.failed
    return f"{words.percent(lost, counts.requests, 1)}% denied or failed" if lost else ""


def _kind(group: Group) -> Kind:
    return max(KINDS, key=lambda kind: cast("int", getattr(group.counts, kind)))
