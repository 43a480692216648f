"""Reading usage: sums, single requests, and why a decision came out as it did.

Nothing here changes anything. Each function takes one transaction, so that the sums, groups and
progress of one answer are of one moment.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from freehold.apis import queries as apis
from freehold.errors import not_found
from freehold.keys.explanation import Explanation, explain_recorded
from freehold.kit import clock, ids
from freehold.organizations.permissions import may, require, require_operator
from freehold.organizations.records import Actor
from freehold.projects import actions as projects
from freehold.projects import queries as project_queries
from freehold.store.engine import Transaction
from freehold.usage import gap_queries, queries, rules, sum_queries
from freehold.usage.archive import Archive
from freehold.usage.costs import CostReport, corrected, report_of
from freehold.usage.records import (
    Counts,
    Divided,
    Filter,
    Group,
    GroupBy,
    Listed,
    Piece,
    Question,
    Range,
    Recorded,
    RequestRow,
    SecretName,
    Sum,
    Usage,
)
from freehold.usage.repeating import Repeat, repeat

# How many requests a page looks through for a filter's, and about how long. Projects and keys alone have an index: one by path would
# add a tenth to what every request takes, and PostgreSQL's takes no text as long as a path may be.
LOOKED_AT: Final = 50_000
LOOKED_FOR_S: Final = 0.05
# So many at once. One takes a microsecond where a project's lie together, and up to sixty where each is read from another place of the
# disk; PostgreSQL takes milliseconds to plan a question to all days' partitions.
STRETCH: Final = {"sqlite": 500, "postgresql": 1_500}
_NAMELESS = {"key": "No key", "endpoint": "No endpoint", "secret": "No secret", "outcome": "None"}


@dataclass(frozen=True, slots=True)
class ExplainedRequest:
    """One request with all that explains it. `endpoints`: the scope now; `changed_since`: whether it was another then.

    `reported`: what was said afterwards of its cost.
    """

    request: RequestRow
    explanation: Explanation
    epoch: int
    secret: SecretName | None
    project_name: str | None
    endpoints: list[str]
    changed_since: bool
    reported: CostReport | None


def read_usage(tx: Transaction, actor: Actor, project_id: str, question: Question) -> Usage:
    """Answer a question about a project's usage; Problem `invalid` where it cannot be asked."""
    divided, range_ = read_divided(tx, actor, project_id, question), question.range
    latencies = sum_queries.latencies_of_project(tx, project_id, _whole(range_), question.filter)
    return Usage(
        question=question, series=divided.series, totals=divided.totals, latency=rules.percentiles(latencies),
        groups=divided.groups, as_of=as_of(tx), gaps=gap_queries.gaps_of(tx, [project_id], range_.start, range_.end),
        proven=queries.proven(tx, project_id),
    )  # fmt: skip


def read_divided(tx: Transaction, actor: Actor, project_id: str, question: Question) -> Divided:
    """A project's usage over time, divided as the question says, without what else an answer has."""
    _require_project(tx, actor, project_id)
    rules.check_filter_of_sums(question.filter)
    starts = rules.buckets(question.range, question.bucket, rules.read_zone(question.timezone))
    pieces = rules.cover(starts, question.range.end)
    sums = sum_queries.sums_of_project(tx, project_id, pieces, question.filter, question.group_by)
    if question.bucket in ("day", "month"):
        # What was read are hours, and minutes at the ends: added once here, and not once for each of the following.
        sums = rules.by_bucket(sums, starts)
    totals = rules.total(each.counts for each in sums)
    groups = _groups(tx, sums, totals, question.group_by) if question.group_by else []
    series = rules.into_points(sums, starts, [group.id for group in groups] if question.group_by else None)
    return Divided(series, totals, groups)


def list_requests(
    tx: Transaction, actor: Actor, project_id: str, filter_: Filter, start: datetime | None, end: datetime | None,
    limit: int, after: tuple[datetime, str] | None = None,
) -> list[RequestRow]:  # fmt: skip
    """A project's single requests, newest first, after one: of a page of them (`page_of_requests`), the rows."""
    return page_of_requests(tx, actor, project_id, filter_, start, end, limit, after).rows


def page_of_requests(
    tx: Transaction, actor: Actor, project_id: str, filter_: Filter, start: datetime | None, end: datetime | None,
    limit: int, after: tuple[datetime, str] | None = None,
) -> Listed:  # fmt: skip
    """A page of a project's single requests, newest first, after one.

    A filtered one may have room and yet not be the last: it looks through some of the requests, and the next one goes on.
    """
    _require_project(tx, actor, project_id)
    rules.check_bounds(start, end)
    rules.check_filter(filter_)
    look = _look_for if rules.is_looked_for(filter_) else _read
    listed = look(tx, project_id, filter_, start, end, limit + 1, after)
    if len(listed.rows) > limit:
        return Listed(listed.rows[:limit], (listed.rows[limit - 1].at, listed.rows[limit - 1].id))
    return listed


