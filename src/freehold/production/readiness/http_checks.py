"""HTTP checks of the operator's: what is sent of a project, what an answer says, and the queue of calls.

One function is one transaction, which the caller opens; none of them sends. A call is asked for by a person or by its age,
claimed for a while, and recorded with the fingerprint of the shape that it was about.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from freehold import __version__
from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.organizations.rules import clean_name
from freehold.production.readiness import call_queries, queries
from freehold.production.readiness.actions import refresh, require_sandbox
from freehold.production.readiness.attestations import own_check
from freehold.production.readiness.records import HttpResult, OwnCheck
from freehold.production.shape import revisions
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Environment
from freehold.store.engine import Transaction
from freehold.webhooks.records import BODY_BYTES_MAX, AttemptResult, Outgoing

# Longer than a call may take.
LEASE: Final = timedelta(seconds=60)
DETAIL_MAX: Final = 300
KEPT: Final = 20
# The sandbox's rules of where requests may go: it is sandbox projects that are asked about.
ENVIRONMENT: Final[Environment] = "sandbox"
_HEADERS: Final = (
    ("content-type", "application/json"), ("accept", "application/json"), ("accept-encoding", "identity"),
    ("user-agent", f"Freehold/{__version__}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asking:
    """One call that is to be made: of which project and check, asked by whom, about which shape, as what request."""

    project_id: str
    api_id: str
    check: OwnCheck
    asked_by: str
    fingerprint: str
    outgoing: Outgoing


def ask(tx: Transaction, actor: Actor, project_id: str, code: str) -> datetime:
    """Have an HTTP check called within seconds; when that was asked for. Twice changes nothing."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.edit", project.organization_id)
    require_sandbox(project)
    require_active(project)
    check = own_check(tx, project, code)
    if check.kind != "http":
        raise Problem("conflict", "This check is attested by a person: there is nothing to call.")
    now = clock.now()
    if call_queries.add_call(tx, project.id, check, actor.name, now):
        audit.record(
            tx, actor, "readiness.check_asked", organization_id=project.organization_id, subject_kind="project",
            subject_id=project.id, subject_name=project.name, project_id=project.id, after={"check": check.code},
        )  # fmt: skip
    return now


def list_results(tx: Transaction, actor: Actor, project_id: str) -> list[HttpResult]:
    """What the calls of a project's HTTP checks came to, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    return queries.http_results_of(tx, project.id, 200)


def claim(tx: Transaction, now: datetime, limit: int) -> list[Asking]:
    """Claim calls for a while, the longest waiting first; those of what is gone are forgotten."""
    made = []
    for call in call_queries.claim_calls(tx, now, now + LEASE, limit):
        asking = _asking(tx, call.project_id, call.check_id, call.asked_by)
        if asking is None:
            call_queries.end_call(tx, call.project_id, call.check_id)
        else:
            made.append(asking)
    return made


def _asking(tx: Transaction, project_id: str, check_id: str, asked_by: str) -> Asking | None:
    project, check = projects.find_project(tx, project_id), queries.find_own_check(tx, check_id)
    head = revisions.head_of(tx, project_id)
    if project is None or project.state != "active" or check is None or check.url is None or head is None:
        return None
    body = {
        "check": check.code,
        "project": {
            "id": project.id, "name": project.name, "environment": project.environment,
            "organization": project.organization_id, "purpose": project.purpose, "product_line": project.product_line,
            "use_case": project.use_case,
        },
        "fingerprint": head.fingerprint, "shape": revisions.shape_at(tx, project_id, head.number),
    }  # fmt: skip
    outgoing = Outgoing(check.url, _HEADERS, msgspec.json.encode(body))
    return Asking(project.id, project.api_id, check, asked_by, head.fingerprint, outgoing)


def record(tx: Transaction, asking: Asking, result: AttemptResult) -> HttpResult:
    """Keep what a call came to, and how the project's checks stand by it."""
    passed, detail = answer_of(result)
    made = HttpResult(
        ids.new_id("rhr"), asking.project_id, asking.check.id, asking.asked_by, clock.now(), asking.fingerprint, passed,
        detail, result.status,
    )  # fmt: skip
    queries.insert_http_result(tx, made, asking.api_id)
    queries.forget_http_results(tx, asking.project_id, asking.check.id, KEPT)
    call_queries.end_call(tx, asking.project_id, asking.check.id)
    if project := projects.find_project(tx, asking.project_id):
        refresh(tx, project)
    return made


def answer_of(result: AttemptResult) -> tuple[bool | None, str]:
    """What an answer says: whether it passes, and why in words. None: it says neither yes nor no. Pure."""
    if result.outcome != "accepted":
        return None, result.error or "There was no answer."
    body = result.response_body or b""
    if len(body) >= BODY_BYTES_MAX:
        return None, f"The answer is longer than {BODY_BYTES_MAX // 1024} KiB."
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, 'The answer is not JSON: it should be {"passed": true or false, "detail": "why"}.'
    return _said(found)


def _said(found: Any) -> tuple[bool | None, str]:
    passed = found.get("passed") if isinstance(found, Mapping) else None
    if not isinstance(passed, bool):
        return None, 'The answer does not say "passed": true or false.'
    said = found.get("detail", "")
    words = clean_name(said if isinstance(said, str) else "").replace("\0", "")
    shown = "".join(each for each in words if each.isprintable())[:DETAIL_MAX]
    return passed, shown or ("It passes." if passed else "It does not pass, and says not why.")
