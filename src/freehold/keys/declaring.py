"""Declared keys: declare one, declare it otherwise, take it back. Issuing it is `actions.issue_key`.

One function is one use case and one transaction, which the caller opens. A declared key has settings as a shape has
them: `workload`, `endpoints`, `restricted`, `rate_limits`, `quota`, `expires_after_days`.
"""

from collections.abc import Mapping
from typing import Any

from freehold.errors import Problem
from freehold.keys import templates
from freehold.keys.settings_rules import normal_network
from freehold.keys.templates import KeyTemplate
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


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


def _own(tx: Transaction, actor: Actor, project_id: str) -> Project:
    project = read_project(tx, actor, project_id)
    require(actor, "keys.issue", project.organization_id)
    require_active(project)
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
