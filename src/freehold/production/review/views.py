"""Access requests as the HTTP API shows them, and as it takes them. Presents, decides nothing."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from freehold.organizations.records import ActorKind
from freehold.production.review.cases import Case
from freehold.production.review.records import (
    Entry,
    EntryKind,
    NewRequest,
    RequestKind,
    RequestState,
    RiskLevel,
    WaitingOn,
)
from freehold.production.review.rules import PEAK_MAX, REQUESTS_A_DAY_MAX, TEXT_MAX, USE_CASE_MAX
from freehold.web.call import etag
from freehold.web.inputs import Body, number, text

UseCase = Annotated[
    str, text("Shows each price in the customer's own currency.", "What it is for, in words for the reviewer.", minimum=1, maximum=USE_CASE_MAX)
]  # fmt: skip
DayFrom = Annotated[int, number(20_000, "The fewest requests expected on a day.", 0, REQUESTS_A_DAY_MAX)]
DayTo = Annotated[int, number(50_000, "The most requests expected on a day.", 1, REQUESTS_A_DAY_MAX)]
Peak = Annotated[int, number(20, "The most requests expected within one second.", 1, PEAK_MAX)]
Launch = Annotated[str, text("2027-02-15", "The day on which it is to go live.", minimum=10, maximum=10)]
Said = Annotated[str, text("Two workloads share one key: please give each its own.", minimum=1, maximum=TEXT_MAX)]
MaybeSaid = Annotated[str, text("Small scope, tight limits.", maximum=TEXT_MAX)]


class AccessRequestBody(Body, frozen=True):
    """What Freehold does not know of a project that wants to go to production; all else it derives from evidence."""

    use_case: UseCase
    requests_a_day_from: DayFrom
    requests_a_day_to: DayTo
    peak_a_second: Peak
    launch_on: Launch


class AnswerBody(Body, frozen=True):
    """An answer to a reviewer who asked for changes; what was asked can be corrected with it."""

    text: Said
    use_case: UseCase | UnsetType = UNSET
    requests_a_day_from: DayFrom | UnsetType = UNSET
    requests_a_day_to: DayTo | UnsetType = UNSET
    peak_a_second: Peak | UnsetType = UNSET
    launch_on: Launch | UnsetType = UNSET


class SaidBody(Body, frozen=True):
    """A comment, or what has to change first."""

    text: Said


class ApprovalBody(Body, frozen=True):
    """An approval of one shape. `fingerprint`: the one that the reviewer looked at (`present_fingerprint`)."""

    fingerprint: Annotated[
        str, text("6f1d0c5b0e6f6d0f7c1f6a3c9f0a4f8b1f2e3d4c5b6a79880716253443526170", minimum=1, maximum=128)
    ]
    reason: MaybeSaid = ""


class DenialBody(Body, frozen=True):
    """A denial and why."""

    reason: Said


class WithdrawalBody(Body, frozen=True):
    """A withdrawal, and why if there is something to say."""

    text: MaybeSaid = ""


class PersonView(msgspec.Struct, kw_only=True):
    """Somebody in a review. `user` is null for what no person did."""

    user: str | None
    name: str


class RiskView(msgspec.Struct, kw_only=True):
    """Something a reviewer should know, derived from the shape and the evidence."""

    level: RiskLevel
    title: str
    detail: str


class EntryView(msgspec.Struct, kw_only=True):
    """One thing that happened to a request. `facts`: fingerprints, items that changed, checks that blocked it then."""

    id: str
    kind: EntryKind
    by: PersonView
    actor_kind: ActorKind
    at: datetime
    text: str
    facts: dict[str, Any]


class AccessRequestView(msgspec.Struct, kw_only=True):
    """A request for production access, or (`kind` `change`) whether a direct edit of production may stay.

    `fingerprint`: of the shape when it was asked. `present_fingerprint`: of the shape as it is now, which an approval
    has to name; null once it is over. `blocking`: titles of blocking checks that fail while it is requested, in
    lists as they were looked at last, within a minute.
    """

    id: str
    kind: RequestKind
    state: RequestState
    waiting_on: WaitingOn | None
    project: str
    project_name: str
    production: str | None
    organization: str
    organization_name: str
    use_case: str | None
    requests_a_day_from: int | None
    requests_a_day_to: int | None
    peak_a_second: int | None
    launch_on: str | None
    requested_by: PersonView
    requested_at: datetime
    fingerprint: str
    revision_number: int
    base_fingerprint: str | None
    present_fingerprint: str | None
    present_number: int | None
    blocking: list[str]
    risk: RiskLevel | None
    reviewer: PersonView | None
    decided_by: PersonView | None
    decided_at: datetime | None
    reason: str | None
    approved_fingerprint: str | None
    approved_number: int | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_why: str | None
    etag: str


class AccessRequestDetailView(AccessRequestView, kw_only=True):
    """One request with its risks and its history, oldest first.

    `cannot`: why the caller cannot `approve`, `deny`, `ask_for_changes`, `comment`, `answer` or `withdraw`; what is
    absent they can.
    """

    risks: list[RiskView]
    entries: list[EntryView]
    cannot: dict[str, str]


def asked_of(body: AccessRequestBody) -> NewRequest:
    """A new request from its body."""
    return NewRequest(
        body.use_case, body.requests_a_day_from, body.requests_a_day_to, body.peak_a_second, body.launch_on
    )


def corrected(body: AnswerBody, asked: NewRequest | None) -> NewRequest | None:
    """What was asked, with what an answer corrects; None where it corrects nothing, or there is nothing to."""
    said = {name: value for name in NewRequest.__slots__ if (value := getattr(body, name)) is not UNSET}
    return replace(asked, **said) if asked is not None and said else None


def request_view(case: Case) -> AccessRequestView:
    """A request as lists show it."""
    return AccessRequestView(**_fields(case))


def request_detail_view(case: Case) -> AccessRequestDetailView:
    """A request with everything about it."""
    return AccessRequestDetailView(
        **_fields(case),
        risks=[RiskView(level=each.level, title=each.title, detail=each.detail) for each in case.risks],
        entries=[entry_view(each) for each in case.entries], cannot=case.cannot,
    )  # fmt: skip


def entry_view(entry: Entry) -> EntryView:
    """One line of a request's history."""
    return EntryView(
        id=entry.id, kind=entry.kind, by=PersonView(user=entry.user_id, name=entry.actor_name),
        actor_kind=entry.actor_kind, at=entry.at, text=entry.text, facts=entry.facts,
    )  # fmt: skip


