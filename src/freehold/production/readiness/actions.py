"""How a sandbox project stands on its way to production: looked at now, with evidence and ages, and kept for lists.

One function is one use case, in a transaction that the caller opens. Nothing here sends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.production.readiness import call_queries, gathering, lookups, queries, rules
from freehold.production.readiness.facts import Facts
from freehold.production.readiness.records import Check, CheckState, OwnCheck, Policy
from freehold.projects import posture_queries
from freehold.projects.actions import read_project
from freehold.projects.records import Project, ReadinessSummary
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Readiness:
    """A project's checks in the order of a page, how many passed, and the one to clear next."""

    project: Project
    policy: Policy
    checks: list[Check]
    summary: ReadinessSummary
    next: Check | None
    facts: Facts
    # Whose request for production access is open, a user id; and the own checks that are being asked.
    requested_by: str | None
    asked: frozenset[str]

    @property
    def at(self) -> datetime:
        """The moment that it is of."""
        return self.facts.now


@dataclass(frozen=True, slots=True)
class Stale:
    """What of a project's stored checks is no longer so: those to write down, and the codes to forget."""

    project_id: str
    changed: list[Check]
    gone: list[str]
    # HTTP checks that are to be called.
    due: list[OwnCheck]


def checks_of(tx: Transaction, project: Project) -> list[Check]:
    """How each check of a sandbox project stands at this moment, with its evidence and since when."""
    return _look(tx, project)[1]


def _look(tx: Transaction, project: Project) -> tuple[Facts, list[Check]]:
    policy, now = queries.policy_of(tx, project.api_id), clock.now()
    facts = gathering.with_requests(tx, gathering.gather(tx, policy, [project], now)[project.id])
    stored = queries.stored_of(tx, [project.id])[project.id]
    return facts, rules.aged(rules.checks(facts), _ages(stored), now)


def summary_of(tx: Transaction, project_ids: Sequence[str]) -> dict[str, ReadinessSummary]:
    """How far projects are, as they were looked at last: one query. A project that never was is left out."""
    return posture_queries.readiness_of(tx, project_ids)


def read_readiness(tx: Transaction, actor: Actor, project_id: str) -> Readiness:
    """A sandbox project's readiness now; Problem `conflict` for a production project."""
    project = read_project(tx, actor, project_id)
    require(actor, "production.read", project.organization_id)
    require_sandbox(project)
    facts, checks = _look(tx, project)
    found = rules.in_order(checks)
    return Readiness(
        project, facts.policy, found, rules.summary_of(found), rules.next_of(found), facts,
        lookups.requester_of(tx, project.id), queries.asked_of(tx, project.id),
    )  # fmt: skip


def require_sandbox(project: Project) -> None:
    """Raise Problem `conflict` for a production project: it is there already."""
    if project.environment != "sandbox":
        raise Problem("conflict", "Readiness is a sandbox project's: look at the sibling of this production project.")


def refresh(tx: Transaction, project: Project) -> None:
    """Write down how a project's checks stand now, after something was done about them."""
    for each in look_at(tx, [project], clock.now()):
        keep(tx, each, clock.now())


def look_at(tx: Transaction, projects: Iterable[Project], now: datetime) -> list[Stale]:
    """What of the stored checks of projects is no longer so. Writes nothing, so that an idle loop is in no one's way."""
    found = []
    for api_id, group in groupby(sorted(projects, key=lambda each: each.api_id), key=lambda each: each.api_id):
        several = list(group)
        facts = gathering.gather(tx, queries.policy_of(tx, api_id), several, now)
        stored = queries.stored_of(tx, [each.id for each in several])
        for project in several:
            checks = rules.aged(rules.checks(facts[project.id]), _ages(stored[project.id]), now)
            found.append(_stale(facts[project.id], checks, stored[project.id]))
    return [each for each in found if each.changed or each.gone or each.due]


def keep(tx: Transaction, stale: Stale, now: datetime) -> None:
    """Write down what `look_at` found of a project."""
    queries.store(tx, stale.project_id, stale.changed, now)
    queries.forget(tx, stale.project_id, stale.gone)
    for check in stale.due:
        call_queries.add_call(tx, stale.project_id, check, "Freehold", now)


def _stale(facts: Facts, checks: list[Check], stored: dict[str, tuple[CheckState, datetime, bool]]) -> Stale:
    changed = [
        each
        for each in checks
        if each.code not in stored or (stored[each.code][0], stored[each.code][2]) != (each.state, each.blocking)
    ]
    gone = sorted(stored.keys() - {each.code for each in checks})
    return Stale(facts.project_id, changed, gone, rules.due_calls(facts))


def _ages(stored: dict[str, tuple[CheckState, datetime, bool]]) -> dict[str, tuple[CheckState, datetime]]:
    return {code: (state, since) for code, (state, since, _) in stored.items()}
