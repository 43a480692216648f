"""What happens before a commit that changed projects: each shape is compared with its last revision.

One place for all ways to change a project, those that are not thought of yet too. See the README, "The walk of a change".
"""

from freehold.alerts import beginning
from freehold.organizations.records import By
from freehold.production.consequences import CONSEQUENCES
from freehold.production.shape import revisions
from freehold.production.shape.noting import note_shape
from freehold.production.shape.records import Change
from freehold.store import touched
from freehold.store.engine import Store, Transaction


def watch(store: Store) -> None:
    """Look at every transaction of a store that changes projects. Whoever changes any has to have called it."""
    # Default rules first: a project's first revision has them.
    for look in (beginning.before_commit, before_commit):
        if look not in store.before_commit:
            store.before_commit.append(look)


def before_commit(tx: Transaction) -> None:
    """Record what a transaction changed of projects' shapes, and let follow what follows. Problem where it must not be."""
    for project_id, by in touched.touched(tx).items():
        note(tx, project_id, by)


def note(tx: Transaction, project_id: str, by: By) -> Change | None:
    """Bring a project's history up to its present shape; the change, where there was one."""
    change = note_shape(tx, project_id, by)
    if change is not None:
        for follow in CONSEQUENCES:
            follow(tx, change)
    return change


def begin_histories(tx: Transaction, limit: int) -> int:
    """Write the first revision of projects that were made before there were any; how many."""
    found = revisions.without_revision(tx, limit)
    for project_id in found:
        note(tx, project_id, By("system", "freehold", "Freehold", ""))
    return len(found)
