"""A firing as the tasks process opens it, for an instance that has no tasks process."""

from freehold.alerts import actions, firing_queries, firings
from freehold.alerts.letters import voice_of
from freehold.alerts.records import Observation
from freehold.kit import clock
from tests.http.served import SYSTEM, Instance


def record_firing(instance: Instance, rule_id: str, value: float = 90.0) -> str:
    """Open a firing of a rule's first threshold, and tell of it; its id."""
    now = clock.now()
    with instance.store.write() as tx:
        rule = actions.read_rule(tx, SYSTEM, rule_id)
        seen = Observation(value, 1, now, None, now, now, numbers={"requests": 1})
        assert firings.open_firing(
            tx, voice_of(instance.settings), rule, rule.settings.thresholds[0], seen, as_of=now, now=now
        )
        [newest, *_] = firing_queries.firings_of(tx, rule.project_id, firing_queries.FiringFilter(rule_id), 1)
    return newest.id
