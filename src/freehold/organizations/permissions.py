"""Who may do what: the one table, and the one place that asks it.

Actions call `require` before anything else. An organization that the actor has no tie to is
answered as if it did not exist, so that ids cannot be probed.
"""

from typing import Final, Literal

from freehold.errors import Problem, not_found
from freehold.organizations.records import Actor, ServiceRole

Permission = Literal[
    "organization.read", "organization.edit", "members.read", "members.edit", "tokens.edit", "audit.read",
    "projects.read", "projects.create", "projects.edit", "projects.archive", "scope.edit",
    "keys.read", "keys.issue", "keys.revoke", "keys.verify", "webhooks.read", "webhooks.edit", "webhooks.test",
    "messages.publish", "messages.read", "usage.read", "usage.report", "explain", "apis.read", "apis.edit", "alerts.read", "alerts.edit",
    "production.read", "production.edit", "production.lock", "reports.schedule",
]  # fmt: skip

_READS: Final[frozenset[Permission]] = frozenset(
    {
        "organization.read",
        "members.read",
        "projects.read",
        "keys.read",
        "webhooks.read",
        "messages.read",
        "usage.read",
        "explain",
        "apis.read",
        "alerts.read",
        "production.read",
    }
)
_DEVELOPS: Final[frozenset[Permission]] = _READS | {
    "projects.create", "projects.edit", "projects.archive", "scope.edit", "keys.issue", "keys.revoke", "keys.verify",
    "webhooks.edit", "webhooks.test", "messages.publish", "usage.report", "alerts.edit",
    "production.edit", "reports.schedule",
}  # fmt: skip
_ADMINISTERS: Final[frozenset[Permission]] = _DEVELOPS | {
    "organization.edit",
    "members.edit",
    "tokens.edit",
    "audit.read",
    "production.lock",
}

PERMISSIONS: Final[dict[ServiceRole, frozenset[Permission]]] = {
    "owner": _ADMINISTERS,
    "admin": _ADMINISTERS,
    "developer": _DEVELOPS,
    "billing": frozenset(
        {
            "organization.read",
            "members.read",
            "projects.read",
            "usage.read",
            "apis.read",
            "alerts.read",
            "production.read",
            "reports.schedule",
        }
    ),
    "auditor": _READS | {"audit.read", "reports.schedule"},
    "verifier": frozenset({"keys.verify", "apis.read"}),
    "publisher": frozenset({"messages.publish", "usage.report", "apis.read"}),
}
# The operator reads every organization, and changes none that they are not a member of. Who reviews requests for
# production access reads what evidence is of (`_READS`): every organization too, but no audit log.
_OPERATOR_EVERYWHERE: Final[frozenset[Permission]] = _READS | {"audit.read"}


def may(actor: Actor, permission: Permission, organization_id: str) -> bool:
    """Whether an actor has a permission in an organization."""
    if actor.kind == "system" or (actor.is_operator and permission in _OPERATOR_EVERYWHERE):
        return True
    if actor.reviews and permission in _READS:
        return True
    roles = actor.roles.get(organization_id, frozenset()) | actor.everywhere
    return any(permission in PERMISSIONS[role] for role in roles)


def require(actor: Actor, permission: Permission, organization_id: str) -> None:
    """Raise Problem `not_found` where the organization is none of the actor's business, `forbidden` where the role lacks it."""
    if may(actor, permission, organization_id):
        return
    if not actor.looks_everywhere and organization_id not in actor.roles:
        raise not_found("resource")
    raise Problem("forbidden", f"This needs the permission {permission}; ask an owner or admin of the organization.")


def blocked(actor: Actor, permission: Permission, organization_id: str) -> str | None:
    """Why an actor cannot use what needs a permission, in words for a page; None where they may."""
    if may(actor, permission, organization_id):
        return None
    return "Your role lets you look at this, not change it. Ask an owner or admin of the organization."


def require_operator(actor: Actor) -> None:
    """Raise Problem `forbidden` where the actor does not run this instance."""
    if not (actor.is_operator or actor.kind == "system"):
        raise Problem("forbidden", "Only an operator of this instance may do this.")


def require_signed_in_person(actor: Actor) -> str:
    """The user id of a person; Problem `forbidden` for a service token, which has no account."""
    if actor.user_id is None:
        raise Problem("forbidden", "Only a person can do this, not a service token.")
    return actor.user_id
