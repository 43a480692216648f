"""Made-up usage events, told apart by their number."""

from freehold.kit import ids
from freehold.usage.records import UsageEvent

AT_MS = 1_800_000_000_000


def event(number: int, at_ms: int = AT_MS) -> UsageEvent:
    """The same event for the same number, with outcomes, keys and endpoints mixed."""
    allowed = number % 5 != 0
    return UsageEvent(
        id="req_" + ids.encode(at_ms << 80 | number),
        at_ms=at_ms + number,
        project_id=f"proj_{number % 3}",
        organization_id=f"org_{number % 2}",
        environment="sandbox",
        key_id=f"key_{number % 4}",
        secret=f"selector{number % 4:04d}",
        api_id="api_1",
        endpoint="getCountry",
        method="GET",
        path=f"/countries/{number}",
        outcome="allowed" if allowed else "rate_limited",
        via="gateway" if allowed else "verify",
        status=200 + 100 * (number % 4) if allowed else None,
        latency_us=number * 7 if allowed else None,
        cost=1 + number % 2,
        address="127.0.0.1",
        user_agent="tests",
        rule="passed",
        limits=(("rate", 60, 59 - number % 60, 1.0),),
        epoch=3,
    )
