"""Whether a sandbox project's shape may reach production now: by a living approval of the shape as it is.

The seam between what clones and promotes, and review. A clone always asks for an approval; a promotion does where the
operator's policy says so.
"""

from freehold.organizations.records import Actor
from freehold.production.review import actions, queries, reading
from freehold.projects.records import Project
from freehold.store.engine import Transaction


def require_approval(tx: Transaction, sandbox: Project) -> None:
    """Problem `not_approved` unless there is a living approval of the shape as it is; its row is held until the commit."""
    actions.may_clone(tx, sandbox)


def hindrance(tx: Transaction, sandbox: Project) -> str:
    """Why it may not reach production now, for a page; empty where it may. Holds nothing."""
    return reading.clone_hindrance_of(tx, sandbox) or ""


def note_live(tx: Transaction, sandbox: Project, production: Project, actor: Actor) -> None:
    """Note that what was approved is live."""
    request = queries.lock_open_request(tx, sandbox.id)
    if request is not None and request.state == "approved":
        actions.went_live(tx, request, production, actor)
