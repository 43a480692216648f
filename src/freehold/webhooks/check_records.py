"""What a webhook check is: its probes, what came of each, and whether it still counts. No behaviour."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from freehold.webhooks.records import Probe, SecretVersion, WebhookEndpoint

# In the order in which they are sent.
PROBES: Final[tuple[Probe, ...]] = ("signed", "forged", "stale", "repeated")
CheckState = Literal["running", "passed", "failed", "unclear", "interrupted"]
# What a check says of its endpoint now: its own state while it counts; expired, outdated or never else.
Standing = Literal["never", "running", "passed", "failed", "unclear", "interrupted", "expired", "outdated"]

# How long what a check found counts.
COUNTS_FOR: Final = timedelta(days=30)
# A check is five requests, each of 25 s at most. One that has not ended by then never will.
ENDS_WITHIN: Final = timedelta(minutes=3)
# How old the stale probe's timestamp is: twice what Standard Webhooks tolerates.
STALE_BY: Final = timedelta(minutes=10)
# A receiver that knows an id says so in its answer, so that it can be seen.
REPEATED_HEADER: Final = "webhook-repeated"
ALREADY_REPORTED: Final = 208


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a probe was answered as it should be, and why in a sentence. None: what came back does not tell."""

    passed: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A probe that was sent, with its evidence: its delivery, and each attempt in order."""

    probe: Probe
    passed: bool | None
    detail: str
    delivery_id: str
    attempt_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebhookCheck:
    """What one receiver was asked to prove. `url` and `secret_version` are those that it was asked with."""

    id: str
    webhook_endpoint_id: str
    project_id: str
    url: str
    secret_version: int
    state: CheckState
    started_by: str
    started_at: datetime
    ends_by_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    probes: tuple[ProbeResult, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckStanding:
    """What is known of an endpoint's receiver now, and the check that it is known from."""

    standing: Standing
    check: WebhookCheck | None


@dataclass(frozen=True, slots=True)
class BegunCheck:
    """A check with all that sending its probes needs."""

    check: WebhookCheck
    endpoint: WebhookEndpoint
    secrets: tuple[SecretVersion, ...]
