"""Crossings of counts: found as requests are counted, in the collector's own transaction.

Either the batch and what it crossed are there, or neither. Rates and absences are not judged here: the tasks' loop
looks at them each minute, and at counts too where another way of counting told nobody.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from freehold.alerts import firings, observations, rule_queries, rules
from freehold.alerts.notices import Voice
from freehold.alerts.records import AlertRule, Observation, Threshold
from freehold.kit import clock
from freehold.organizations import audit
from freehold.store.engine import Transaction
from freehold.usage.intake import Added
from freehold.usage.rollups import Slot

# What has fired: (rule, threshold, subject, period).
Fired = set[tuple[str, float, str, datetime]]

# Every time zone's hours, days and months begin at a quarter of an hour of UTC.
_QUARTER_MS: Final = 900_000


def note_added(tx: Transaction, voice: Voice, added: Added) -> int:
    """Open what a batch crosses; how many firings opened. After its sums were added, in the same transaction.

    Of two that count for a project at one instant, the second one waits at `usage_changes` until the first has committed,
    before it comes here: it reads sums that hold both.
    """
    touched = _touched(added.sums["minute"])
    if not touched:
        return 0
    counting = rule_queries.counting_rules(tx, touched)
    if not counting:
        return 0
    since = clock.from_ms(min(min(quarters) for quarters in touched.values()) * _QUARTER_MS)
    fired = rule_queries.thresholds_fired(tx, [rule.id for rule in counting], rules.earliest_period(since))
    crossing = [rule for rule in counting if any(_crossings(tx, rule, touched[rule.project_id], fired))]
    if not crossing:
        return 0
    # The logs before the rules, as whoever changes a rule takes them, and of several in one order. Only where something
    # crosses: whoever counts must not keep others from their logs, nor they them. The rules are read anew, as they are now.
    for organization_id in sorted({rule.organization_id for rule in crossing}):
        audit.hold(tx, organization_id)
    held = rule_queries.lock_counting(tx, [rule.id for rule in crossing])
    return sum(_cross(tx, voice, rule, touched[rule.project_id], fired, added.at) for rule in held)


def _touched(slots: Iterable[Slot]) -> dict[str, set[int]]:
    """The quarters of an hour in which each project's sums have grown."""
    touched: dict[str, set[int]] = {}
    for slot in slots:
        if slot.project_id:
            touched.setdefault(slot.project_id, set()).add(slot.bucket_ms // _QUARTER_MS)
    return touched


def _cross(
    tx: Transaction, voice: Voice, rule: AlertRule, quarters: set[int], fired: Fired, now: datetime
) -> int:  # fmt: skip
    opened = 0
    for threshold, seen in _crossings(tx, rule, quarters, fired):
        opened += firings.open_firing(tx, voice, rule, threshold, seen, as_of=now, now=now)
    if opened:
        # What is open ends with its period: it is to be looked at from now on.
        rule_queries.note_looked(tx, rule.id, now, rules.next_minute(now))
    return opened


def _crossings(
    tx: Transaction, rule: AlertRule, quarters: set[int], fired: Fired
) -> Iterator[tuple[Threshold, Observation]]:
    """What a rule crosses that has not fired yet."""
    for seen in _periods(tx, rule, quarters):
        for threshold in rule.settings.thresholds:
            known = (rule.id, threshold.at, seen.subject_id, seen.period_at) in fired
            if not known and rules.crosses(rule.settings, threshold, seen):
                yield threshold, seen


def _periods(tx: Transaction, rule: AlertRule, quarters: set[int]) -> Iterable[Observation]:
    """What is counted now in every period that a batch reached into."""
    done: set[tuple[str, datetime]] = set()
    covered: list[tuple[datetime, datetime]] = []
    for quarter in sorted(quarters):
        at = clock.from_ms(quarter * _QUARTER_MS)
        if any(start <= at < end for start, end in covered):
            continue
        seen_here = observations.observe_period(tx, rule, at)
        ends = [each.period_ends_at for each in seen_here if each.period_ends_at is not None]
        if ends:
            # Quotas of several periods are looked at together: the shortest one says how far that reaches.
            covered.append((at, min(ends)))
        for each in seen_here:
            if (each.subject_id, each.period_at) not in done:
                done.add((each.subject_id, each.period_at))
                yield each
