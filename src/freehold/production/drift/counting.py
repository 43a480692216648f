"""The count of siblings' differences, kept in the transaction of every change of either, and who is told of new ones.

A consequence of every change (see `consequences`), and of the end of an acceptance. It tells by writing: an
announcement for the webhook endpoints of both siblings, a mark that the owners are owed a mail.
"""

from dataclasses import replace
from datetime import datetime

from freehold.production.drift import queries, rules
from freehold.production.drift.records import Acceptance, DriftHead
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.records import Change, Difference, Shape
from freehold.production.shape.rules import differences
from freehold.projects import queries as projects
from freehold.projects.records import Project
from freehold.store.announcements import announce
from freehold.store.engine import Transaction


def count_drift(tx: Transaction, change: Change) -> None:
    """Count anew how a changed project and its sibling differ, where it has one."""
    sibling = projects.find_sibling(tx, change.project)
    if sibling is None:
        return
    other = read_shape(tx, sibling)
    if change.project.environment == "sandbox":
        count(tx, change.project, sibling, change.after, other, change.at)
    else:
        count(tx, sibling, change.project, other, change.after, change.at)


def recount(tx: Transaction, sandbox: Project, production: Project, now: datetime) -> None:
    """Count anew how two siblings differ: as their tables have them."""
    queries.lock_head(tx, sandbox.id)
    count(tx, sandbox, production, read_shape(tx, sandbox), read_shape(tx, production), now)


def count(
    tx: Transaction, sandbox: Project, production: Project, left: Shape, right: Shape, now: datetime
) -> None:  # fmt: skip
    """Keep how two shapes differ; acceptances of what changed end, and what is new is told of."""
    before = queries.lock_head(tx, sandbox.id)
    found = differences(left, right)
    standing = end_acceptances(tx, queries.standing_of(tx, sandbox.id), found, now)
    known = tuple(each.path for each in found if each.path not in standing)
    new = rules.news(before.known if before else (), known)
    head = DriftHead(sandbox.id, production.id, len(found), len(known), known, now, bool(new), None)
    if before is not None:
        head = replace(head, owes_mail=bool(known) and (before.owes_mail or bool(new)), mailed_at=before.mailed_at)
    queries.keep_head(tx, head)
    if new:
        _tell(tx, head, new, now)


def end_acceptances(
    tx: Transaction, standing: dict[str, Acceptance], found: list[Difference], now: datetime
) -> dict[str, Acceptance]:
    """End those that do not stand any more; the rest."""
    by_path = {each.path: each for each in found}
    left = {}
    for path, acceptance in standing.items():
        why = rules.why_ended(acceptance, by_path.get(path), now)
        if why is None:
            left[path] = acceptance
        else:
            queries.end_acceptance(tx, acceptance.id, why, now)
    return left


def _tell(tx: Transaction, head: DriftHead, new: list[str], now: datetime) -> None:
    said = {"differences": head.differences, "unaccepted": head.unaccepted, "new": new[:50]}
    for project_id, sibling_id in ((head.sandbox_id, head.production_id), (head.production_id, head.sandbox_id)):
        announce(tx, project_id, "drift.detected", {"sibling": sibling_id, **said}, now)
