"""Whether a sandbox project's shape may reach production now: by an approval that names it, where one is asked for."""

from freehold.errors import Problem
from freehold.organizations.records import Actor
from freehold.production.readiness_queries import policy_of
from freehold.projects.records import Project
from freehold.store.engine import Transaction


def require_approval(tx: Transaction, sandbox: Project) -> None:
    """Problem `conflict` where the operator asks for an approval and there is none."""
    if policy_of(tx, sandbox.api_id).promotion_needs_approval:
        raise Problem("conflict", "The operator asks for an approval of this shape first, and nobody gave one.")


def note_live(tx: Transaction, sandbox: Project, production: Project, actor: Actor) -> None:
    """Note that what was approved is live."""
