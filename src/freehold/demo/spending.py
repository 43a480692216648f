"""What the demonstration's callers have spent of their limits: one gate that all of them call, in the order of time."""

from freehold.gate.limiter import MemoryLimiter
from freehold.keys.quota_rules import Allowance
from freehold.keys.records import Decision, ProjectRecord, SecretRecord
from freehold.keys.rules import Ask
from freehold.kit import clock
from freehold.projects.limits import Quota, period_of


class Spending:
    """Decides by the gate's own rules. A quota has no other spender, so all that is left of it is at hand."""

    def __init__(self) -> None:
        self._rates = MemoryLimiter()
        self._spent: dict[tuple[str, int], int] = {}

    def decide(self, ask: Ask, record: SecretRecord, project: ProjectRecord, now_ms: int) -> Decision:
        """Decide one request, and keep what it spends."""
        quotas = [
            (owner_id, quota)
            for owner_id, quota in ((record.key_id, record.quota), (project.id, project.quota))
            if quota
        ]
        periods = [_period_ms(quota, now_ms) for _, quota in quotas]
        places = [(owner_id, began_ms) for (owner_id, _), (began_ms, _) in zip(quotas, periods, strict=True)]
        allowances = [
            Allowance(quota.limit - self._spent.get(place, 0), 0, ends_ms, (ends_ms - began_ms) // 1000)
            for place, (_, quota), (began_ms, ends_ms) in zip(places, quotas, periods, strict=True)
        ]
        decision = self._rates.decide(ask, record, project, now_ms * 1_000_000, allowances)
        if decision.allowed:
            for place in places:
                self._spent[place] = self._spent.get(place, 0) + ask.cost
        return decision


def _period_ms(quota: Quota, now_ms: int) -> tuple[int, int]:
    began_at, ends_at = period_of(quota.period, clock.from_ms(now_ms))
    return clock.to_ms(began_at), clock.to_ms(ends_at)
