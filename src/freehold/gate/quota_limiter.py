"""The one door to limits and quotas: rate limits decide by arrival times, quotas by this worker's leases."""

from typing import Final

from freehold.gate.limiter import RateLimiter, Spend
from freehold.gate.quota_leases import HeldLease, Leases
from freehold.keys.records import Decision, ProjectRecord, Reason, SecretRecord
from freehold.keys.rules import Ask

_NANOSECONDS_OF_MS: Final = 1_000_000


class QuotaLimiter:
    """Decides requests that have rate limits, quotas or both, and keeps what they spend."""

    __slots__ = ("_leases", "_rates", "spend")

    def __init__(self, rates: RateLimiter, leases: Leases) -> None:
        self._rates = rates
        self._leases = leases
        self.spend: Spend = rates.spend

    def decide(self, ask: Ask, record: SecretRecord, project: ProjectRecord, now_ns: int) -> Decision:
        """Decide, and keep what was spent; Missing, and nothing spent, where the store is to be asked for units first."""
        if record.quota is None and project.quota is None:
            return self._rates.decide(ask, record, project, now_ns)
        held = self._held(record, project, now_ns // _NANOSECONDS_OF_MS)
        allowances = [each.allowance() for each in held]
        decision = self._rates.decide(ask, record, project, now_ns, allowances)
        if decision.reason is None:
            for each in held:
                self._leases.spend(each, ask.cost)
        elif decision.reason is Reason.QUOTA_EXHAUSTED:
            # The last of all checks: everything else has been met, so it is worth asking the store.
            self._leases.ask(held, ask.cost)
        return decision

    def _held(self, record: SecretRecord, project: ProjectRecord, now_ms: int) -> list[HeldLease]:
        """The leases of the quotas that there are, the key's first."""
        held, find = [], self._leases.lease
        if record.quota is not None:
            held.append(find(record.key_id, project.id, record.quota, now_ms))
        if project.quota is not None:
            held.append(find(project.id, project.id, project.quota, now_ms))
        return held

    def close(self) -> None:
        """Let go of what is held."""
        self._rates.close()
