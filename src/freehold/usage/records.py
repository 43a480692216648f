"""What one decision left behind, and the closed sets that usage is counted by. No behaviour.

`UsageEvent` is written to disk by one program and may be read by the next version of it: fields
are only ever added, at the end and with a default, never moved, renamed or removed.
"""

from typing import Annotated, Final, Literal

import msgspec

from freehold.keys.records import ALLOWED, Environment, Reason, Via

Grain = Literal["minute", "hour", "day", "month"]
GroupBy = Literal["key", "endpoint", "outcome", "secret"]

# Every outcome that a decision can have.
OUTCOMES: Final = (ALLOWED, *(reason.value for reason in Reason))

# What the database's columns can hold: an event beyond it is a defect of its writer, and is
# reported by the reader instead of stopping the collector for ever.
Status = Annotated[int, msgspec.Meta(ge=0, le=999)]
Microseconds = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
Cost = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class UsageEvent(msgspec.Struct, array_like=True, gc=False):
    """The record of one decision, and of its outcome where Freehold saw the response.

    None where something is unknown. `at_ms`: when it was decided, in Unix milliseconds. `secret`:
    the selector of the secret's version. `endpoint`: an operation id of the catalogue. `outcome`:
    `allowed` or the reason of the denial. `latency_us`: microseconds until the upstream's answer
    was through. `limits`: (name, limit, remaining, reset_s) as they stood after this request.
    `epoch`: the configuration that was in force.
    """

    id: str
    at_ms: Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
    project_id: str | None
    organization_id: str | None
    environment: Environment | None
    key_id: str | None
    secret: str | None
    api_id: str | None
    endpoint: str | None
    method: str | None
    path: str | None
    outcome: str
    via: Via
    status: Status | None
    latency_us: Microseconds | None
    cost: Cost
    address: str | None
    user_agent: str | None
    rule: str
    limits: tuple[tuple[str, int, int, float], ...]
    epoch: int