def _fields(case: Case) -> dict[str, Any]:
    request, asked = case.request, case.request.asked
    return {
        "id": request.id, "kind": request.kind, "state": request.state, "waiting_on": request.waiting_on,
        "project": request.project_id, "project_name": request.project_name, "production": case.production_id,
        "organization": request.organization_id, "organization_name": request.organization_name,
        **{name: getattr(asked, name) if asked else None for name in NewRequest.__slots__},
        "requested_by": PersonView(user=request.requested_by, name=case.requester_name),
        "requested_at": request.requested_at, "fingerprint": request.fingerprint, "revision_number": request.number,
        "base_fingerprint": request.base_fingerprint,
        "present_fingerprint": case.head.fingerprint if case.head else None,
        "present_number": case.head.number if case.head else None,
        "blocking": list(case.blocking) if request.state == "requested" else [], "risk": case.level if request.is_open else None,
        "reviewer": _person(request.reviewer_id, request.reviewer_name),
        "decided_by": _person(request.decided_by, request.decided_name),
        **{name: getattr(request, name) for name in _AS_IT_IS}, "etag": etag(request.revision),
    }  # fmt: skip


_AS_IT_IS = (
    "decided_at", "reason", "approved_fingerprint", "approved_number", "expires_at", "ended_at", "ended_why",
)  # fmt: skip


def _person(user_id: str | None, name: str | None) -> PersonView | None:
    return PersonView(user=user_id, name=name or "") if user_id else None
