"""What the API shows of the projects that use most: views, and how they are filled. No IO."""

from datetime import datetime
from typing import Any

import msgspec

from freehold.usage.drivers import Driver, Drivers
from freehold.usage.records import Counts
from freehold.usage.views import CountsView, GapView, gap_views


class DriverCountsView(CountsView, kw_only=True):
    """What one project used. `share` of all the requests is from 0 to 1; `previous` are the sums of the period before."""

    share: float
    previous: CountsView | None


class ProjectUsageView(DriverCountsView, kw_only=True):
    """What one project of an organization used."""

    project: str
    name: str
    environment: str


class InstanceProjectUsageView(DriverCountsView, kw_only=True):
    """What one project of the instance used. All but `name` is null for requests with a key that nobody knows."""

    project: str | None
    name: str
    environment: str | None
    organization: str | None
    organization_name: str | None


class DriversView(msgspec.Struct, kw_only=True):
    """What projects used, largest first; the totals are of all of them, whatever page it is."""

    from_: datetime = msgspec.field(name="from")
    to: datetime
    totals: CountsView
    previous: CountsView | None
    projects_total: int
    next_cursor: str | None
    as_of: datetime
    gaps: list[GapView]


class OrganizationUsageView(DriversView, kw_only=True):
    """What an organization's projects used, largest first."""

    organization: str
    projects: list[ProjectUsageView]


class InstanceUsageView(DriversView, kw_only=True):
    """What the instance's projects used, largest first."""

    projects: list[InstanceProjectUsageView]


def organization_usage_view(organization_id: str, drivers: Drivers) -> OrganizationUsageView:
    """An organization's usage, as the API shows it."""
    rows = [
        ProjectUsageView(
            project=each.project.id, name=each.project.name, environment=each.project.environment, **_used(each)
        )
        for each in drivers.page.data
    ]
    return OrganizationUsageView(organization=organization_id, projects=rows, **_whole(drivers))


def instance_usage_view(drivers: Drivers) -> InstanceUsageView:
    """The instance's usage, as the API shows it."""
    rows = [
        InstanceProjectUsageView(
            project=each.project.id or None, name=each.project.name, environment=each.project.environment or None,
            organization=each.project.organization_id or None, organization_name=each.project.organization_name or None,
            **_used(each),
        )
        for each in drivers.page.data
    ]  # fmt: skip
    return InstanceUsageView(projects=rows, **_whole(drivers))


def _used(driver: Driver) -> dict[str, Any]:
    return {**driver.counts._asdict(), "share": driver.share, "previous": _counts(driver.before)}


def _whole(drivers: Drivers) -> dict[str, Any]:
    return {
        "from_": drivers.range.start, "to": drivers.range.end, "totals": _counts(drivers.totals),
        "previous": _counts(drivers.totals_before), "projects_total": drivers.projects,
        "next_cursor": drivers.page.next_cursor, "as_of": drivers.as_of, "gaps": gap_views(drivers.gaps),
    }  # fmt: skip


def _counts(counts: Counts | None) -> CountsView | None:
    return CountsView(**counts._asdict()) if counts is not None else None
