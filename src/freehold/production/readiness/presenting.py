"""Readiness as its page shows it. Presents, decides nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from freehold.apis import queries as apis
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Link, NextStep
from freehold.dashboard.views.readiness import (
    AnswerRow,
    CheckGroup,
    CheckRow,
    FindingRow,
    ReadinessPageView,
    SaidRow,
)
from freehold.organizations.permissions import may
from freehold.organizations.records import Actor
from freehold.production.readiness import acceptance_queries, queries
from freehold.production.readiness.actions import Readiness
from freehold.production.readiness.attestations import why_not_attest
from freehold.production.readiness.checks import FINDING_WORDS, findings_of
from freehold.production.readiness.records import Acceptance, Attestation, Check, KeyFinding, OwnCheck
from freehold.projects.actions import blocked_for
from freehold.projects.records import Project
from freehold.store.engine import Transaction

_SHOWN: Final = 10
_FINDINGS: Final[dict[KeyFinding, str]] = {
    "rotation_overdue": "Overdue for rotation",
    "unused": "Unused",
    "never_expires": "Never expires",
}


def page_view(tx: Transaction, actor: Actor, found: Readiness, forms: Mapping[str, Form]) -> ReadinessPageView:
    """The page of a project's readiness. `forms`: those that were refused, by check or by key and finding."""
    project = found.project
    own = {each.id: each for each in found.facts.own}
    rows = [_row(actor, project, found, each, own, forms) for each in found.checks]
    api = apis.find_api(tx, project.api_id)
    cannot = blocked_for(actor, "keys.issue", project)
    return ReadinessPageView(
        project_id=project.id, api_id=project.api_id, api_name=api.name if api else "the API",
        passed=found.summary.passed, total=found.summary.total, blocking=found.summary.blocking,
        next_step=_next(found.next), open=_open(rows), closed=_closed(rows),
        findings=_findings(found, forms, cannot),
        accepted=tuple(_accepted(each, cannot) for each in acceptance_queries.acceptances_of(tx, project.id, _SHOWN)),
        attested=tuple(_attested(actor, project, each, own) for each in queries.attestations_of(tx, project.id, _SHOWN)),
        answers=tuple(
            AnswerRow(
                title=own[each.check_id].title, passed=each.passed, detail=each.detail, status=each.status,
                asked_by=each.asked_by, at=each.at,
            )
            for each in queries.http_results_of(tx, project.id, _SHOWN) if each.check_id in own
        ),
    )  # fmt: skip


def _row(
    actor: Actor,
    project: Project,
    found: Readiness,
    check: Check,
    own: Mapping[str, OwnCheck],
    forms: Mapping[str, Form],
) -> CheckRow:
    shown, fix = check.evidence, check.fix
    row = CheckRow(
        code=check.code, title=check.title, state=check.state, blocking=check.blocking, detail=check.detail,
        since=check.since, evidence=Link(label=shown.words, href=shown.href) if shown else None,
        evidence_at=shown.at if shown else None, fix=Link(label=fix.title, href=fix.href) if fix else None,
        command=fix.command if fix else "", instruction=check.instruction,
    )  # fmt: skip
    if check.own_id is None:
        return row
    # What was said stands beside who said it: once is enough.
    row = replace(row, evidence=None)
    if check.own_kind == "http":
        cannot = blocked_for(actor, "production.edit", project)
        return replace(row, run_form=Form(blocked=cannot), running=check.own_id in found.asked)
    reason = why_not_attest(actor, project, own[check.own_id], found.requested_by)
    if project.state == "archived":
        reason = "The project is archived: restore it first."
    return replace(row, attest_form=replace(forms.get(check.code, Form()), blocked=reason))


def _open(rows: list[CheckRow]) -> tuple[CheckGroup, ...]:
    still = [row for row in rows if row.state in ("failed", "waiting")]
    groups = (
        CheckGroup(slug="blocks", title="Blocks production", rows=tuple(row for row in still if row.blocking)),
        CheckGroup(slug="open", title="Open, and blocks nothing", rows=tuple(row for row in still if not row.blocking)),
    )
    return tuple(group for group in groups if group.rows)


def _closed(rows: list[CheckRow]) -> tuple[CheckGroup, ...]:
    groups = (
        CheckGroup(slug="passed", title="passed", rows=tuple(row for row in rows if row.state == "passed")),
        CheckGroup(
            slug="not-applicable",
            title="not asked here",
            rows=tuple(row for row in rows if row.state == "not_applicable"),
        ),
    )
    return tuple(group for group in groups if group.rows)


def _next(check: Check | None) -> NextStep | None:
    if check is None or check.fix is None:
        return None
    words = "It blocks production." if check.blocking else "It blocks nothing."
    return NextStep(
        action=f"clear_{check.code}", title=check.title, detail=f"{check.detail} {words}", button=check.fix.title,
        href=check.fix.href,
    )  # fmt: skip


def _findings(found: Readiness, forms: Mapping[str, Form], cannot: str | None) -> tuple[FindingRow, ...]:
    return tuple(
        FindingRow(
            key_id=key.id, key_name=key.name, finding=each, words=f"{FINDING_WORDS[each].capitalize()}.",
            form=replace(forms.get(f"{key.id} {each}", Form({"days": "90"})), blocked=cannot),
        )
        for key in found.facts.keys
        for each in findings_of(key, found.policy, found.at)
    )  # fmt: skip


def _accepted(made: Acceptance, cannot: str | None) -> SaidRow:
    return SaidRow(
        id=made.id, about=f"{made.key_name}: {_FINDINGS[made.finding].lower()}", words=made.reason, by=made.accepted_by,
        at=made.at, expires_at=made.expires_at, withdrawn_at=made.withdrawn_at, withdrawn_by=made.withdrawn_by or "",
        form=Form(blocked=cannot),
    )  # fmt: skip


def _attested(actor: Actor, project: Project, made: Attestation, own: Mapping[str, OwnCheck]) -> SaidRow:
    may_withdraw = actor.user_id == made.user_id or may(actor, "members.edit", project.organization_id)
    title = own[made.check_id].title if made.check_id in own else "A check that was removed"
    return SaidRow(
        id=made.id, about=title, words=made.words, by=f"{made.user_name}, {made.role}", at=made.at,
        expires_at=made.expires_at, withdrawn_at=made.withdrawn_at, withdrawn_by=made.withdrawn_by or "",
        form=Form(blocked=None if may_withdraw else "Whoever said it takes it back, or an owner or admin."),
    )  # fmt: skip
