"""A project's history brought up to its present shape: what changed, written down as a revision.

What follows from a change is no matter of this room: `watching` has it follow.
"""

from typing import cast

from freehold.kit import canonical_json, clock
from freehold.organizations.records import By
from freehold.production.shape import revisions
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.records import Cause, Change
from freehold.production.shape.rules import differences, empty_shape
from freehold.projects import queries as projects
from freehold.store import touched
from freehold.store.engine import Transaction


def note_shape(tx: Transaction, project_id: str, by: By) -> Change | None:
    """Write the revision that a project's present shape is, where it is none yet; the change, where there was one."""
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
    return change


def _cause(tx: Transaction) -> Cause:
    usual: Cause = "edit"
    return cast("Cause", touched.cause_of(tx, usual))
