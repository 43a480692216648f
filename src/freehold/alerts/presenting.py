"""Rules, firings, receipts and a rule's past as the pages show them: view models. Decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from freehold.alerts import look_back, observations, rollup_queries, wording
from freehold.alerts.keeping import settings_kept
from freehold.alerts.receipts import Receipt
from freehold.alerts.records import AlertRule, Firing, RuleSettings
from freehold.alerts.rules import Past, crosses
from freehold.dashboard.charts import AxisLabel, Level, ThresholdChart
from freehold.dashboard.views.alerts import FiringRow, PastView, ReceiptRow, RuleRow, RuleState
from freehold.dashboard.views.parts import Tone
from freehold.dashboard.words import plural
from freehold.projects.records import Project
from freehold.store.engine import Transaction

_BARS_MAX: Final = 90
_EVENTS: Final = {"opened": "Opened", "resolved": "Resolved", "test": "A test"}
_WAYS: Final = {"webhooks": "Webhooks", "email": "E-mail", "chat": "Chat"}
_STATES: Final[dict[str, tuple[str, Tone]]] = {
    "pending": ("On its way", ""), "delivered": ("Delivered", "ok"), "failed": ("Failed", "bad"),
    "nobody": ("No endpoint receives it", "warn"), "forgotten": ("No longer on record", ""),
}  # fmt: skip
_NUMBERS: Final = {
    "requests": "Requests", "cost": "Cost", "denials": "Denials", "let_through": "Let through", "failures": "Failures",
    "measured": "Latencies measured", "percentile": "Percentile", "used": "Used", "quota": "Quota",
    "quota_period": "In each", "attempts": "Attempts", "failed": "Not accepted", "deliveries": "Waiting deliveries",
    "last_used_at": "Last used", "expires_at": "Expires", "secret_made_at": "Secret made", "last_request_at": "Last request",
}  # fmt: skip


def rule_row(rule: AlertRule, fired: int, now: datetime) -> RuleRow:
    """A rule as lists show it."""
    settings = rule.settings
    return RuleRow(
        id=rule.id, name=settings.name, condition=condition(settings), state=_state(rule, now),
        severity=settings.severity, owner=rule.owner_name or "", fired=fired, is_default=rule.is_default,
    )  # fmt: skip


def condition(settings: RuleSettings) -> str:
    """When a rule fires, with all its steps."""
    first, *more = settings.thresholds
    said = wording.condition(settings, first)
    steps = ", ".join(wording.number(each.at) for each in more)
    return f"{said[:1].upper()}{said[1:]}" + (f"; then at {steps}" if steps else "")


def firing_row(firing: Firing) -> FiringRow:
    """A firing as lists show it."""
    settings = settings_kept(firing.seen["rule"])
    said = wording.headline(firing, settings)
    return FiringRow(
        id=firing.id, rule_id=firing.rule_id, rule_name=firing.rule_name, headline=said,
        severity=firing.severity, is_open=firing.resolved_at is None, opened_at=firing.opened_at,
        resolved_at=firing.resolved_at, peak=wording.amount(firing.peak, settings),
        acknowledged_by=firing.acknowledged_name or "",
    )  # fmt: skip


def numbers_of(firing: Firing) -> tuple[tuple[str, str], ...]:
    """What a firing saw, each number with its name."""
    settings = settings_kept(firing.seen["rule"])
    whose = firing.seen["subject_name"]
    seen = [("Key", whose)] if whose else []
    seen.append((wording.metric_title(settings), wording.amount(firing.value, settings)))
    for name, value in firing.seen["numbers"].items():
        if value is not None and _NUMBERS.get(name, name) != seen[-1][0]:
            shown = wording.number(value) if isinstance(value, int | float) else str(value)
            seen.append((_NUMBERS.get(name, name), shown))
    return tuple(seen)


def receipt_row(receipt: Receipt, project_id: str) -> ReceiptRow:
    """What was told by one way, and what came of it."""
    words, tone = _STATES[receipt.state]
    if receipt.deliveries and receipt.state != "pending":
        done = sum(state == "delivered" for _, state in receipt.deliveries)
        words = f"{done} of {plural(len(receipt.deliveries), 'delivery')} accepted"
    return ReceiptRow(
        event=_EVENTS[receipt.event], way=_WAYS[receipt.way],
        target=receipt.target or plural(len(receipt.deliveries), "endpoint"), state=words, tone=tone,
        error=receipt.error or "", at=receipt.at, due_at=receipt.due_at if receipt.attempts else None,
        href=f"/projects/{project_id}/messages/{receipt.message_id}" if receipt.message_id and receipt.deliveries else "",
    )  # fmt: skip


def past_view(tx: Transaction, project: Project, settings: RuleSettings, now: datetime) -> PastView:
    """What a rule would have done in the last 30 days, drawn, and what is so now where there is no series."""
    found = look_back.look_back(tx, project.id, settings, now)
    if found.reason:
        return PastView(reason=found.reason, now=_now(tx, project, settings, now))
    lines = tuple(
        f"{wording.amount(at, settings)}: would have fired {plural(count, 'time')} in the last {look_back.DAYS} days."
        for at, count in look_back.threshold_counts(found, settings.thresholds)
    )
    note = (
        "Looked at in whole windows side by side; a rule that runs looks each minute at one that slides."
        if settings.window_s
        else ""
    )
    return PastView(chart=_chart(settings, found), lines=lines, note=note)


def _now(tx: Transaction, project: Project, settings: RuleSettings, now: datetime) -> tuple[tuple[str, str, bool], ...]:
    rule = AlertRule(
        "", project.id, project.organization_id, project.environment, settings, is_default=False, revision=1,
        created_by="", created_at=now, changed_at=now,
    )  # fmt: skip
    return tuple(
        (
            seen.subject_name or settings.facts.title, wording.amount(seen.value or 0, settings),
            any(crosses(settings, each, seen) for each in settings.thresholds),
        )
        for seen in observations.observe(tx, rule, rollup_queries.counted_to(tx, now))
    )  # fmt: skip


def _chart(settings: RuleSettings, found: look_back.LookBack) -> ThresholdChart:
    groups = _grouped(found.past)
    levels = tuple(_level(settings, group) for group in groups)
    every = max(len(groups) // 6, 1)
    axis = tuple(
        AxisLabel(place + 0.5, f"{group[0].at.day} {group[0].at:%b}")
        for place, group in enumerate(groups)
        if place % every == every // 2
    )
    title = f"{wording.metric_title(settings)}, {settings.facts.unit}{wording.span(settings)}, UTC"
    lines = tuple((each.at, wording.amount(each.at, settings)) for each in settings.thresholds)
    return ThresholdChart(title, levels, lines, axis)


def _grouped(past: Sequence[Past]) -> list[Sequence[Past]]:
    """As many stretches side by side as can be drawn; each is shown by its worst."""
    size = max(-(-len(past) // _BARS_MAX), 1)
    return [past[start : start + size] for start in range(0, len(past), size)]


def _level(settings: RuleSettings, group: Sequence[Past]) -> Level:
    # Too few to be a rate are not judged, and not drawn.
    fewest = settings.minimum_count if settings.facts.rate else 0
    known = [each for each in group if each.value is not None and each.count >= fewest]
    at = group[0].at
    label = f"{at.day} {at:%b %H:%M}"
    if not known:
        return Level(label, None, "nothing to judge", crossed=False)
    worst = (min if settings.comparison == "below" else max)(known, key=lambda each: each.value or 0)
    crossed = any(
        look_back.is_crossed(settings, threshold, each) for each in known for threshold in settings.thresholds
    )
    return Level(label, worst.value, wording.amount(worst.value or 0, settings), crossed)


def _state(rule: AlertRule, now: datetime) -> RuleState:
    settings = rule.settings
    if not settings.enabled:
        return "off"
    if rule.firing:
        return "firing"
    return "muted" if settings.muted_until and settings.muted_until > now else "ok"
