"""A decision as header fields: what authorize and gateway answer with.

`RateLimit` and `RateLimit-Policy` are those of draft-ietf-httpapi-ratelimit-headers; `Retry-After` is
RFC 9110's, in whole seconds, rounded up so that whoever waits that long does pass.
"""

import math

from freehold.gate.decider import Decided
from freehold.gate.exchange import Exchange


def decision_fields(exchange: Exchange, decided: Decided) -> bytes:
    """All that is said of a decision."""
    record, decision = decided.record, decided.decision
    fields = f"X-Freehold-Request-Id: {exchange.request_id}\r\n"
    if record is not None:
        fields += (
            f"X-Freehold-Project: {record.project_id}\r\n"
            f"X-Freehold-Key: {record.key_id}\r\n"
            f"X-Freehold-Environment: {record.environment}\r\n"
        )
    if decision.reason is not None:
        fields += f"X-Freehold-Reason: {decision.reason}\r\n"
    if decision.limits and record is not None:
        fields += _limit_fields(decided)
    return fields.encode("ascii")


def _limit_fields(decided: Decided) -> str:
    record = decided.record
    window_s = 0 if record is None or record.rate_limit is None else record.rate_limit.window_s
    policies = ", ".join(f'"{each.name}";q={each.limit};w={window_s}' for each in decided.decision.limits)
    states = ", ".join(
        f'"{each.name}";r={each.remaining};t={math.ceil(each.reset_s)}' for each in decided.decision.limits
    )
    wait_s = max(each.retry_after_s for each in decided.decision.limits)
    retry_after = f"Retry-After: {math.ceil(wait_s)}\r\n" if wait_s > 0 else ""
    return f"RateLimit-Policy: {policies}\r\nRateLimit: {states}\r\n{retry_after}"
