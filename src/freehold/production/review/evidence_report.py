"""Readiness evidence as a report: what a decision rested on, and of its request what does not change after it.

Registered from here, since reports know nothing of production.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from freehold.errors import FieldError
from freehold.kit import canonical_json, clock
from freehold.organizations.permissions import require
from freehold.production.review import evidence_queries, queries
from freehold.production.review.reading import subject_of
from freehold.production.review.records import AccessRequest
from freehold.production.shape import revisions
from freehold.production.shape.records import Revision
from freehold.projects import queries as projects
from freehold.reports.records import Row
from freehold.reports.sources import registry
from freehold.reports.sources.registry import Asked, Source
from freehold.reports.sources.wanted import Wanted
from freehold.store.engine import Transaction

_REVISIONS: Final = 200
_NAMES: Final = (
    "section", "number", "name", "state", "blocking", "title", "detail", "at", "age_s", "evidence_kind", "evidence_id",
    "evidence_at", "actor", "actor_id", "fingerprint", "facts",
)  # fmt: skip


def register() -> None:
    """Make evidence a kind of report of this process."""
    registry.register(
        "readiness_evidence",
        Source(rows, facts, faults, decided_requests, queries.decided_requests_of_organization),
    )


def faults(tx: Transaction, asked: Asked) -> list[FieldError]:
    """Why there can be no evidence of what is named: it is no request of the project, or is not decided."""
    require(asked.actor, "production.read", asked.organization_id)
    request = queries.find_request(tx, asked.parameters.access_request or "")
    project = projects.find_project(tx, asked.project_id or "")
    if request is None or project is None or request.project_id != (project.sandbox_id or project.id):
        said = "The project has no such access request."
        return [FieldError("access_request", said, "unknown_access_request")]
    if request.decided_at is None:
        return [FieldError("access_request", "It is not decided: evidence is of a decision.", "not_decided")]
    return []


def decided_requests(tx: Transaction, project_id: str) -> list[tuple[str, str]]:
    """The decided requests of a project, newest first, by id, each in words; for who may read the project."""
    project = projects.find_project(tx, project_id)
    if project is None:
        return []
    found = queries.requests_of_project(tx, project.sandbox_id or project.id, 50)
    return [
        (each.id, f"{each.kind.capitalize()}, {'denied' if each.state == 'denied' else 'approved'} on {each.decided_at:%Y-%m-%d}")
        for each in found
        if each.decided_at is not None
    ]  # fmt: skip


def rows(wanted: Wanted) -> Iterator[list[Row]]:
    """The request, its decision, checks, plan, shape, revisions and history: each section in its own order."""
    with wanted.store.read() as tx:
        request = _decided(tx, wanted)
        kept = evidence_queries.evidence_of(tx, request.id) or {}
        found = [*_request_rows(tx, request), *_kept_rows(request, kept), *_shape_rows(tx, request)]
        subject = kept.get("subject") or subject_of(tx, request).id
        last = request.approved_number or kept.get("number") or request.number
    yield [_row(**each) for each in found]
    before: int | None = last + 1
    while before is not None:
        with wanted.store.read() as tx:
            some = revisions.history(tx, subject, _REVISIONS, before)
        if some:
            yield [_row(**_revision(each)) for each in some]
        before = some[-1].number if len(some) == _REVISIONS else None


def facts(wanted: Wanted, _sums: Any) -> dict[str, Any]:
    """Of which decision it is, and whether its checks were kept with it."""
    with wanted.store.read() as tx:
        request = _decided(tx, wanted)
        kept = evidence_queries.evidence_of(tx, request.id)
    return {
        "decided_at": clock.to_text(request.decided_at) if request.decided_at else None,
        # Decisions of before there was this table have none.
        "checks_kept": kept is not None,
    }


def _decided(tx: Transaction, wanted: Wanted) -> AccessRequest:
    request = queries.find_request(tx, wanted.access_request or "")
    if request is None or request.decided_at is None:
        raise LookupError(wanted.access_request)
    return request


def _request_rows(tx: Transaction, request: AccessRequest) -> Iterator[dict[str, Any]]:
    asked = request.asked
    yield {
        "section": "request", "number": 1, "name": request.id, "state": "requested", "title": request.kind,
        "detail": asked.use_case if asked else None, "at": request.requested_at, "actor": request.requested_name,
        "actor_id": request.requested_by, "fingerprint": request.fingerprint,
        "facts": _json({
            "organization": request.organization_id, "project": request.project_id, "revision": request.number,
            "requests_a_day_from": asked.requests_a_day_from if asked else None,
            "requests_a_day_to": asked.requests_a_day_to if asked else None,
            "peak_a_second": asked.peak_a_second if asked else None, "launch_on": asked.launch_on if asked else None,
            "base_fingerprint": request.base_fingerprint,
        }),
    }  # fmt: skip
    for number, (entry, name) in enumerate(evidence_queries.entries_until_decided(tx, request.id), 1):
        yield {
            "section": "decision" if entry.kind in ("approved", "denied") else "history", "number": number,
            "name": entry.id, "state": entry.kind, "detail": entry.text or None, "at": entry.at, "actor": name,
            "actor_id": entry.user_id, "fingerprint": entry.facts.get("fingerprint"), "facts": _json(entry.facts),
        }  # fmt: skip


def _kept_rows(request: AccessRequest, kept: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number, check in enumerate(kept.get("checks", ()), 1):
        since, proved = _instant(check["since"]), _instant(check["evidence_at"])
        of = proved or since
        yield {
            **{name: check[name] for name in ("title", "state", "blocking", "detail", "evidence_kind", "evidence_id")},
            "section": "check", "number": number, "name": check["code"], "at": since, "evidence_at": proved,
            # Clocks of machines differ: what proves a check is not younger than the decision.
            "age_s": max(int((request.decided_at - of).total_seconds()), 0) if of and request.decided_at else None,
            "facts": _json({"evidence": check["evidence"], "instruction": check["instruction"]}),
        }  # fmt: skip
    for number, slot in enumerate(kept.get("slots", ()), 1):
        yield {
            "section": "binding", "number": number, "name": slot["slot"], "state": "missing" if slot["missing"] else "given",
            "title": slot["label"], "detail": slot["shown"],
        }  # fmt: skip
    for number, said in enumerate(kept.get("consequences", ()), 1):
        yield {"section": "plan", "number": number, "detail": said}


def _shape_rows(tx: Transaction, request: AccessRequest) -> Iterator[dict[str, Any]]:
    """The shape that was decided on; of a denial, the one that was there then."""
    kept = evidence_queries.evidence_of(tx, request.id) or {}
    subject = kept.get("subject") or subject_of(tx, request).id
    number = request.approved_number or kept.get("number") or request.number
    revision = revisions.revision(tx, subject, number)
    if revision is not None:
        yield {
            "section": "shape", "number": number, "name": subject, "at": revision.at,
            "fingerprint": revision.fingerprint, "facts": _json(revision.shape),
        }  # fmt: skip


def _revision(found: Revision) -> dict[str, Any]:
    return {
        "section": "revision", "number": found.number, "name": f"{found.number}", "title": found.cause, "at": found.at,
        "actor": found.actor_name, "actor_id": found.actor_id, "fingerprint": found.fingerprint,
        "facts": _json([dict(each) for each in found.changes]),
    }  # fmt: skip


def _row(**values: Any) -> Row:
    return tuple(values.get(name) for name in _NAMES)


def _json(value: Any) -> str:
    return canonical_json.encode(value).decode()


def _instant(at_ms: int | None) -> datetime | None:
    return clock.from_ms(at_ms) if at_ms is not None else None
