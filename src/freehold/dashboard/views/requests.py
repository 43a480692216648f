"""Single requests: the list, and one request explained."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from freehold.dashboard.views.parts import Chip, Link, Pager, Pick

# What the charts and lists sort every outcome and status into.
OutcomeKind = Literal["served", "throttled", "denied", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One decision. `outcome` is `allowed` or the reason; `kind` is its colour; `status` is what the caller got, where known."""

    id: str
    at: datetime
    method: str
    path: str
    key_name: str
    key_href: str
    outcome: str
    kind: OutcomeKind
    status: int | None
    latency_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRule:
    """One check of the decision, in the order they were made. `state`: `passed`, `denied` or `not_reached`."""

    name: str
    state: Literal["passed", "denied", "not_reached"]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """One limit as the decision left it: in words, and when it was to be whole again, or its next period to begin."""

    name: str
    limit: int
    remaining: int
    resets: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """One request explained (`usage/request.html.j2`). `why` and `remedy` are whole sentences.

    `close_href`: the list that it stands beside, alone.
    """

    project_id: str
    request: RequestRow
    why: str
    remedy: str
    fix: Link | None
    endpoint: str
    key_identifier: str
    secret_version: int | None
    via: str
    cost: int
    address: str
    user_agent: str
    epoch: int | None
    rules: tuple[CheckedRule, ...]
    limits: tuple[LimitRow, ...]
    close_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsView:
    """The requests of a project (`usage/requests.html.j2`). `filters` become fields; `from_at` and `to_at` a range."""

    project_id: str
    rows: tuple[RequestRow, ...]
    picks: tuple[Pick, ...]
    chips: tuple[Chip, ...]
    from_at: datetime | None
    to_at: datetime | None
    as_of: datetime
    pager: Pager
    export_href: str
    live_href: str
    tail_url: str = ""
    stop_href: str = ""
    opened: RequestView | None = None
