"""What a decision on an access request rests on, written down with it.

Checks are of a moment: an hour later others pass, and what proved them may be gone. So the decision's own transaction
keeps them, with the plan of the clone that was shown beside them.
"""

from datetime import datetime
from typing import Any

from freehold.kit import clock
from freehold.production.readiness import actions as readiness_actions
from freehold.production.readiness.records import Check
from freehold.production.review import evidence_queries
from freehold.production.review.reading import subject_of
from freehold.production.review.records import AccessRequest
from freehold.production.shape import revisions
from freehold.production.siblings import planning as clone_planning
from freehold.projects.records import Project
from freehold.store.engine import Transaction


def keep(tx: Transaction, request: AccessRequest) -> None:
    """Write down what a decision rests on, in the transaction that makes it. `request`: as it is decided."""
    subject = subject_of(tx, request)
    head = revisions.head_of(tx, subject.id)
    of_access = request.kind == "access"
    checks = readiness_actions.checks_of(tx, subject) if of_access else []
    evidence_queries.insert_evidence(tx, request, {
        "subject": subject.id, "number": head.number if head else None, "fingerprint": head.fingerprint if head else None,
        "checks": [_check(each) for each in checks], **(_plan(tx, subject) if of_access else {"slots": [], "consequences": []}),
    })  # fmt: skip


def _check(check: Check) -> dict[str, Any]:
    proof = check.evidence
    return {
        "code": check.code, "title": check.title, "blocking": check.blocking, "state": check.state, "detail": check.detail,
        "since": _ms(check.since), "instruction": check.instruction, "evidence_kind": proof.kind if proof else None,
        "evidence_id": proof.id if proof else None, "evidence_at": _ms(proof.at) if proof else None,
        "evidence": proof.words if proof else None,
    }  # fmt: skip


def _plan(tx: Transaction, sandbox: Project) -> dict[str, Any]:
    plan = clone_planning.plan_of(tx, sandbox)
    return {
        "slots": [
            {"slot": each.pointer, "label": each.slot.label if each.slot else "", "missing": each.is_missing,
             "shown": each.given.shown if each.given else None}
            for each in plan.bindings
        ],
        "consequences": list(plan.consequences),
    }  # fmt: skip


def _ms(at: datetime | None) -> int | None:
    return clock.to_ms(at) if at else None
