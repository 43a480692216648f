"""Requests, their checks, risks and history as the pages show them: view models. Decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from freehold.dashboard import words
from freehold.dashboard.views.parts import Link, Tone
from freehold.dashboard.views.reviews import (
    CheckLine,
    EntryLine,
    PlanGroup,
    RequestRow,
    RequestView,
    RiskLine,
    Standing,
)
from freehold.production.readiness.records import Check
from freehold.production.review.cases import Case
from freehold.production.review.records import AccessRequest, Entry, EntryKind, NewRequest, Risk, RiskLevel
from freehold.production.shape.parts import grouped
from freehold.production.shape.pointers import tokens_of
from freehold.production.siblings.records import ClonePlan
from freehold.projects.records import Standing as ProjectStanding

_RISK_TONES: Final[dict[RiskLevel, Tone]] = {"low": "", "medium": "warn", "high": "bad"}
_ENTRIES: Final[dict[EntryKind, tuple[str, str, Tone]]] = {
    "requested": ("asked for production access", "send", ""),
    "commented": ("commented", "mail", ""),
    "asked_for_changes": ("asked for changes", "pencil", "bad"),
    "answered": ("answered", "send", ""),
    "shape_changed": ("changed the shape", "git-compare", ""),
    "approved": ("approved it", "check", "ok"),
    "denied": ("denied it", "ban", "bad"),
    "withdrawn": ("withdrew it", "undo-2", ""),
    "lapsed": ("changed the shape: the approval lapsed", "circle-x", "bad"),
    "expired": ("let the approval expire", "clock", "bad"),
    "live": ("cloned it: it is live", "shield-check", "ok"),
}
_OF_CHANGES: Final[dict[EntryKind, str]] = {
    "requested": "edited production directly", "shape_changed": "changed production's shape again",
    "approved": "let the edit stay", "denied": "refused the edit", "withdrawn": "took the edit back",
}  # fmt: skip


def standing_of(request: AccessRequest) -> Standing:
    """Where a request stands, in words."""
    found = _WAITING[request.waiting_on] if request.waiting_on else _STANDINGS[request.state]
    word, tone, sentence, icon = found
    if request.kind == "change":
        sentence = _CHANGES.get(request.state, sentence)
    if request.state == "approved" and request.expires_at is not None:
        sentence = f"{sentence} It holds until {words.moment(request.expires_at)}."
    if request.ended_why and request.state in ("lapsed", "expired", "withdrawn"):
        sentence = request.ended_why
    return Standing(word=word, tone=tone, sentence=sentence, icon=icon)


_WAITING: Final[dict[str, tuple[str, Tone, str, str]]] = {
    "reviewer": ("Waiting for review", "", "A reviewer looks at the evidence and decides. Both sides hear by e-mail.", "clock"),
    "requester": ("Changes asked for", "warn", "The team changes what was named, and answers.", "pencil"),
}  # fmt: skip
_STANDINGS: Final[dict[str, tuple[str, Tone, str, str]]] = {
    "approved": ("Approved", "ok", "The shape as it was looked at may be cloned into production.", "circle-check"),
    "denied": ("Denied", "bad", "The reason is below. Mend what it names, and ask again.", "ban"),
    "withdrawn": ("Withdrawn", "", "The team took it back.", "undo-2"),
    "lapsed": ("Lapsed", "warn", "The shape has changed since it was approved.", "circle-x"),
    "expired": ("Expired", "warn", "Nobody cloned the project in time.", "clock"),
    "live": ("Live", "ok", "It was approved and cloned into production.", "shield-check"),
}
_CHANGES: Final[dict[str, str]] = {
    "requested": "Production was edited directly. The edit is in force; a reviewer decides whether it may stay.",
    "approved": "The edit may stay. The sandbox does not have it: the drift page shows the difference.",
    "denied": "The edit is to be taken back: promote what the sandbox has, on the drift page.",
}


def standing_of_project(standing: ProjectStanding, latest: AccessRequest | None) -> Standing:
    """Where a project stands with production, in words."""
    if standing.access == "live":
        return Standing(
            word="Live",
            tone="ok",
            sentence="It runs in production, and the sandbox goes on beside it.",
            icon="shield-check",
        )
    if latest is None:
        return Standing(
            word="Not asked for", tone="", sentence="Nobody has asked for production access yet.", icon="circle-dashed"
        )
    return standing_of(latest)


def request_view(case: Case) -> RequestView:
    """A request with what was asked, what became of it, and its history."""
    request, asked, head = case.request, case.request.asked, case.head
    band = f"{asked.requests_a_day_from:,} to {asked.requests_a_day_to:,} requests a day" if asked else ""
    return RequestView(
        id=request.id, is_change=request.kind == "change", is_open=request.is_open, standing=standing_of(request),
        project_name=request.project_name, organization_name=request.organization_name,
        use_case=_lines(asked.use_case) if asked else (), band=band,
        peak=f"{asked.peak_a_second:,} a second" if asked else "", launch=_launch(asked) if asked else "",
        asked_by=case.requester_name, asked_at=request.requested_at, reviewer=request.reviewer_name or "",
        reason=_lines(request.reason), decided_by=request.decided_name or "", decided_at=request.decided_at,
        expires_at=request.expires_at, fingerprint=request.fingerprint, present=head.fingerprint if head else "",
        present_number=head.number if head else None, base=request.base_fingerprint or "",
        entries=tuple(entry_line(each, request) for each in case.entries), reviewers=tuple(case.reviewers),
    )  # fmt: skip


def request_row(case: Case, href: str) -> RequestRow:
    """A request in a list."""
    request = case.request
    gravest = case.risks[0].title if case.risks else ""
    waits_for = {"reviewer": "Reviewer's turn", "requester": "Team's turn"}.get(request.waiting_on or "", "")
    return RequestRow(
        id=request.id, href=href, project_name=request.project_name, organization_name=request.organization_name,
        is_change=request.kind == "change", standing=standing_of(request),
        waits_for="Team's turn" if request.state == "approved" and request.is_open else waits_for,
        asked_by=case.requester_name, asked_at=request.requested_at, reviewer=request.reviewer_name or "",
        blockers=len(case.blocking) if request.state == "requested" else 0, risk=case.level.capitalize() if request.state == "requested" and request.kind == "access" else "",
        risk_tone=_RISK_TONES[case.level], risk_why=gravest,
    )  # fmt: skip


def check_line(check: Check) -> CheckLine:
    """A readiness check with its evidence."""
    evidence, fix = check.evidence, check.fix
    return CheckLine(
        title=check.title, passed=check.state in ("passed", "not_applicable"), blocking=check.blocking,
        detail=check.detail, evidence=Link(label=evidence.words, href=evidence.href) if evidence else None,
        at=evidence.at if evidence else check.since, fix=Link(label=fix.title, href=fix.href) if fix else None,
    )  # fmt: skip


def risk_line(risk: Risk) -> RiskLine:
    """A risk and why it matters."""
    return RiskLine(level=risk.level, tone=_RISK_TONES[risk.level], title=risk.title, detail=risk.detail)


def entry_line(entry: Entry, request: AccessRequest) -> EntryLine:
    """One line of a request's history."""
    what, icon, tone = _ENTRIES[entry.kind]
    if request.kind == "change":
        what = _OF_CHANGES.get(entry.kind, what)
    if entry.kind == "expired":
        what = "let the approval expire" if entry.actor_kind != "system" else "ended the approval: its time was over"
    return EntryLine(
        who="Freehold" if entry.actor_kind == "system" else entry.actor_name, what=what, icon=icon, tone=tone,
        at=entry.at, lines=_lines(entry.text), items=tuple(entry.facts.get("items", ())),
    )  # fmt: skip


