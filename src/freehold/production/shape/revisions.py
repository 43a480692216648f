"""SQL of shapes' history: revisions, the newest of each project, and who changed which field last."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.kit import canonical_json
from freehold.production.shape.records import Change, Head, Revision, Shape
from freehold.store.engine import Transaction
from freehold.store.schema import projects, shape_heads, shape_marks, shape_revisions

_H, _R, _M = shape_heads.c, shape_revisions.c, shape_marks.c


def head_of(tx: Transaction, project_id: str) -> Head | None:
    """A project's newest revision (primary key); None where it never had one."""
    row = tx.execute(select(shape_heads).where(_H.project_id == project_id)).first()
    return Head(**row._mapping) if row else None


def lock_head(tx: Transaction, project_id: str) -> Head | None:
    """The same, its row held until the commit: of two changes of a project, one comes after the other."""
    row = tx.execute(select(shape_heads).where(_H.project_id == project_id).with_for_update()).first()
    return Head(**row._mapping) if row else None


def heads_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, Head]:
    """The newest revisions of projects (primary key)."""
    rows = tx.execute(select(shape_heads).where(_H.project_id.in_(project_ids)))
    return {row.project_id: Head(**row._mapping) for row in rows}


def revision(tx: Transaction, project_id: str, number: int) -> Revision | None:
    """One revision (primary key)."""
    row = tx.execute(select(shape_revisions).where(_R.project_id == project_id, _R.number == number)).first()
    return _revision(row) if row else None


def history(tx: Transaction, project_id: str, limit: int, before: int | None = None) -> list[Revision]:
    """A project's revisions, newest first, before a number (primary key)."""
    query = select(shape_revisions).where(_R.project_id == project_id)
    if before is not None:
        query = query.where(_R.number < before)
    return [_revision(row) for row in tx.execute(query.order_by(_R.number.desc()).limit(limit))]


def shape_at(tx: Transaction, project_id: str, number: int) -> Shape | None:
    """What a project declared in a revision (primary key)."""
    kept = tx.execute(select(_R.shape).where(_R.project_id == project_id, _R.number == number)).scalar()
    return _opened(kept) if kept is not None else None


def present_shapes(tx: Transaction, project_ids: Sequence[str]) -> dict[str, Shape]:
    """What projects declare now, by their newest revisions (primary keys); one without a history is left out."""
    newest = (_R.project_id == _H.project_id) & (_R.number == _H.number)
    query = select(_R.project_id, _R.shape).join(shape_heads, newest).where(_R.project_id.in_(project_ids))
    return {row.project_id: _opened(row.shape) for row in tx.execute(query)}


def marks_of(tx: Transaction, project_id: str, paths: Sequence[str]) -> dict[str, Revision]:
    """The revision in which each field of a project was changed last (primary keys)."""
    joined = select(_M.path, *shape_revisions.c).join(
        shape_revisions, (_R.project_id == _M.project_id) & (_R.number == _M.number)
    )
    rows = tx.execute(joined.where(_M.project_id == project_id, _M.path.in_(paths)))
    return {row.path: _revision(row) for row in rows}


def write(tx: Transaction, change: Change) -> None:
    """Keep a change as the project's next revision, with the marks of its fields."""
    project_id = change.project.id
    tx.execute(
        insert(shape_revisions).values(
            project_id=project_id, number=change.number, fingerprint=change.fingerprint,
            shape=zlib.compress(canonical_json.encode(change.after)),
            changes=[{"path": each.path, "item": each.item, "kind": each.kind} for each in change.differences],
            cause=change.cause, actor_kind=change.by.kind, actor_id=change.by.id, actor_name=change.by.name,
            request_id=change.by.request_id, at=change.at,
        )
    )  # fmt: skip
    head = Head(project_id, change.number, change.fingerprint, change.at)
    moved = tx.execute(update(shape_heads).where(_H.project_id == project_id).values(**asdict(head)))
    if not moved.rowcount:
        tx.execute(insert(shape_heads).values(**asdict(head)))
    paths = [each.path for each in change.differences]
    if paths:
        tx.execute(delete(shape_marks).where(_M.project_id == project_id, _M.path.in_(paths)))
        tx.execute(
            insert(shape_marks), [{"project_id": project_id, "path": path, "number": change.number} for path in paths]
        )


def without_revision(tx: Transaction, limit: int) -> list[str]:
    """Ids of projects that never had a revision: made before there were any."""
    query = select(projects.c.id).outerjoin(shape_heads, _H.project_id == projects.c.id)
    return list(tx.execute(query.where(_H.project_id.is_(None)).order_by(projects.c.id).limit(limit)).scalars())


def _revision(row: Row[*tuple[Any, ...]]) -> Revision:
    return Revision(
        project_id=row.project_id, number=row.number, fingerprint=row.fingerprint, shape=_opened(row.shape),
        changes=tuple(row.changes), cause=row.cause, actor_kind=row.actor_kind, actor_id=row.actor_id,
        actor_name=row.actor_name, request_id=row.request_id, at=row.at,
    )  # fmt: skip


def _opened(kept: bytes) -> Shape:
    shape: Shape = json.loads(zlib.decompress(kept))
    return shape
