"""With whose rights a schedule runs: who takes it over, and whether they still may. Asks the accounts as they are now."""

from freehold.errors import Problem
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor
from freehold.organizations.tokens import actor_of_token_id, actor_of_user
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import ReportKind
from freehold.reports.schedule_records import Schedule, ScheduleOwner
from freehold.store.engine import Transaction


def require_rights(actor: Actor, kind: ReportKind, organization_id: str) -> None:
    """Problem where an actor may not schedule reports of a kind: it takes what reading them takes, and scheduling."""
    require(actor, "reports.schedule", organization_id)
    require(actor, KIND_FACTS[kind].permission, organization_id)


def owner_of(actor: Actor) -> ScheduleOwner:
    """Whose rights a schedule has from now on, where this actor made it, changed it or resumed it."""
    if actor.user_id is not None:
        # A personal token stands for its person, whose rights do not end with it.
        return ScheduleOwner("user", actor.user_id, actor.name)
    return ScheduleOwner(actor.kind, actor.id, actor.name)


def lost_right(tx: Transaction, schedule: Schedule) -> str | None:
    """Why a schedule may not run any more, in a sentence; None where it may."""
    owner = schedule.owner
    if owner.kind == "system":
        return None
    found = actor_of_user(tx, owner.id) if owner.kind == "user" else actor_of_token_id(tx, owner.id)
    if found is None:
        what = "account is closed" if owner.kind == "user" else "token is revoked or has expired"
        return f"It ran with the rights of {owner.name}, whose {what}."
    for permission in ("reports.schedule", KIND_FACTS[schedule.settings.kind].permission):
        if not may(found, permission, schedule.organization_id):
            title = KIND_FACTS[schedule.settings.kind].title.lower()
            return f"It ran with the rights of {owner.name}, who may no longer have reports of this kind ({title})."
    return None


def may_have(tx: Transaction, user_id: str, kind: ReportKind, organization_id: str) -> bool:
    """Whether a person may read reports of a kind in an organization, as things are now."""
    found = actor_of_user(tx, user_id)
    return found is not None and may(found, KIND_FACTS[kind].permission, organization_id)


def require_known(actor: Actor, organization_id: str, what: Problem) -> None:
    """Raise `what` where an organization is none of the actor's business."""
    if not (actor.kind == "system" or actor.looks_everywhere or organization_id in actor.roles):
        raise what
