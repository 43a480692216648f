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

    `close_href`: the list that it stands beside, alone. `curl`: a command that asks the same again, empty where too little
    was kept to do so; `curl_note`: what is not in it.
    `cost_before`: what the gate counted, where another cost was reported.
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
    curl: str = ""
    curl_note: str = ""
    cost_before: int | None = None
    cost_reported_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlisted:
    """What a list of single requests cannot show. `kept_days`: what is older is in sums alone, or `archived`.

    `looked_to`: it has room, but looked no further back than that, through `looked_at` requests.
    """

    kept_days: int
    archived: bool
    looked_to: datetime | None
    looked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsView:
    """The requests of a project (`usage/requests.html.j2`). `picks` become fields; `from_at` and `to_at` a range.

    Without `unlisted` it is for rows alone, as the live tail sends them.
    """

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
    unlisted: Unlisted | None = None
    tail_url: str = ""
    stop_href: str = ""
    opened: RequestView | None = None
