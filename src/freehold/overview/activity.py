"""What happened on a project, in words: audit entries as the overview lists them. Pure."""

from typing import Final

from freehold.dashboard.views.parts import Activity, Tone
from freehold.organizations.records import AuditEntry

# What an action is called after its actor's name, with the icon that stands for it.
_WORDS: Final[dict[str, tuple[str, str, Tone]]] = {
    "project.created": ("created", "folder", ""),
    "project.changed": ("changed the labels of", "pencil", ""),
    "project.archived": ("archived", "archive", "warn"),
    "project.restored": ("restored", "archive-restore", "ok"),
    "scope.changed": ("changed the scope of", "list-checks", ""),
    "key.issued": ("issued key", "key-round", ""),
    "key.changed": ("changed key", "key-round", ""),
    "key.rotated": ("rotated key", "rotate-cw", ""),
    "key.overlap_changed": ("changed the overlap of key", "rotate-cw", ""),
    "key.secret_retired": ("ended the old secret of key", "timer", ""),
    "key.revoked": ("revoked key", "ban", "bad"),
    "webhook_endpoint.created": ("added webhook endpoint", "webhook", ""),
    "webhook_endpoint.changed": ("changed webhook endpoint", "webhook", ""),
    "webhook_endpoint.paused": ("paused webhook endpoint", "webhook", "warn"),
    "webhook_endpoint.resumed": ("resumed webhook endpoint", "webhook", "ok"),
    "webhook_endpoint.disabled": ("disabled webhook endpoint", "webhook", "bad"),
    "webhook_endpoint.deleted": ("deleted webhook endpoint", "webhook", "warn"),
    "webhook_endpoint.tested": ("sent a test event to", "send", ""),
    "webhook_endpoint.secret_rotated": ("rotated the signing secret of", "rotate-cw", ""),
    "alert.created": ("made alert rule", "bell", ""),
    "alert.changed": ("changed alert rule", "bell", ""),
    "alert.deleted": ("deleted alert rule", "bell", "warn"),
    "alert.tested": ("tested alert rule", "bell", ""),
    "alert.opened": ("saw fire", "bell", "bad"),
    "alert.resolved": ("saw resolve", "bell", "ok"),
    "alert.acknowledged": ("took on", "bell", ""),
    "usage.cost_reported": ("reported the cost of", "chart-column", ""),
    "usage.metered": ("reported metered units of", "chart-column", ""),
    "project.cloned": ("cloned into production", "shield-check", "ok"),
    "project.locked": ("locked", "lock-keyhole", ""),
    "project.unlocked": ("unlocked", "lock-keyhole", "warn"),
    "binding.given": ("gave bindings for production of", "link", ""),
    "drift.promoted": ("promoted the sandbox's changes to", "git-pull-request-arrow", ""),
    "drift.reverted": ("took production's values back to", "undo-2", ""),
    "drift.accepted": ("accepted differences of", "git-compare", ""),
    "drift.acceptance_withdrawn": ("withdrew accepted differences of", "git-compare", ""),
    "access_request.made": ("asked for production access of", "shield-check", ""),
    "access_request.commented": ("commented on production access of", "mail", ""),
    "access_request.answered": ("answered the reviewer of", "mail", ""),
    "access_request.changes_asked": ("asked for changes of", "pencil", "warn"),
    "access_request.approved": ("approved production access of", "shield-check", "ok"),
    "access_request.denied": ("denied production access of", "ban", "bad"),
    "access_request.withdrawn": ("withdrew the request of", "undo-2", ""),
    "access_request.lapsed": ("let the approval lapse of", "circle-x", "warn"),
    "access_request.expired": ("ended the approval of", "clock", "warn"),
    "access_request.live": ("brought live", "shield-check", "ok"),
    "alert_channel.created": ("added chat channel", "bell", ""),
    "report_schedule.created": ("made report schedule", "calendar", ""),
    "report_schedule.changed": ("changed report schedule", "calendar", ""),
    "report_schedule.paused": ("paused report schedule", "calendar", "warn"),
    "report_schedule.resumed": ("resumed report schedule", "calendar", ""),
    "report_schedule.stopped": ("stopped report schedule", "circle-x", "bad"),
    "report_schedule.deleted": ("deleted report schedule", "calendar", "warn"),
    "alert_channel.deleted": ("removed chat channel", "bell", "warn"),
}
_PLACES: Final[dict[str, str]] = {
    "key": "keys",
    "webhook_endpoint": "webhooks",
    "alert": "alerts",
    "report_schedule": "reports/schedules",
}


def activity(entry: AuditEntry) -> Activity:
    """One audit entry as a line of what happened."""
    what, icon, tone = _WORDS.get(entry.action, (entry.action.replace(".", " ").replace("_", " "), "activity", ""))
    return Activity(
        who=entry.actor_name, what=what, subject=entry.subject_name, href=subject_href(entry), at=entry.at,
        icon=icon, tone=tone,
    )  # fmt: skip


def subject_href(entry: AuditEntry) -> str:
    """The page of what an entry is about, empty where it has none."""
    if entry.project_id is None:
        return ""
    here = f"/projects/{entry.project_id}"
    if entry.subject_kind == "project":
        return f"{here}/scope" if entry.action == "scope.changed" else here
    if entry.subject_kind == "access_request":
        return f"/access_requests/{entry.subject_id}"
    place = _PLACES.get(entry.subject_kind)
    gone = entry.action in ("webhook_endpoint.deleted", "alert.deleted")
    return f"{here}/{place}/{entry.subject_id}" if place and not gone else ""