def plan_groups(plan: ClonePlan) -> tuple[PlanGroup, ...]:
    """What the clone would make, by the part of the shape, and what it brings about."""
    groups = [
        PlanGroup(title=title, lines=tuple(dict.fromkeys(_named(each.item) for each in found)))
        for title, found in grouped(plan.differences)
    ]
    missing = tuple(each.slot.label for each in plan.bindings if each.slot and each.is_missing)
    if missing:
        groups.append(PlanGroup(title="Still to be given", lines=missing))
    return (*groups, *((PlanGroup(title="It follows", lines=plan.consequences),) if plan.consequences else ()))


def _named(item: str) -> str:
    """An item as its group names it: without the part that it is in."""
    return tokens_of(item)[-1].replace("_", " ") if item.startswith(("/labels", "/owners")) else tokens_of(item)[-1]


def changed_items(entries: Sequence[Entry], kind: str) -> tuple[str, ...]:
    """The items of the shape that have changed since a request was asked; of a change, those that were edited."""
    shown = ("requested", "shape_changed") if kind == "change" else ("shape_changed",)
    return tuple(sorted({item for each in entries if each.kind in shown for item in each.facts.get("items", ())}))


def waited(request: AccessRequest, now: datetime) -> str:
    """How long ago it was asked."""
    return words.ago(request.requested_at, now)


def _launch(asked: NewRequest) -> str:
    at = datetime.fromisoformat(asked.launch_on)
    return words.day(at)


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(line.strip() for line in (text or "").split("\n") if line.strip())
