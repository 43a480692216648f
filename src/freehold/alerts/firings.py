"""Making firings of what was judged: opened, carried on, resolved, and told of, with the caller's transaction."""

from datetime import datetime
from typing import Final

from freehold.alerts import firing_queries, notices, rules
from freehold.alerts.keeping import kept_observation
from freehold.alerts.notices import Voice
from freehold.alerts.records import AlertRule, Observation, OpenFiring, Threshold
from freehold.kit import ids
from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.store.engine import Transaction

_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})


def apply(
    tx: Transaction, voice: Voice, rule: AlertRule, verdict: rules.Verdict, as_of: datetime, now: datetime
) -> int:
    """Do what follows from looking at a rule; how many firings opened."""
    for firing, value in verdict.resolves:
        _resolve(tx, voice, rule, firing, value, now)
    for firing, value in verdict.peaks:
        firing_queries.set_peak(tx, firing.id, value, now)
    opened = sum(open_firing(tx, voice, rule, *each, as_of=as_of, now=now) for each in verdict.opens)
    tell_what_was_muted(tx, voice, rule, now)
    return opened


def open_firing(
    tx: Transaction, voice: Voice, rule: AlertRule, threshold: Threshold, seen: Observation, *, as_of: datetime,
    now: datetime,
) -> bool:  # fmt: skip
    """Open a firing and tell of it; False where the period has one, which the constraint decides."""
    firing_id, value = ids.new_id("fir"), seen.value or 0.0
    made = firing_queries.insert_firing(
        tx,
        {
            "id": firing_id, "project_id": rule.project_id, "rule_id": rule.id, "threshold": threshold.at,
            "subject_id": seen.subject_id, "period_at": seen.period_at, "period_ends_at": seen.period_ends_at,
            "severity": rule.settings.severity, "opened_at": now, "value": value, "peak": value, "peak_at": now,
            "seen": kept_observation(rule.settings, seen, as_of),
        },
    )  # fmt: skip
    if not made:
        return False
    _record(tx, rule, "alert.opened", _facts(firing_id, value, threshold.at))
    firing = firing_queries.find_firing(tx, firing_id)
    if firing is not None:
        notices.tell_opened(tx, voice, rule, firing, now)
    return True


def tell_what_was_muted(tx: Transaction, voice: Voice, rule: AlertRule, now: datetime) -> None:
    """Tell of what opened while the rule was muted and is still open, once the mute has ended."""
    for firing in firing_queries.untold(tx, rule.id):
        notices.tell_opened(tx, voice, rule, firing, now)


def _resolve(
    tx: Transaction, voice: Voice, rule: AlertRule, firing: OpenFiring, value: float | None, now: datetime
) -> None:
    if not firing_queries.resolve(tx, firing.id, now, value):
        return
    _record(tx, rule, "alert.resolved", _facts(firing.id, value, firing.threshold))
    resolved = firing_queries.find_firing(tx, firing.id)
    # Whoever was not told that it opened need not hear that it is over.
    if resolved is not None and resolved.told_at is not None:
        notices.tell(tx, voice, rule, resolved, "resolved")


def _facts(firing_id: str, value: float | None, threshold: float) -> dict[str, object]:
    return {"firing": firing_id, "value": None if value is None else f"{value:g}", "threshold": f"{threshold:g}"}


def _record(tx: Transaction, rule: AlertRule, action: str, after: dict[str, object]) -> None:
    audit.record(
        tx, _SYSTEM, action, organization_id=rule.organization_id, subject_kind="alert", subject_id=rule.id,
        subject_name=rule.settings.name, project_id=rule.project_id, after=after,
    )  # fmt: skip
