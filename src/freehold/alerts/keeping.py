"""Rule settings as JSON that a firing keeps, and back. Pure.

What a firing saw outlives the rule's next change, so it is kept as plain values, not by reference.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from freehold.alerts.records import AlertFilter, Observation, RuleSettings, Threshold
from freehold.kit import clock


def kept_settings(settings: RuleSettings) -> dict[str, Any]:
    """Settings as a firing keeps them."""
    return {name: _plain(value) for name, value in asdict(settings).items()}


def settings_kept(kept: dict[str, Any]) -> RuleSettings:
    """Settings from what a firing kept."""
    values = dict(kept)
    values["thresholds"] = tuple(Threshold(**each) for each in values["thresholds"])
    values["filter"] = AlertFilter(**values["filter"])
    values["notify"] = tuple(values["notify"])
    values["muted_until"] = None
    return RuleSettings(**values)


def instant_kept(text: str) -> datetime:
    """An instant that a firing kept."""
    return datetime.fromisoformat(text)


def kept_observation(settings: RuleSettings, seen: Observation, as_of: datetime) -> dict[str, Any]:
    """What a firing keeps of what was seen when it opened."""
    return {
        "rule": kept_settings(settings), "value": seen.value, "count": seen.count, "subject_name": seen.subject_name,
        "from": clock.to_text(seen.start), "to": clock.to_text(seen.end), "as_of": clock.to_text(as_of),
        "numbers": {name: _plain(value) for name, value in seen.numbers.items()},
    }  # fmt: skip


def audited(settings: RuleSettings) -> dict[str, Any]:
    """Settings as the audit log tells of them. Its hashes are of canonical JSON, which has no fractions: they are texts."""
    kept = kept_settings(settings)
    kept["filter"] = {name: value for name, value in kept["filter"].items() if value is not None}
    kept["thresholds"] = [
        f"{each.at:g}" if each.resolve_below is None else f"{each.at:g}, over below {each.resolve_below:g}"
        for each in settings.thresholds
    ]
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
