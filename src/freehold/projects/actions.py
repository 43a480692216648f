"""Projects: make, read, change, archive, restore, and what they declare.

One function is one use case and one transaction, which the caller opens. Everything that the gate
decides by advances the configuration epoch.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from msgspec import UNSET

from freehold.apis import queries as apis
from freehold.apis.records import Api
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit, member_queries
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.closing import require_open
from freehold.organizations.permissions import Permission, blocked, may, require
from freehold.organizations.records import Actor
from freehold.organizations.rules import clean_name, free_slug, slug_of
from freehold.projects import queries, quota_queries, rules
from freehold.projects.limit_rules import check_limits
from freehold.projects.limits import QuotaState, facts_of, kept_limits
from freehold.projects.records import (
    Duty,
    NewOwner,
    NewProject,
    Project,
    ProjectChange,
    Scope,
)
from freehold.store import epoch
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction

_DUTIES_MAX: Final = 50
# What these permit changes nothing but what a project declares; of the others some is possible in a locked one.
_DECLARES: Final[frozenset[Permission]] = frozenset({"projects.edit", "scope.edit", "alerts.edit"})
_LOCKED: Final = "The project is locked: change its sandbox project and promote the change, or have an admin unlock it."


def read_project(tx: Transaction, actor: Actor, project_id: str) -> Project:
    """One project; Problem `not_found` where it is none of the actor's business.

    Says nothing of what the actor may do with it: whoever shows or changes something requires the permission for it.
    """
    project = queries.find_project(tx, project_id)
    if project is None or not _concerns(actor, project):
        raise not_found("project")
    return project


def create_project(tx: Transaction, actor: Actor, organization_id: str, new: NewProject) -> Project:
    """Make a sandbox project. Its maker owns it technically unless another owner is named."""
    require(actor, "projects.create", organization_id)
    new = replace(
        new, name=clean_name(new.name), purpose=clean_name(new.purpose),
        product_line=clean_name(new.product_line or "") or None, use_case=clean_name(new.use_case or "") or None,
    )  # fmt: skip
    api = apis.find_api(tx, new.api) or apis.find_api_by_slug(tx, new.api)
    errors = [*rules.check_new_project(new), *check_limits(new.rate_limits, new.quota)]
    if api is None:
        errors.append(FieldError("api", "There is no such API.", "unknown_api"))
    owners = _resolve_owners(tx, organization_id, new.owners, actor, errors)
    if errors or api is None:
        raise invalid(*errors)
    require_open(tx, organization_id)
    project = _insert(tx, actor, organization_id, new, api)
    queries.replace_owners(tx, project, owners)
    audit.record(
        tx, actor, "project.created", organization_id=organization_id, subject_kind="project", subject_id=project.id,
        subject_name=project.name, project_id=project.id,
        after={"environment": "sandbox", "purpose": new.purpose, "product_line": new.product_line,
               "use_case": new.use_case, "api": api.slug, "owners": _owner_names(tx, project.id),
               **facts_of(new.rate_limits, new.quota)},
    )  # fmt: skip
    return project


def edit_project(
    tx: Transaction, actor: Actor, project_id: str, change: ProjectChange, revision: int | None = None
) -> Project:
    """Change a project's labels, owners or limits. `revision` is the one the caller saw, None for any."""
    project = _own(tx, actor, project_id, "projects.edit")
    labels: dict[str, str | None] = {
        "name": project.name if change.name is None else clean_name(change.name),
        "purpose": project.purpose if change.purpose is None else clean_name(change.purpose),
        "product_line": project.product_line
        if change.product_line is None
        else clean_name(change.product_line) or None,
        "use_case": project.use_case if change.use_case is None else clean_name(change.use_case) or None,
    }
    errors = rules.check_labels(
        labels["name"] or "", labels["purpose"] or "", labels["product_line"], labels["use_case"]
    )
    rate_limits = project.rate_limits if change.rate_limits is None else change.rate_limits
    quota = project.quota if change.quota is UNSET else change.quota
    errors += check_limits(rate_limits, quota)
    owners = None
    if change.owners is not None:
        owners = _resolve_owners(tx, project.organization_id, change.owners, None, errors)
    if errors:
        raise invalid(*errors)
    before = {
        "owners": _owner_names(tx, project.id), **_labels(project), **facts_of(project.rate_limits, project.quota)
    }  # fmt: skip
    _save(tx, project, revision, {**labels, **kept_limits(rate_limits, quota)})
    if owners is not None:
        queries.replace_owners(tx, project, owners)
    after = {"owners": _owner_names(tx, project.id), **labels, **facts_of(rate_limits, quota)}
    _record_difference(tx, actor, project, "project.changed", before, after)
    # Of the labels the gate keeps the name alone, which its answers and explanations carry.
    epoch.advance(tx, "project", project.id, clock.now())
    return read_project(tx, actor, project_id)


