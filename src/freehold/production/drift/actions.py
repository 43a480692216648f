"""Drift: how two siblings differ, and accepting that they do. Promotion and revert are in `promoting`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from freehold.errors import FieldError, invalid
from freehold.kit import canonical_json, clock, ids
from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.production.drift import queries, rules
from freehold.production.drift.counting import end_acceptances, recount
from freehold.production.drift.records import Acceptance, Drift, Drifted
from freehold.production.shape import revisions
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.rules import differences
from freehold.production.siblings.pairs import pair_of
from freehold.projects.records import Project
from freehold.store.engine import Transaction

PATHS_MAX: Final = 1000


def read_drift(tx: Transaction, actor: Actor, project_id: str) -> Drift:
    """How a project and its sibling differ now, field by field. Either's id serves."""
    return drift_of(tx, *pair_of(tx, actor, project_id, "production.read"))


def drift_of(tx: Transaction, sandbox: Project, production: Project) -> Drift:
    """The same of a pair, whoever asks."""
    left, right = read_shape(tx, sandbox), read_shape(tx, production)
    found = differences(left, right)
    names = sorted({name for each in found for name in (each.path, each.item)})
    marks = {each.environment: revisions.marks_of(tx, each.id, names) for each in (sandbox, production)}
    now, by_path = clock.now(), {each.path: each for each in found}
    standing = {
        path: acceptance
        for path, acceptance in queries.standing_of(tx, sandbox.id).items()
        if rules.why_ended(acceptance, by_path.get(path), now) is None
    }
    return Drift(
        sandbox, production, canonical_json.fingerprint(left), canonical_json.fingerprint(right),
        rules.drifted(found, marks, standing),
    )  # fmt: skip


def accept(tx: Transaction, actor: Actor, project_id: str, paths: Sequence[str], reason: str, days: int) -> Drift:
    """Accept that siblings differ in some fields, with a reason, for so many days or until either value changes."""
    sandbox, production = pair_of(tx, actor, project_id, "production.edit")
    reason = reason.strip()
    audit.hold(tx, sandbox.organization_id)
    found = {each.difference.path: each for each in drift_of(tx, sandbox, production).differences}
    if errors := [*rules.acceptance_faults(reason, days), *_unknown(paths, found)]:
        raise invalid(*errors)
    now = clock.now()
    standing = end_acceptances(
        tx, queries.standing_of(tx, sandbox.id), [each.difference for each in found.values()], now
    )
    for path in dict.fromkeys(paths):
        if path in standing:
            queries.end_acceptance(tx, standing[path].id, "replaced", now)
        queries.insert_acceptance(
            tx, _acceptance(sandbox, found[path], reason, actor.name, now, now + timedelta(days=days))
        )
    _record(tx, actor, sandbox, "drift.accepted", paths, {"reason": reason, "expires_at": now + timedelta(days=days)})
    recount(tx, sandbox, production, now)
    return drift_of(tx, sandbox, production)


def withdraw(tx: Transaction, actor: Actor, project_id: str, paths: Sequence[str]) -> Drift:
    """Withdraw acceptances: the differences count again. Of a path that nobody accepted, nothing changes."""
    sandbox, production = pair_of(tx, actor, project_id, "production.edit")
    audit.hold(tx, sandbox.organization_id)
    now = clock.now()
    ended = {path: each for path, each in queries.standing_of(tx, sandbox.id).items() if path in paths}
    for acceptance in ended.values():
        queries.end_acceptance(tx, acceptance.id, "withdrawn", now)
    if ended:
        _record(tx, actor, sandbox, "drift.acceptance_withdrawn", sorted(ended), {})
        recount(tx, sandbox, production, now)
    return drift_of(tx, sandbox, production)


def _acceptance(sandbox: Project, of: Drifted, reason: str, by: str, now: Any, until: Any) -> Acceptance:
    difference = of.difference
    return Acceptance(
        ids.new_id("dac"), sandbox.id, difference.path, rules.digest(difference.sandbox),
        rules.digest(difference.production), reason, by, now, until,
    )  # fmt: skip


def _unknown(paths: Sequence[str], found: dict[str, Drifted]) -> list[FieldError]:
    if not 1 <= len(paths) <= PATHS_MAX:
        return [FieldError("paths", f"Name 1 to {PATHS_MAX} differences.", "required")]
    return [
        FieldError(f"paths.{index}", f"The siblings do not differ in {path}.", "no_difference")
        for index, path in enumerate(paths)
        if path not in found
    ]


def _record(
    tx: Transaction, actor: Actor, sandbox: Project, action: str, paths: Sequence[str], facts: dict[str, Any]
) -> None:
    audit.record(
        tx, actor, action, organization_id=sandbox.organization_id, subject_kind="project", subject_id=sandbox.id,
        subject_name=sandbox.name, project_id=sandbox.id, after={"paths": list(paths), **facts},
    )  # fmt: skip
