"""Keys that are declared and not issued: SQL, and what one is.

A clone, or a file, declares a key; a person issues it afterwards, since its secret is theirs to keep. A template has
the id that its key will have, so that an alert rule can look at the key before it is there.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.store.schema import key_templates

_C = key_templates.c


@dataclass(frozen=True, slots=True)
class KeyTemplate:
    """A declared key. `settings` as a project's shape has them; `allowed_cidrs`: the networks it is restricted to, if any."""

    project_id: str
    name: str
    key_id: str
    settings: Mapping[str, Any]
    allowed_cidrs: tuple[str, ...]
    created_by: str
    created_at: datetime


def narrowed_to(template: KeyTemplate, scope: Collection[str]) -> dict[str, Any]:
    """A declared key's settings under a scope: what left the scope left the key too, and comes back with it."""
    endpoints = template.settings["endpoints"]
    kept = None if endpoints is None else sorted(each for each in endpoints if each in scope)
    return {**template.settings, "endpoints": kept}


def insert_template(tx: Transaction, project: Project, template: KeyTemplate) -> None:
    """Declare a key; IntegrityError where one of its name is declared."""
    tx.execute(
        insert(key_templates).values(
            project_id=project.id, environment=project.environment, name=template.name, key_id=template.key_id,
            settings=dict(template.settings), allowed_cidrs=list(template.allowed_cidrs) or None,
            created_by=template.created_by, created_at=template.created_at,
        )
    )  # fmt: skip


def templates_of(tx: Transaction, project_id: str) -> list[KeyTemplate]:
    """A project's declared keys, by name (primary key)."""
    rows = tx.execute(select(key_templates).where(_C.project_id == project_id).order_by(_C.name))
    return [_template(row) for row in rows]


def find_template(tx: Transaction, project_id: str, name: str) -> KeyTemplate | None:
    """A declared key by its name (primary key)."""
    row = tx.execute(select(key_templates).where(_C.project_id == project_id, _C.name == name)).first()
    return _template(row) if row else None


def template_of_key(tx: Transaction, key_id: str) -> KeyTemplate | None:
    """A declared key by the id that its key will have (unique)."""
    row = tx.execute(select(key_templates).where(_C.key_id == key_id)).first()
    return _template(row) if row else None


def change_template(
    tx: Transaction, project_id: str, name: str, settings: Mapping[str, Any], allowed_cidrs: tuple[str, ...]
) -> None:
    """Declare a key of a name otherwise."""
    changed = update(key_templates).where(_C.project_id == project_id, _C.name == name)
    tx.execute(changed.values(settings=dict(settings), allowed_cidrs=list(allowed_cidrs) or None))


def delete_template(tx: Transaction, project_id: str, name: str) -> KeyTemplate | None:
    """Take a declared key away, as its key is issued or not wanted any more; what it was, where there was one."""
    row = tx.execute(
        delete(key_templates).where(_C.project_id == project_id, _C.name == name).returning(*key_templates.c)
    ).first()
    return _template(row) if row else None


def _template(row: Row[*tuple[Any, ...]]) -> KeyTemplate:
    return KeyTemplate(
        row.project_id,
        row.name,
        row.key_id,
        row.settings,
        tuple(row.allowed_cidrs or ()),
        row.created_by,
        row.created_at,
    )