def archive_project(tx: Transaction, actor: Actor, project_id: str, revision: int | None = None) -> Project:
    """Put a project to rest: its keys stop at once, nothing is deleted. Archiving twice changes nothing."""
    project = _own(tx, actor, project_id, "projects.archive", archived=True)
    if project.state == "archived":
        return project
    now = clock.now()
    _save(tx, project, revision, {"state": "archived", "archived_at": now})
    _record_difference(tx, actor, project, "project.archived", {"state": "active"}, {"state": "archived"})
    epoch.advance(tx, "project", project.id, now)
    return read_project(tx, actor, project_id)


def restore_project(tx: Transaction, actor: Actor, project_id: str, revision: int | None = None) -> Project:
    """Bring an archived project back; its keys serve again."""
    project = _own(tx, actor, project_id, "projects.archive", archived=True)
    if project.state == "active":
        return project
    require_open(tx, project.organization_id)
    _save(tx, project, revision, {"state": "active", "archived_at": None})
    _record_difference(tx, actor, project, "project.restored", {"state": "archived"}, {"state": "active"})
    epoch.advance(tx, "project", project.id, clock.now())
    return read_project(tx, actor, project_id)


def read_scope(tx: Transaction, actor: Actor, project_id: str) -> Scope:
    """What a project declares."""
    project = read_project(tx, actor, project_id)
    require(actor, "projects.read", project.organization_id)
    return queries.scope_of(tx, project.id)


def set_scope(tx: Transaction, actor: Actor, project_id: str, wanted: Scope, revision: int | None = None) -> Scope:
    """Declare what a project uses, whole. What leaves the scope leaves its keys too."""
    project = _own(tx, actor, project_id, "scope.edit")
    wanted = Scope(_unique(wanted.endpoints), _unique(wanted.event_types))
    old = queries.scope_of(tx, project.id)
    endpoints = {each.operation_id for each in apis.endpoints_of(tx, project.api_id)}
    event_types = {each.name for each in apis.event_types_of(tx, project.api_id)}
    if errors := rules.check_scope(wanted, old, endpoints, event_types):
        raise invalid(*errors)
    change = rules.scope_change(old, wanted)
    if change.is_empty:
        return old
    _save(tx, project, revision, {})
    # Between the check and here another import may have dropped an item: the foreign key decides.
    with broken_constraint_means(Problem("conflict", "The catalogue changed just now. Look again and save anew.")):
        queries.add_to_scope(tx, project, change.added_endpoints, change.added_event_types)
    queries.remove_from_scope(tx, project.id, change.removed_endpoints, change.removed_event_types)
    _record_difference(tx, actor, project, "scope.changed", asdict(old), asdict(wanted))
    epoch.advance(tx, "project", project.id, clock.now())
    return queries.scope_of(tx, project.id)


def quota_state(tx: Transaction, project: Project) -> QuotaState | None:
    """How far a project's quota is spent in its present period; None where it has none."""
    quotas = {project.id: project.quota} if project.quota else {}
    return quota_queries.states_of_projects(tx, quotas, clock.now()).get(project.id)


def find_sibling(tx: Transaction, project: Project) -> Project | None:
    """The same workload in the other environment."""
    return queries.find_sibling(tx, project)


def require_active(project: Project) -> None:
    """Raise Problem `conflict` where a project is archived: it can be read and restored, not changed."""
    if project.state == "archived":
        raise Problem("conflict", "The project is archived. Restore it before changing it.")