def _read(
    tx: Transaction, project_id: str, filter_: Filter, start: datetime | None, end: datetime | None,
    count: int, after: tuple[datetime, str] | None,
) -> Listed:  # fmt: skip
    """So many requests that an index has together."""
    return Listed(queries.requests_of(tx, project_id, filter_, start, end, count, after))


def _look_for(
    tx: Transaction, project_id: str, filter_: Filter, start: datetime | None, end: datetime | None,
    count: int, after: tuple[datetime, str] | None,
) -> Listed:  # fmt: skip
    """So many requests, looked for stretch by stretch; fewer where `LOOKED_AT` or `LOOKED_FOR_S` ends the looking."""
    rows: list[RequestRow] = []
    looked_at, stretch, began_s = 0, STRETCH[tx.dialect.name], time.monotonic()
    while True:
        to = queries.looks_to(tx, project_id, filter_, start, end, after, stretch)
        rows += queries.requests_of(tx, project_id, filter_, to or start, end, count - len(rows), after)
        if to is None or len(rows) == count:
            return Listed(rows)
        # No id stands before the empty one: what comes next was decided before that instant.
        after, looked_at = (to, ""), looked_at + stretch
        if looked_at >= LOOKED_AT or time.monotonic() - began_s >= LOOKED_FOR_S:
            return Listed(rows, after, to, looked_at)


def read_request(tx: Transaction, actor: Actor, request_id: str, archive: Archive | None = None) -> ExplainedRequest:
    """One request, explained; Problem `not_found` where it is none of the actor's business.

    One that is no longer in the database may be in the archive. A request whose credential named no project belongs to nobody: only operators see it.
    """
    found = queries.find_request(tx, request_id) or _archived(tx, archive, request_id)
    if found is None or not _concerns(actor, found[0]):
        raise not_found("request")
    request, recorded = found
    if request.organization_id is None:
        require_operator(actor)
    else:
        require(actor, "usage.read", request.organization_id)
    project = project_queries.find_project(tx, request.project_id) if request.project_id else None
    subjects = [subject for subject in (request.project_id, request.key_id) if subject]
    return ExplainedRequest(
        request=request,
        explanation=explain_recorded(request.outcome, recorded.rule, recorded.limits, request.cost),
        epoch=recorded.epoch,
        secret=queries.secret_names(tx, [request.secret]).get(request.secret) if request.secret else None,
        project_name=project.name if project else None,
        endpoints=project_queries.scope_of(tx, project.id).endpoints if project else [],
        changed_since=bool(subjects) and queries.changed_since(tx, recorded.epoch, subjects),
        reported=report_of(tx, request.id),
    )


def repeat_of(tx: Transaction, request: RequestRow, gate_url: str) -> Repeat | None:
    """A command that asks the gate again what a request that the actor was shown asked; None where too little was kept."""
    api = apis.find_api(tx, request.api_id) if request.api_id else None
    return repeat(request, api.slug if api else "", gate_url)


def as_of(tx: Transaction) -> datetime:
    """The instant before which every decision is in the sums."""
    now = clock.now()
    return min(queries.complete_to(tx) or now, now)


def _whole(range_: Range) -> list[Piece]:
    return rules.cover([range_.start], range_.end)


def _require_project(tx: Transaction, actor: Actor, project_id: str) -> None:
    require(actor, "usage.read", projects.read_project(tx, actor, project_id).organization_id)


def _archived(tx: Transaction, archive: Archive | None, request_id: str) -> tuple[RequestRow, Recorded] | None:
    row = archive.find(request_id) if archive and ids.is_id(request_id, "req") else None
    return queries.request_of_archive(tx, next(corrected(tx, [row]))) if row else None


def _concerns(actor: Actor, request: RequestRow) -> bool:
    if request.organization_id is None:
        return actor.is_operator or actor.kind == "system"
    return may(actor, "usage.read", request.organization_id) or request.organization_id in actor.roles


def _groups(tx: Transaction, sums: list[Sum], totals: Counts, group_by: GroupBy) -> list[Group]:
    counts = rules.largest_groups(sums)
    names = _names(tx, list(counts), group_by)
    return [Group(id_, names[id_], each, rules.share(each.requests, totals.requests)) for id_, each in counts.items()]


def _names(tx: Transaction, group_ids: list[str], group_by: GroupBy) -> dict[str, str]:
    names = {group_id: group_id for group_id in group_ids}
    if group_by == "key":
        names |= queries.key_names(tx, group_ids)
    if group_by == "secret":
        secrets = queries.secret_names(tx, group_ids)
        names |= {selector: f"Version {secret.version}, ends in {secret.last4}" for selector, secret in secrets.items()}
    return names | {"": _NAMELESS[group_by], rules.OTHERS: "Others"}
