"""What is known here of limits as they stand now, outside the gates that count by them.

A quota's state is in the database. A rate limit's is in the gates' memory; what can be known of it here is
what its newest counted request left, which is complete up to the collector's lag, and of one node where
there are several. Of a limit that no counted request says anything about, nothing is known.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from freehold.keys.quota_rules import Allowance
from freehold.keys.rate_limit import UNUSED
from freehold.keys.records import ProjectRecord, SecretRecord
from freehold.kit import clock
from freehold.projects import quota_queries
from freehold.projects.limits import QuotaState
from freehold.store.engine import Transaction
from freehold.usage import queries

_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class PresentLimits:
    """What a decision of now counts by. `arrivals_ns` and `allowances`: as `keys.rules.decide` takes them.

    `known_at`: of each limit, by the name that decisions report it by, up to when it is known here.
    """

    arrivals_ns: list[int]
    allowances: list[Allowance]
    known_at: dict[str, datetime]


def present_limits(
    tx: Transaction, record: SecretRecord | None, project: ProjectRecord | None, now: datetime
) -> PresentLimits:
    """The limits of a key and of its project, as far as they are known here. One that is not counts as whole."""
    if record is None or project is None:
        return PresentLimits([], [], {})
    whole_ns, known_at = _rate_limits(tx, record, project)
    allowances, counted_to = [], queries.complete_to(tx)
    for label, state in _quotas(tx, record, project, now):
        allowances.append(_allowance(state))
        if counted_to:
            known_at[label] = counted_to
    arrivals_ns = [whole_ns.get(meter.label, UNUSED) for meter in (*record.meters, *project.meters)]
    return PresentLimits(arrivals_ns, allowances, known_at)


def _rate_limits(
    tx: Transaction, record: SecretRecord, project: ProjectRecord
) -> tuple[dict[str, int], dict[str, datetime]]:
    """When each rate limit is whole again, and when it was last spent of; those that nothing is known of left out."""
    # The project's limits are spent by all its keys, the key's own by no other: labels of other keys' look the same.
    of_key = queries.latest_limit_states(tx, key_id=record.key_id) if record.meters else []
    of_project = queries.latest_limit_states(tx, project_id=project.id) if project.meters else []
    whole_ns: dict[str, int] = {}
    known_at: dict[str, datetime] = {}
    for meters, states in ((record.meters, of_key), (project.meters, of_project)):
        labels = {meter.label for meter in meters}
        for at, name, reset_s in states:
            if name in labels:
                # Each request only puts it off.
                whole_ns[name] = max(
                    whole_ns.get(name, UNUSED), clock.to_ms(at) * 1_000_000 + int(reset_s * _SECOND_NS)
                )
                known_at[name] = max(known_at.get(name, at), at)
    return whole_ns, known_at


def _quotas(
    tx: Transaction, record: SecretRecord, project: ProjectRecord, now: datetime
) -> list[tuple[str, QuotaState]]:
    of_key = quota_queries.states_of_keys(tx, {record.key_id: record.quota} if record.quota else {}, now)
    of_project = quota_queries.states_of_projects(tx, {project.id: project.quota} if project.quota else {}, now)
    states = (("key:quota", of_key.get(record.key_id)), ("project:quota", of_project.get(project.id)))
    return [(label, state) for label, state in states if state]


def _allowance(state: QuotaState) -> Allowance:
    """All that is not used: what gates hold in reserve is there to be spent."""
    period_s = int((state.resets_at - state.began_at).total_seconds())
    return Allowance(max(0, state.limit - state.used), 0, clock.to_ms(state.resets_at), period_s)