def blocked_for(actor: Actor, permission: Permission, project: Project) -> str | None:
    """Why an actor cannot change a project or what it owns, in words for a page; None where they can."""
    if role := blocked(actor, permission, project.organization_id):
        return role
    if project.state == "archived":
        return "The project is archived: restore it first."
    return _LOCKED if project.locked and permission in _DECLARES else None


def _concerns(actor: Actor, project: Project) -> bool:
    return (
        may(actor, "projects.read", project.organization_id)
        or bool(actor.roles.get(project.organization_id))
        or bool(actor.everywhere)
    )


def _own(tx: Transaction, actor: Actor, project_id: str, permission: Any, archived: bool = False) -> Project:
    """A project that the actor may change, as it is once its organization's log is held: before any row of it is."""
    project = read_project(tx, actor, project_id)
    require(actor, permission, project.organization_id)
    audit.hold(tx, project.organization_id)
    project = read_project(tx, actor, project_id)
    if not archived:
        require_active(project)
    return project


def _insert(tx: Transaction, actor: Actor, organization_id: str, new: NewProject, api: Api) -> Project:
    slug = slug_of(new.name)
    slug = free_slug(slug, queries.slugs_like(tx, organization_id, "sandbox", slug))
    project = Project(
        id=ids.new_id("proj"), organization_id=organization_id, api_id=api.id, environment="sandbox", sandbox_id=None,
        name=new.name, slug=slug, purpose=new.purpose, product_line=new.product_line, use_case=new.use_case,
        state="active", revision=1, created_by=actor.name, created_at=clock.now(), archived_at=None,
        rate_limits=new.rate_limits, quota=new.quota,
    )  # fmt: skip
    with broken_constraint_means(Problem("already_exists", f"A project with the address {slug} was made just now.")):
        queries.insert_project(tx, project)
    return project


def _save(tx: Transaction, project: Project, revision: int | None, values: dict[str, Any]) -> None:
    if not queries.change_project(tx, project.id, project.revision if revision is None else revision, values):
        raise changed_meanwhile("project")


def _resolve_owners(
    tx: Transaction, organization_id: str, wanted: Sequence[NewOwner], maker: Actor | None, errors: list[FieldError]
) -> list[tuple[str, Duty]]:
    """Members by id or address. Adds to `errors`; a project always has a technical owner."""
    members = member_queries.members_of(tx, organization_id)
    by_name = {name: member.user_id for member in members for name in (member.user_id, member.email)}
    owners: list[tuple[str, Duty]] = []
    for index, owner in enumerate(wanted[:_DUTIES_MAX]):
        user_id = by_name.get(owner.member.strip().lower())
        if user_id is None:
            errors.append(
                FieldError(
                    f"owners.{index}.member", "No member of the organization has this id or address.", "unknown_member"
                )
            )
        else:
            owners.append((user_id, owner.duty))
    if not any(duty == "technical" for _, duty in owners) and not errors:
        if maker is None or maker.user_id not in by_name:
            errors.append(FieldError("owners", "Name at least one technical owner.", "required"))
        else:
            owners.insert(0, (maker.user_id, "technical"))
    return list(dict.fromkeys(owners))


def _owner_names(tx: Transaction, project_id: str) -> list[str]:
    return [f"{owner.email} ({owner.duty})" for owner in queries.owners_of(tx, [project_id])[project_id]]


def _labels(project: Project) -> dict[str, str | None]:
    return {
        "name": project.name,
        "purpose": project.purpose,
        "product_line": project.product_line,
        "use_case": project.use_case,
    }


def _record_difference(
    tx: Transaction, actor: Actor, project: Project, action: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    changed = [name for name in after if before.get(name) != after[name]]
    audit.record(
        tx, actor, action, organization_id=project.organization_id, subject_kind="project", subject_id=project.id,
        subject_name=project.name, project_id=project.id,
        before={name: before.get(name) for name in changed}, after={name: after[name] for name in changed},
    )  # fmt: skip


def _unique(items: Sequence[str]) -> list[str]:
    return sorted(set(items))
