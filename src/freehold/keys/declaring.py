"""Declared keys: declare one, declare it otherwise, take it back. Issuing it is `actions.issue_key`.

One function is one use case and one transaction, which the caller opens. A declared key has settings as a shape has
them: `workload`, `endpoints`, `restricted`, `rate_limits`, `quota`, `expires_after_days`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from freehold.errors import Problem, not_found
from freehold.keys import templates
from freehold.keys.settings_rules import KeySettings, normal_network
from freehold.keys.templates import KeyTemplate
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.organizations.rules import clean_name
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import Project
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


def list_declared(tx: Transaction, actor: Actor, project_id: str) -> list[KeyTemplate]:
    """A project's declared keys that nobody has issued yet, by name."""
    project = read_project(tx, actor, project_id)
    require(actor, "keys.read", project.organization_id)
    scope = projects.scope_of(tx, project.id).endpoints
    return [
        replace(each, settings=templates.narrowed_to(each, scope)) for each in templates.templates_of(tx, project.id)
    ]


def declared_settings(tx: Transaction, actor: Actor, project_id: str, name: str) -> KeySettings:
    """What a declared key would be issued with now; a key of this name and nothing else where none is declared."""
    wanted = clean_name(name)
    found = next((each for each in list_declared(tx, actor, project_id) if each.name == wanted), None)
    return issued_settings(found, clock.now()) if found else KeySettings(name)


def issued_settings(declared: KeyTemplate, now: datetime) -> KeySettings:
    """A declared key's settings as its key has them, with an expiry counted from now."""
    said = declared.settings
    days, quota, limits = said["expires_after_days"], said["quota"], said["rate_limits"]
    return KeySettings(
        declared.name, said["workload"], None if said["endpoints"] is None else tuple(said["endpoints"]),
        None if days is None else now + timedelta(days=days), declared.allowed_cidrs,
        tuple(RateLimit(each, limits[each]["limit"], limits[each]["window_s"]) for each in sorted(limits)),
        Quota(quota["limit"], quota["period"]) if quota else None,
    )  # fmt: skip


def declare_key(
    tx: Transaction, actor: Actor, project_id: str, name: str, settings: Mapping[str, Any], networks: tuple[str, ...] = ()
) -> KeyTemplate:  # fmt: skip
    """Declare a key of a project that is to be issued later; it has its id from now on. `networks`: where it may be called from."""
    project = _own(tx, actor, project_id)
    template = KeyTemplate(
        project.id, name, ids.new_id("key"), settings, _normal(networks), actor.name, clock.now()
    )  # fmt: skip
    taken = Problem("already_exists", f"The project has declared a key named {name!r} already.")
    with broken_constraint_means(taken):
        templates.insert_template(tx, project, template)
    _record(tx, actor, project, "key.declared", template, None, settings)
    return template


def redeclare_key(
    tx: Transaction, actor: Actor, declared: KeyTemplate, settings: Mapping[str, Any], networks: tuple[str, ...]
) -> None:
    """Declare a key of a name otherwise."""
    project = _own(tx, actor, declared.project_id)
    templates.change_template(tx, project.id, declared.name, settings, _normal(networks))
    _record(tx, actor, project, "key.redeclared", declared, declared.settings, settings)


def undeclare_key(tx: Transaction, actor: Actor, project_id: str, name: str) -> None:
    """Take a declared key back; nothing where none is declared by that name."""
    project = _own(tx, actor, project_id)
    if gone := templates.delete_template(tx, project.id, name):
        _record(tx, actor, project, "key.undeclared", gone, gone.settings, None)


def withdraw_declared(tx: Transaction, actor: Actor, key_id: str) -> KeyTemplate:
    """Take a declared key back by the id that it would have had; Problem `not_found` where it is none of the actor's business."""
    declared = templates.template_of_key(tx, key_id)
    if declared is None:
        raise not_found("declared key")
    undeclare_key(tx, actor, declared.project_id, declared.name)
    return declared


def _own(tx: Transaction, actor: Actor, project_id: str) -> Project:
    project = read_project(tx, actor, project_id)
    require(actor, "keys.issue", project.organization_id)
    require_active(project)
    # The log before any row, as every change takes them.
    audit.hold(tx, project.organization_id)
    return project


def _normal(networks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(normal_network(each) for each in networks))


def _record(
    tx: Transaction, actor: Actor, project: Project, action: str, template: KeyTemplate,
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None,
) -> None:  # fmt: skip
    audit.record(
        tx, actor, action, organization_id=project.organization_id, subject_kind="key", subject_id=template.key_id,
        subject_name=template.name, project_id=project.id, before=before, after=after,
    )  # fmt: skip
