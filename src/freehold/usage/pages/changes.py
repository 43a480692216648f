"""What changed in a project, as marks on its chart of usage: from the audit log, in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from freehold.dashboard.charts import Mark
from freehold.dashboard.views.usage import Change
from freehold.organizations import audit
from freehold.organizations.records import AuditEntry
from freehold.store.engine import Transaction
from freehold.usage.records import Range

_SHOWN: Final = 30
# Closer than so many bars, marks become one.
_APART: Final = 0.5
_WORDS: Final[dict[str, str]] = {
    "key.issued": "Key issued: {}", "key.rotated": "Key rotated: {}", "key.revoked": "Key revoked: {}",
    "key.secret_retired": "Old secret ended: {}", "key.overlap_changed": "Overlap changed: {}",
    "key.changed": "Key changed: {}", "scope.changed": "Scope changed", "project.changed": "Limits changed",
    "project.archived": "Project archived", "project.restored": "Project restored",
}  # fmt: skip
_LIMITS: Final = ("rate_limits", "quota")


def changes_of(tx: Transaction, project_id: str, range_: Range) -> tuple[Change, ...]:
    """What may have changed a project's usage in a range, oldest first: the newest 30."""
    entries = audit.project_changes(tx, project_id, tuple(_WORDS), range_.start, range_.end, _SHOWN)
    return tuple(
        _change(entry) for entry in reversed(entries) if entry.action != "project.changed" or _of_limits(entry)
    )


def marks(changes: Sequence[Change], starts: Sequence[datetime], end: datetime) -> tuple[Mark, ...]:
    """Changes as marks on bars that begin at `starts`; several within half a bar as one, which leads to all of them."""
    groups: list[list[Change]] = []
    place = 0.0
    for change in changes:
        at = _bars(change.at, starts, end)
        if groups and at - place < _APART:
            groups[-1].append(change)
        else:
            groups.append([change])
            place = at
    return tuple(
        Mark(_bars(group[0].at, starts, end), group[0].label, group[0].href)
        if len(group) == 1
        else Mark(_bars(group[0].at, starts, end), f"{len(group)} changes", "#changes")
        for group in groups
    )


def _bars(at: datetime, starts: Sequence[datetime], end: datetime) -> float:
    """How many bars from the left an instant lies."""
    ends = (*starts[1:], end)
    index = next(index for index, stop in enumerate(ends) if at < stop or index == len(starts) - 1)
    return index + (at - starts[index]) / (ends[index] - starts[index])


def _change(entry: AuditEntry) -> Change:
    label = _WORDS[entry.action].format(entry.subject_name)
    if entry.action == "key.changed" and _of_limits(entry):
        label = f"Limits changed: {entry.subject_name}"
    return Change(at=entry.at, label=label, who=entry.actor_name, href=_href(entry))


def _of_limits(entry: AuditEntry) -> bool:
    before, after = entry.before or {}, entry.after or {}
    return any(before.get(name) != after.get(name) for name in _LIMITS)


def _href(entry: AuditEntry) -> str:
    here = f"/projects/{entry.project_id}"
    if entry.subject_kind == "key":
        return f"{here}/keys/{entry.subject_id}"
    return {"scope.changed": f"{here}/scope", "project.changed": f"{here}/settings#limits"}.get(entry.action, here)
