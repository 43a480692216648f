"""A request with everything that is asked about it: the shape as it is, what blocks it, its risks, its history, who may do what.

One reading for the API, the pages and the command line, so that all three give one answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from freehold.apis import queries as apis
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.production.readiness import actions as readiness_actions
from freehold.production.readiness import queries as readiness_queries
from freehold.production.readiness.queries import own_checks_of
from freehold.production.readiness.records import TITLES, Check, CheckState
from freehold.production.review import entries as review_entries
from freehold.production.review import queries, rules
from freehold.production.review.reading import subject_of, viewer_of
from freehold.production.review.records import AccessRequest, Entry, Risk, RiskLevel
from freehold.production.review.rules import Seen
from freehold.production.shape import revisions
from freehold.production.shape.records import Head
from freehold.projects import queries as projects
from freehold.projects.records import Project
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Case:
    """A request as a viewer sees it now. `head`, `blocking`, `risks`: of one that is open.

    `cannot`: why the viewer cannot do what of a closed set of acts; what is absent they can. `reviewers`: names of
    those who may decide.
    """

    request: AccessRequest
    subject: Project
    production_id: str | None
    requester_name: str
    head: Head | None
    blocking: Sequence[str]
    risks: Sequence[Risk]
    checks: Sequence[Check]
    entries: Sequence[Entry]
    cannot: dict[str, str]
    reviewers: Sequence[str]

    @property
    def level(self) -> RiskLevel:
        """How grave its risks are."""
        return rules.risk_level(self.risks)


def case_of(
    tx: Transaction, actor: Actor, request: AccessRequest, known: Sequence[Check] | None = None
) -> Case:  # fmt: skip
    """A request that the actor was shown, with its history and who may do what.

    `known`: its checks as they were looked at last, for lists; None: they are looked at now.
    """
    subject = subject_of(tx, request)
    sandbox = subject if request.kind == "access" else projects.find_project(tx, request.project_id)
    production = projects.find_sibling(tx, sandbox) if sandbox else None
    head = revisions.head_of(tx, subject.id) if request.is_open else None
    checks = known
    if checks is None:
        checks = readiness_actions.checks_of(tx, subject) if request.is_open and request.kind == "access" else []
    blocking = [check.title for check in checks if check.blocks]
    authors = review_entries.authors_of(tx, request)
    found = review_entries.person(tx, request.requested_by) if request.requested_by else None
    return Case(
        request=request, subject=subject, production_id=production.id if production else None,
        requester_name=found[0] if found else request.requested_name, head=head, blocking=blocking,
        risks=_risks(tx, request, subject, head, checks), checks=checks,
        entries=review_entries.entries_of(tx, request.id), cannot=_cannot(actor, request, authors, blocking),
        reviewers=[name for user_id, name, _ in review_entries.reviewers(tx) if user_id not in authors],
    )  # fmt: skip


def cases_of(tx: Transaction, actor: Actor, requests: Sequence[AccessRequest]) -> list[Case]:
    """Several requests that the actor was shown: by their checks as they were looked at last, within a minute."""
    open_ones = [each.project_id for each in requests if each.is_open and each.kind == "access"]
    stored, titles = readiness_queries.stored_of(tx, open_ones), {str(code): title for code, title in TITLES.items()}
    for api_id in {project.api_id for each in open_ones if (project := projects.find_project(tx, each))}:
        titles |= {each.code: each.title for each in own_checks_of(tx, api_id)}
    return [case_of(tx, actor, each, _known(each, stored, titles)) for each in requests]


def _known(
    request: AccessRequest, stored: Mapping[str, Mapping[str, tuple[CheckState, datetime, bool]]],
    titles: Mapping[str, str],
) -> list[Check] | None:  # fmt: skip
    """A request's checks as they are stored; None where nobody has looked at them yet."""
    if not request.is_open or request.kind == "change":
        return []
    found = stored.get(request.project_id)
    if not found:
        return None
    return [
        Check(code, titles.get(code, code), blocking, state, "", since, None, None)
        for code, (state, since, blocking) in found.items()
    ]


def _risks(
    tx: Transaction, request: AccessRequest, subject: Project, head: Head | None, checks: Sequence[Check]
) -> list[Risk]:
    if head is None:
        return []
    seen = Seen(
        catalogue=len(apis.endpoints_of(tx, subject.api_id)),
        blocking=[check.title for check in checks if check.blocks],
        failing=[check.title for check in checks if check.open and not check.blocking],
        busiest_day=queries.busiest_day(tx, request.project_id, clock.now()),
    )  # fmt: skip
    shape = revisions.shape_at(tx, subject.id, head.number)
    return rules.risks(request, shape, seen, clock.now()) if shape else []


def _cannot(actor: Actor, request: AccessRequest, authors: set[str], blocking: Sequence[str]) -> dict[str, str]:
    viewer = viewer_of(actor, request.organization_id)
    review = rules.review_hindrance(viewer, request, authors)
    team = None if viewer.edits and viewer.user_id else "Developers, admins and owners of the organization do this."
    asked = request.state == "requested" and request.waiting_on == "requester"
    found = {
        "approve": review or rules.decision_hindrance(request, "approved", blocking),
        "deny": review or rules.decision_hindrance(request, "denied", blocking),
        "ask_for_changes": review or rules.decision_hindrance(request, "asked_for_changes", blocking),
        "comment": team if review else None,
        "answer": team or (None if asked else "Nobody has asked for changes."),
        "withdraw": team or rules.withdraw_hindrance(request),
    }
    return {act: why for act, why in found.items() if why}
