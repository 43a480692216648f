"""Which source makes the rows of which kind of report.

Slices to the right of this one have rows that only they can read: they register theirs when a process starts
(`register`, called where the app and the tasks are put together), so that this slice knows none of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from freehold.errors import FieldError
from freehold.organizations.records import Actor
from freehold.reports.records import Parameters, Place, ReportKind, Row
from freehold.reports.sources import assets, costs, people, usage
from freehold.reports.sources.wanted import Wanted
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a report, of whom, and for what."""

    actor: Actor
    organization_id: str
    project_id: str | None
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one kind. `facts`: what the manifest says of them, from what was wanted and the sums of what was written.

    `faults`: why there can be no such report, beyond what its parameters show by themselves. `requests`: the decided
    access requests that a project's report of this kind can be of, by id, each in words. `requests_of_all`: those of all
    projects of an organization, by project and id.

    Long ones can be gone on with. `place`: what a row is known by in their order, behind which `rows` begins where
    `wanted.after` says so. `mark`: a value of JSON that is another one once the rows that were read may be others.
    """

    rows: Callable[[Wanted], Iterator[list[Row]]]
    facts: Callable[[Wanted, Mapping[str, int]], dict[str, Any]] | None = None
    faults: Callable[[Transaction, Asked], list[FieldError]] | None = None
    requests: Callable[[Transaction, str], list[tuple[str, str]]] | None = None
    requests_of_all: Callable[[Transaction, str], list[tuple[str, str]]] | None = None
    place: Callable[[Row], Place] | None = None
    mark: Callable[[Wanted], Any] | None = None


SOURCES: Final[dict[ReportKind, Source]] = {
    "usage_summary": Source(usage.summary),
    "usage_detail": Source(usage.detail, place=usage.place, mark=usage.mark),
    "key_inventory": Source(assets.key_inventory),
    "webhook_deliveries": Source(assets.webhook_deliveries, place=assets.delivery_place, mark=assets.deliveries_mark),
    "alert_firings": Source(assets.firings),
    "access_review": Source(people.access_review),
    "audit_log": Source(people.audit_log, place=people.entry_place, mark=people.log_mark),
    "cost_statement": Source(costs.statement, costs.facts, lambda tx, asked: costs.faults(tx, asked.organization_id, asked.parameters)),
}  # fmt: skip


def register(kind: ReportKind, source: Source) -> None:
    """Say who makes the rows of a kind."""
    SOURCES[kind] = source


def source_faults(tx: Transaction, asked: Asked) -> list[FieldError]:
    """Why there can be no such report, by what its source finds; none where it has nothing against it."""
    find = SOURCES[asked.parameters.kind].faults
    return find(tx, asked) if find else []


def decided_requests(tx: Transaction, project_id: str) -> list[tuple[str, str]]:
    """The decided access requests that a project's reports can be of, newest first: ids, each with what it is in words."""
    return [request for source in SOURCES.values() if source.requests for request in source.requests(tx, project_id)]


def all_decided_requests(tx: Transaction, kind: ReportKind, organization_id: str) -> list[tuple[str, str]]:
    """The decided access requests of all projects of an organization that reports of a kind can be of: projects, each with an id."""
    find = SOURCES[kind].requests_of_all if kind in SOURCES else None
    return find(tx, organization_id) if find else []
