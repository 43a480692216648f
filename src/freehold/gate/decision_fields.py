"""A decision as header fields: what authorize and gateway answer with.

`RateLimit` and `RateLimit-Policy` are those of draft-ietf-httpapi-ratelimit-headers; `Retry-After` is
RFC 9110's, in whole seconds, rounded up so that whoever waits that long does pass.
"""

import math
from functools import lru_cache

from freehold.gate.decider import Decided
from freehold.gate.exchange import Exchange
from freehold.keys.records import LimitState


def decision_fields(exchange: Exchange, decided: Decided) -> bytes:
    """All that is said of a decision."""
    record, project, decision = decided.record, decided.project, decided.decision
    fields = f"X-Freehold-Request-Id: {exchange.request_id}\r\n"
    if record is not None and project is not None:
        fields += owner_fields(project.id, record.key_id, project.environment)
    if decision.reason is not None:
        fields += f"X-Freehold-Reason: {decision.reason}\r\n"
    if decision.limits:
        fields += _limit_fields(decision.limits)
    return fields.encode("ascii")


@lru_cache(maxsize=16_384)
def owner_fields(project_id: str, key_id: str, environment: str) -> str:
    """Whose request it is: the same for every request of a key."""
    return f"X-Freehold-Project: {project_id}\r\nX-Freehold-Key: {key_id}\r\nX-Freehold-Environment: {environment}\r\n"


def _limit_fields(limits: tuple[LimitState, ...]) -> str:
    policies, states, wait_s = [], [], 0.0
    for each in limits:
        policies.append(f'"{each.name}";q={each.limit};w={each.window_s}')
        states.append(f'"{each.name}";r={each.remaining};t={math.ceil(each.reset_s)}')
        wait_s = max(wait_s, each.retry_after_s)
    retry_after = f"Retry-After: {math.ceil(wait_s)}\r\n" if wait_s > 0 else ""
    return f"RateLimit-Policy: {', '.join(policies)}\r\nRateLimit: {', '.join(states)}\r\n{retry_after}"
