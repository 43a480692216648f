"""Which projects use most: of an organization, and of the whole instance for its operator. Changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, page_of_whole
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import require, require_operator
from freehold.organizations.records import Actor
from freehold.store.engine import Transaction
from freehold.usage import gap_queries, rules, sum_queries
from freehold.usage.actions import as_of
from freehold.usage.period_rules import before
from freehold.usage.records import Counts, Range, UsageGap
from freehold.usage.sum_queries import ProjectName

# Decisions about keys that nobody knows are of no project, and so of no organization.
NO_PROJECT = ProjectName("", "No known key", "", "", "")


@dataclass(frozen=True, slots=True)
class Driver:
    """What one project used, and `before` in the period before where that was asked for. `share` of the requests, 0 to 1."""

    project: ProjectName
    counts: Counts
    share: float
    before: Counts | None


@dataclass(frozen=True, slots=True)
class Drivers:
    """One page of the projects, largest first, those without usage last; the totals are of all of them."""

    range: Range
    previous: Range | None
    page: Page[Driver]
    projects: int
    totals: Counts
    totals_before: Counts | None
    as_of: datetime
    gaps: list[UsageGap]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which range, whether the period before is wanted too, and which page."""

    range: Range
    compare: bool = False
    limit: int = 50
    after: Cursor | None = None


def read_organization_drivers(tx: Transaction, actor: Actor, organization_id: str, wanted: Wanted) -> Drivers:
    """What each project of an organization used."""
    require(actor, "usage.read", organization_id)
    read_organization(tx, actor, organization_id)
    return _drivers(tx, organization_id, wanted)


def read_instance_drivers(tx: Transaction, actor: Actor, wanted: Wanted) -> Drivers:
    """What each project of the instance used, and what keys that nobody knows were refused; for the operator."""
    require_operator(actor)
    return _drivers(tx, None, wanted)


def _drivers(tx: Transaction, organization_id: str | None, wanted: Wanted) -> Drivers:
    names = sum_queries.project_names(tx, organization_id)
    previous = before(wanted.range, UTC, clock.now()) if wanted.compare else None
    now = _sums(tx, organization_id, wanted.range)
    then = _sums(tx, organization_id, previous) if previous else None
    rows = _ranked(names, now, then)
    project_ids = None if organization_id is None else list(names)
    return Drivers(
        range=wanted.range, previous=previous,
        page=page_of_whole(rows, wanted.limit, wanted.after, lambda row: row.project.id or "none"),
        projects=len(names), totals=rules.total(now.values()), totals_before=rules.total(then.values()) if then is not None else None,
        as_of=as_of(tx), gaps=gap_queries.gaps_of(tx, project_ids, wanted.range.start, wanted.range.end),
    )  # fmt: skip


def _ranked(
    names: Mapping[str, ProjectName], now: Mapping[str, Counts], then: Mapping[str, Counts] | None
) -> Sequence[Driver]:
    whole = rules.total(now.values()).requests
    strangers = [NO_PROJECT] if now.get("") or (then or {}).get("") else []
    rows = [
        Driver(
            project, counts := now.get(project.id, Counts()), rules.share(counts.requests, whole),
            None if then is None else then.get(project.id, Counts()),
        )
        for project in (*names.values(), *strangers)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.counts.requests, row.project.name, row.project.id))


def _sums(tx: Transaction, organization_id: str | None, range_: Range) -> dict[str, Counts]:
    pieces = rules.cover([range_.start], range_.end)
    if organization_id is None:
        return rules.each_group(sum_queries.projects_of_instance(tx, pieces))
    return rules.each_group(sum_queries.projects_of_organization(tx, organization_id, pieces))
