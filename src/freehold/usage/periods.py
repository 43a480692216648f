"""Reading what a range is compared with, and what it may come to. Changes nothing; one transaction a function."""

from datetime import datetime

from freehold.kit import clock
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects import actions as projects
from freehold.store.engine import Transaction
from freehold.usage import rules, sum_queries
from freehold.usage.period_rules import WEEK, Previous, Projection, before, course, project, week_before
from freehold.usage.records import Counts, Filter, Piece, Question, Usage


def read_previous(tx: Transaction, actor: Actor, project_id: str, question: Question) -> Previous | None:
    """What a project used in the period before the one that is asked about; None where that has not begun."""
    require(actor, "usage.read", projects.read_project(tx, actor, project_id).organization_id)
    range_ = before(question.range, rules.read_zone(question.timezone), clock.now())
    if range_ is None:
        return None
    pieces = rules.cover([range_.start], range_.end)
    sums = sum_queries.groups_of_project(tx, project_id, pieces, question.filter, "outcome")
    latencies = sum_queries.latencies_of_project(tx, project_id, pieces, question.filter)
    return Previous(range_, rules.total(each.counts for each in sums), rules.percentiles(latencies))


def read_projection(tx: Transaction, actor: Actor, project_id: str, usage: Usage) -> Projection | None:
    """What a project's usage may come to by the end of a range that still runs; None where it has ended."""
    asked, as_of = usage.question, usage.as_of
    if asked.range.end <= rules.ceil_minute(clock.now()):
        return None
    made_at = projects.read_project(tx, actor, project_id).created_at
    hours = _hours(tx, project_id, asked.filter, as_of) if made_at <= as_of - WEEK else None
    return project(usage.totals, asked.range, as_of, hours)


def read_latency_course(tx: Transaction, actor: Actor, project_id: str, question: Question) -> tuple[int, ...]:
    """The 95th percentiles of a range's latencies, in microseconds and in order: of each stretch that saw any.

    The stretches are those that suit the range, whatever bucket is asked for: they make a line, not a table.
    """
    require(actor, "usage.read", projects.read_project(tx, actor, project_id).organization_id)
    range_ = question.range
    starts = rules.buckets(range_, rules.bucket_for(range_.end - range_.start), rules.read_zone(question.timezone))
    found = sum_queries.latencies_by_bucket(tx, project_id, rules.cover(starts, range_.end), question.filter)
    return course(found, starts, 95)


def _hours(tx: Transaction, project_id: str, filter_: Filter, as_of: datetime) -> dict[datetime, Counts]:
    week = week_before(as_of)
    sums = sum_queries.sums_of_project(tx, project_id, [Piece("hour", week.start, week.end)], filter_, None)
    return {each.at: each.counts for each in sums if each.at is not None}
