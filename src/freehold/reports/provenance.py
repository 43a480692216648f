"""What is said of where a report's rows come from: in its manifest, and in the heading of one that people read."""

from typing import Any

from sqlalchemy import func, select

from freehold.kit import clock
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.readable.records import About
from freehold.reports.records import READABLE, UTC_NAME, Report
from freehold.reports.sources import usage
from freehold.reports.sources.registry import SOURCES
from freehold.reports.sources.wanted import Wanted
from freehold.reports.summaries import of_organization
from freehold.store.engine import Store
from freehold.store.schema import organizations, projects, usage_rollups
from freehold.usage.queries import complete_to


def about(store: Store, report: Report) -> About | None:
    """What a readable report says that it is of: ids, and addresses, which stay when names change."""
    facts = KIND_FACTS[report.parameters.kind]
    if facts.summary is None or report.parameters.format not in READABLE:
        return None
    with store.read() as tx:
        slug = tx.execute(select(organizations.c.slug).where(organizations.c.id == report.organization_id)).scalar_one()
        owner = [("Organization", f"{slug} ({report.organization_id})")]
        if report.project_id:
            of = select(projects.c.slug, projects.c.environment).where(projects.c.id == report.project_id)
            row = tx.execute(of).one()
            owner.insert(0, ("Project", f"{row.slug}, {row.environment} ({report.project_id})"))
    names = [each.name for each in facts.columns]
    summary = facts.summary if report.project_id else of_organization(facts.summary, names)
    return About(facts.title, facts.detail, summary, report.parameters, tuple(owner))


def source_facts(store: Store, report: Report, wanted: Wanted, sums: Any) -> dict[str, Any]:
    """How far usage was counted, and whether the rows agree with the sums that every other page shows."""
    kind, own = report.parameters.kind, SOURCES[report.parameters.kind].facts
    if not KIND_FACTS[kind].counted:
        said = own(wanted, sums) if own else {}
        return said if KIND_FACTS[kind].closed else {"as_of": clock.to_text(report.created_at), **said}
    if own:
        with store.read() as tx:
            to = complete_to(tx)
        return {"counted_to": clock.to_text(to) if to else None, **own(wanted, sums)}
    if wanted.time_zone != UTC_NAME:
        return _local_facts(store, report, wanted, sums)
    start, end = wanted.period
    column = usage_rollups.c
    query = select(func.sum(column.requests), func.sum(column.cost)).where(
        column.grain == "day",
        column.bucket_at >= start,
        column.bucket_at < end,
        column.project_id.in_(wanted.project_ids),
    )
    with store.read() as tx:
        requests, cost = (int(each or 0) for each in tx.execute(query).one())
        counted = complete_to(tx)
    found = {"requests": requests, "cost": cost}
    mine = {"requests": sums.get("requests"), "cost": sums["cost"]}
    return {
        "counted_to": clock.to_text(counted) if counted else None, "day_sums": found,
        "reconciled": mine["cost"] == cost and mine["requests"] in (None, requests),
    }  # fmt: skip


def _local_facts(store: Store, report: Report, wanted: Wanted, sums: Any) -> dict[str, Any]:
    """The same for days of a time zone, which are compared with the sums by the hour.

    `reconciled` is None where there is nothing to compare with: the hours are not kept any more, or the period of single
    requests begins or ends within an hour.
    """
    start, end = wanted.period
    hours = usage.hours_kept(wanted)
    on_the_hour = start.minute == end.minute == 0 or report.parameters.kind == "usage_summary"
    with store.read() as tx:
        counted = complete_to(tx)
    mine = sums["cost"] == hours.cost and sums.get("requests") in (None, hours.requests)
    return {
        "counted_to": clock.to_text(counted) if counted else None, "starts_at": clock.to_text(start),
        "ends_at": clock.to_text(end), "hour_sums": {"requests": hours.requests, "cost": hours.cost},
        "reconciled": mine if hours.complete and on_the_hour else None,
    }  # fmt: skip
