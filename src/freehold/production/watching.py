"""What happens before a commit that changed projects: each shape is compared with its last revision.

One place for all ways to change a project, those that are not thought of yet too. See the README, "The walk of a change".
"""

from typing import cast

from freehold.kit import canonical_json, clock
from freehold.organizations.records import By
from freehold.production import revisions
from freehold.production.assembling import read_shape
from freehold.production.consequences import CONSEQUENCES
from freehold.production.records import Cause, Change
from freehold.production.rules import differences, empty_shape
from freehold.projects import queries as projects
from freehold.store import touched
from freehold.store.engine import Store, Transaction


def watch(store: Store) -> None:
    """Look at every transaction of a store that changes projects. Whoever changes any has to have called it."""
    if before_commit not in store.before_commit:
        store.before_commit.append(before_commit)


def before_commit(tx: Transaction) -> None:
    """Record what a transaction changed of projects' shapes, and let follow what follows. Problem where it must not be."""
    for project_id, by in touched.touched(tx).items():
        note(tx, project_id, by)


def note(tx: Transaction, project_id: str, by: By) -> Change | None:
    """Bring a project's history up to its present shape; the change, where there was one."""
    project = projects.find_project(tx, project_id)
    if project is None:
        return None
    head = revisions.lock_head(tx, project_id)
    after = read_shape(tx, project)
    fingerprint = canonical_json.fingerprint(after)
    if head is not None and head.fingerprint == fingerprint:
        return None
    before = revisions.shape_at(tx, project_id, head.number) if head else None
    found = differences(after, before or empty_shape(after["api"]))
    change = Change(
        project, before, after, fingerprint, head.number + 1 if head else 1, tuple(found), by, _cause(tx),
        clock.now(),
    )  # fmt: skip
    revisions.write(tx, change)
    for follow in CONSEQUENCES:
        follow(tx, change)
    return change


def _cause(tx: Transaction) -> Cause:
    usual: Cause = "edit"
    return cast("Cause", touched.cause_of(tx, usual))


def begin_histories(tx: Transaction, limit: int) -> int:
    """Write the first revision of projects that were made before there were any; how many."""
    found = revisions.without_revision(tx, limit)
    for project_id in found:
        note(tx, project_id, By("system", "freehold", "Freehold", ""))
    return len(found)
