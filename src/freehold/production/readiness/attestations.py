"""What people say for a project on its way to production: attestations, and findings about keys that they accept.

One function is one use case, in a transaction that the caller opens. Each is on record with who said it, and ends by itself.
"""

from datetime import datetime, timedelta
from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.keys import queries as keys
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import require, require_signed_in_person
from freehold.organizations.records import Actor
from freehold.organizations.rules import check_expiry, check_text, clean_name
from freehold.production.readiness import acceptance_queries, queries
from freehold.production.readiness.actions import refresh, require_sandbox
from freehold.production.readiness.lookups import requester_of
from freehold.production.readiness.records import KEY_FINDINGS, Acceptance, Attestation, OwnCheck
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction

WORDS_MAX: Final = 500
_LISTED_MAX: Final = 200
_ACCEPTED_MAX: Final = timedelta(days=366)


def why_not_attest(actor: Actor, project: Project, check: OwnCheck, requested_by: str | None) -> str | None:
    """Why somebody cannot attest a check of a project, in a sentence; None where they can.

    `requested_by`: whose request for production access is open, a user id.
    """
    if actor.user_id is None:
        return "Only a person can attest, not a service token."
    has_role = (
        actor.is_operator if check.role == "operator" else check.role in actor.roles.get(project.organization_id, ())
    )
    if not has_role:
        who = "an operator of this instance" if check.role == "operator" else f"a member with the role {check.role}"
        return f"Only {who} can attest this."
    if requested_by == actor.user_id:
        return "You asked for production access for this project: somebody else has to attest it."
    return None


def attest(tx: Transaction, actor: Actor, project_id: str, code: str, words: str) -> Attestation:
    """Say yes to an own check of a project, with words; it counts until it expires or is withdrawn."""
    project = _sandbox(tx, actor, project_id)
    # Whoever asks for production holds it too: asking and attesting come one after the other, and the later one is seen.
    audit.hold(tx, project.organization_id)
    check = own_check(tx, project, code)
    if check.kind != "attestation":
        raise Problem("conflict", "This check is answered by a program, not attested.")
    if reason := why_not_attest(actor, project, check, requester_of(tx, project.id)):
        raise Problem("forbidden", reason)
    clean = clean_name(words)
    if faults := check_text("words", clean, WORDS_MAX):
        raise invalid(*faults)
    now = clock.now()
    made = Attestation(
        id=ids.new_id("ats"), project_id=project.id, check_id=check.id, user_id=require_signed_in_person(actor),
        user_name=actor.name, role=check.role or "operator", words=clean, at=now,
        expires_at=now + timedelta(days=check.valid_days),
    )  # fmt: skip
    queries.insert_attestation(tx, made, project.api_id)
    after = {"check": check.code, "words": clean, "expires_at": made.expires_at}
    _record(tx, actor, "readiness.attested", project, after)
    refresh(tx, project)
    return made


def withdraw_attestation(tx: Transaction, actor: Actor, attestation_id: str) -> Attestation:
    """Take an attestation back: whoever said it, or an owner or admin. Twice changes nothing."""
    found = queries.find_attestation(tx, attestation_id)
    if found is None:
        raise not_found("attestation")
    try:
        project = read_project(tx, actor, found.project_id)
    except Problem as problem:
        raise not_found("attestation") from problem
    if actor.user_id != found.user_id:
        require(actor, "members.edit", project.organization_id)
    if queries.withdraw_attestation(tx, found.id, actor.name, clock.now()):
        _record(tx, actor, "readiness.attestation_withdrawn", project, {"attestation": found.id, "words": found.words})
        refresh(tx, project)
    return queries.find_attestation(tx, found.id) or found


def list_attestations(tx: Transaction, actor: Actor, project_id: str) -> list[Attestation]:
    """What was attested of a project, newest first, withdrawn and expired ones too."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    return queries.attestations_of(tx, project.id, _LISTED_MAX)


# --- accepted findings about keys ----------------------------------------------------------------------------------


def accept_finding(
    tx: Transaction, actor: Actor, project_id: str, key_id: str, finding: str, reason: str, expires_at: datetime
) -> Acceptance:
    """Accept a finding about a key for a while, and say why. What stood of the same finding ends."""
    project = _sandbox(tx, actor, project_id)
    require(actor, "keys.issue", project.organization_id)
    require_signed_in_person(actor)
    now, clean = clock.now(), clean_name(reason)
    key = keys.find_key(tx, key_id, now)
    faults = check_text("reason", clean, WORDS_MAX) + check_expiry("expires_at", expires_at, now)
    if expires_at > now + _ACCEPTED_MAX:
        faults = [each for each in faults if each.field != "expires_at"]
        faults.append(FieldError("expires_at", "At most a year from now: then look at it again.", "too_late"))
    if key is None or key.project_id != project.id:
        faults.append(FieldError("key", "The project has no such key.", "unknown_key"))
    if finding not in KEY_FINDINGS:
        faults.append(FieldError("finding", f"One of {', '.join(KEY_FINDINGS)}.", "unknown_finding"))
    if faults or key is None:
        raise invalid(*faults)
    named = next(each for each in KEY_FINDINGS if each == finding)
    acceptance_queries.withdraw_acceptances(tx, project.id, key.id, named, actor.name, now)
    made = Acceptance(ids.new_id("acc"), project.id, key.id, key.name, named, clean, actor.name, now, expires_at)
    with broken_constraint_means(Problem("conflict", "Somebody accepted the same just now. Look again.")):
        acceptance_queries.insert_acceptance(tx, made)
    after = {"key": key.name, "finding": finding, "reason": clean, "expires_at": expires_at}
    _record(tx, actor, "readiness.finding_accepted", project, after)
    refresh(tx, project)
    return made


def withdraw_acceptance(tx: Transaction, actor: Actor, acceptance_id: str) -> Acceptance:
    """Accept a finding no longer. Twice changes nothing."""
    found = acceptance_queries.find_acceptance(tx, acceptance_id)
    if found is None:
        raise not_found("acceptance")
    try:
        project = read_project(tx, actor, found.project_id)
    except Problem as problem:
        raise not_found("acceptance") from problem
    require(actor, "keys.issue", project.organization_id)
    if found.withdrawn_at is None:
        acceptance_queries.withdraw_acceptances(tx, project.id, found.key_id, found.finding, actor.name, clock.now())
        _record(tx, actor, "readiness.acceptance_withdrawn", project, {"key": found.key_name, "finding": found.finding})
        refresh(tx, project)
    return acceptance_queries.find_acceptance(tx, found.id) or found


def list_acceptances(tx: Transaction, actor: Actor, project_id: str) -> list[Acceptance]:
    """What was accepted of a project's keys, newest first, ended ones too."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    return acceptance_queries.acceptances_of(tx, project.id, _LISTED_MAX)


def own_check(tx: Transaction, project: Project, code: str) -> OwnCheck:
    """An own check of a project's API by its code; Problem `not_found` where there is none."""
    for each in queries.own_checks_of(tx, project.api_id):
        if each.code == code:
            return each
    raise not_found("readiness check")


def _sandbox(tx: Transaction, actor: Actor, project_id: str) -> Project:
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    require_sandbox(project)
    require_active(project)
    return project


def _record(tx: Transaction, actor: Actor, action: str, project: Project, after: dict[str, object]) -> None:
    audit.record(
        tx, actor, action, organization_id=project.organization_id, subject_kind="project", subject_id=project.id,
        subject_name=project.name, project_id=project.id, after=after,
    )  # fmt: skip
