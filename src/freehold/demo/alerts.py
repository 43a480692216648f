"""The demonstration's alerts: rules by the product's own actions, and the firings that its traffic makes of them.

Nothing is invented here: where the past of a rule crossed, the rule is looked at as the tasks process would have, with
the clock at that instant, until it is over. No mail goes out: as at an instance without an SMTP server.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from freehold.alerts import actions, firing_queries
from freehold.alerts.letters import voice_of
from freehold.alerts.look_back import look_back
from freehold.alerts.notices import Voice
from freehold.alerts.records import AlertFilter, AlertRule, RuleSettings, Threshold
from freehold.demo.people import MadeProject, Place, at
from freehold.mail import tasks as mail_tasks
from freehold.webhooks import delivery_actions

# What a team adds to the default rules.
_OWN: Final = (
    RuleSettings(
        "Throttled calls", "denials", (Threshold(8, 3),), window_s=3600, filter=AlertFilter(reason="rate_limited"),
        next_action="Look at which key is throttled, and raise its limit or slow its caller down.",
    ),
    RuleSettings("Old secrets", "key_rotation_overdue", (Threshold(90),), severity="info",
                 next_action="Rotate the key: the old secret serves on while its callers change over."),
)  # fmt: skip
_STEP: Final = timedelta(minutes=30)
_LOOKS_MAX: Final = 48
_FIRINGS_MAX: Final = 6
_BATCH: Final = 500


def make_alerts(place: Place, projects: Sequence[MadeProject]) -> int:
    """Give every project its rules and let them fire as they would have; how many firings."""
    voice = voice_of(place.settings)
    for made in projects:
        if made.story.keys and made.story.archived_days_ago is None:
            _add_own_rules(place, made)
            for rule in _rules(place, made):
                _relive(place, voice, rule)
    with place.store.read() as tx:
        return sum(
            len(firing_queries.firings_of(tx, made.project.id, firing_queries.FiringFilter(), 1000))
            for made in projects
        )


def _add_own_rules(place: Place, made: MadeProject) -> None:
    for settings in _OWN:
        with at(made.began_at + timedelta(hours=3)), place.store.write() as tx:
            actions.create_rule(tx, made.actor, made.project.id, settings)


def _rules(place: Place, made: MadeProject) -> list[AlertRule]:
    with place.store.read() as tx:
        return actions.list_rules(tx, made.actor, made.project.id, 100)


def _relive(place: Place, voice: Voice, rule: AlertRule) -> None:
    """Look at a rule where its past crossed a threshold, and on until it is over; the newest crossings alone.

    What is counted in calendar periods, and the state of keys, is looked at as it is now.
    """
    crossed: list[datetime] = []
    if rule.settings.window_s:
        with place.store.read() as tx:
            past = look_back(tx, rule.project_id, rule.settings, place.now)
        crossed = sorted({instant for instants in past.fired.values() for instant in instants})[-_FIRINGS_MAX:]
    looked = rule.created_at
    for instant in crossed:
        looks = 0
        moment = max(instant + timedelta(seconds=rule.settings.window_s or 0), looked)
        while looks < _LOOKS_MAX and moment <= place.now:
            still_open = _look(place, voice, rule, moment)
            looked, looks = moment, looks + 1
            if not still_open:
                break
            moment += _STEP
    _look(place, voice, rule, place.now)


def _look(place: Place, voice: Voice, rule: AlertRule, moment: datetime) -> bool:
    with at(moment):
        with place.store.write() as tx:
            actions.look_at(tx, voice, rule.id, moment)
            delivery_actions.publish_announced(tx, _BATCH)
            still_open = bool(firing_queries.open_firings(tx, rule.id))
        while mail_tasks.turn(place.store, None):
            pass
    return still_open
