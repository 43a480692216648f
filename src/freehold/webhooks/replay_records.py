"""What a replay is: a job that sends deliveries of one endpoint once more. No behaviour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# delivery: one. filter: those that a filter names. recovery: all that was not accepted since a time.
ReplayKind = Literal["delivery", "filter", "recovery"]
ReplayState = Literal["queued", "running", "done", "canceled"]
# What a delivery that is replayed may have come to. `pending`: it waits for a retry, and is tried at once.
ReplayableState = Literal["delivered", "failed", "pending"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries a replay is for. Without a state: all that was not accepted (`failed`, and `pending` after a try)."""

    state: ReplayableState | None = None
    event_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    message_id: str | None = None
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """One job. `total` None until its deliveries were counted; `passed` is the last one that it looked at."""

    id: str
    project_id: str
    webhook_endpoint_id: str
    kind: ReplayKind
    wanted: Wanted
    state: ReplayState
    reason: str | None
    total: int | None
    replayed: int
    passed: tuple[datetime, str] | None
    created_by: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Fared:
    """How the deliveries of a replay stand now."""

    delivered: int = 0
    failed: int = 0
    pending: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class PastReplay:
    """That a delivery was replayed: by which job, when, and after how many attempts."""

    replay_id: str
    kind: ReplayKind
    created_by: str
    at: datetime
    after_attempts: int
