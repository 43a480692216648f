"""Rows of what projects own: keys as they stand, deliveries and firings of a period."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, func, or_, select

from freehold.keys import queries as keys
from freehold.keys import secret_queries
from freehold.keys.records import Key, Secret
from freehold.kit import clock
from freehold.kit.decimals import number_text
from freehold.reports.records import Place, Row
from freehold.reports.sources.wanted import BATCH, Wanted
from freehold.store.schema import alert_firings, alert_rules, attempts, deliveries, messages, users

_D, _F = deliveries.c, alert_firings.c


def key_inventory(wanted: Wanted) -> Iterator[list[Row]]:
    """Every key, by project and age, with its newest version."""
    for project_id in wanted.project_ids:
        after: str | None = None
        found: list[Row] = []
        while True:
            with wanted.store.read() as tx:
                some = keys.keys_of(tx, project_id, BATCH, after, clock.now())
                secrets = secret_queries.secrets_of(tx, [key.id for key in some])
            found += [_key(key, secrets[key.id]) for key in some]
            if len(some) < BATCH:
                break
            after = some[-1].id
        if found:
            yield sorted(found, key=lambda row: str(row[0]))


def webhook_deliveries(wanted: Wanted) -> Iterator[list[Row]]:
    """Deliveries that were made in the period, in the order of their ids (ix_deliveries_project)."""
    start, end = wanted.period
    last = (
        select(attempts.c.status, attempts.c.error)
        .where(attempts.c.delivery_id == _D.id)
        .order_by(attempts.c.number.desc())
        .limit(1)
    )
    status = last.with_only_columns(attempts.c.status).correlate(deliveries).scalar_subquery()
    error = last.with_only_columns(attempts.c.error).correlate(deliveries).scalar_subquery()
    columns = (
        _D.id, _D.project_id, _D.webhook_endpoint_id, _D.message_id, messages.c.event_type, _D.state, _D.attempts,
        _D.created_at, _D.finished_at, status, error,
    )  # fmt: skip
    after, project_ids = None, wanted.project_ids
    if wanted.after:
        project_id, at_ms, passed_id = wanted.after
        project_ids = project_ids[project_ids.index(str(project_id)) :]
        after = (clock.from_ms(int(at_ms)), str(passed_id))
    for project_id in project_ids:
        base = (
            select(*columns)
            .join(messages, messages.c.id == _D.message_id)
            .where(_D.project_id == project_id, _D.created_at >= start, _D.created_at < end, _D.probe.is_(None))
        )
        yield from _walked(wanted, base, _D.created_at, _D.id, lambda row: (row[7], row[0]), after)
        after = None


def delivery_place(row: Row) -> Place:
    """A delivery's place: projects one after the other, each by age."""
    return row[1], clock.to_ms(row[7]), row[0]


def deliveries_mark(wanted: Wanted) -> list[Any]:
    """What each change of a delivery of the period changes: an attempt, an end, one that is no longer kept."""
    start, end = wanted.period
    sums = select(func.count(), func.sum(_D.attempts), func.count(_D.finished_at), func.max(_D.finished_at)).where(
        _D.project_id.in_(wanted.project_ids), _D.created_at >= start, _D.created_at < end, _D.probe.is_(None)
    )
    with wanted.store.read() as tx:
        count, attempts_made, ended, last_at = tx.execute(sums).one()
    return [int(count), int(attempts_made or 0), int(ended), clock.to_ms(last_at) if last_at else None]


def firings(wanted: Wanted) -> Iterator[list[Row]]:
    """Firings that opened in the period, in the order in which they did (ix_alert_firings_project)."""
    start, end = wanted.period
    columns = (
        _F.id, _F.project_id, _F.rule_id, alert_rules.c.metric, _F.severity, _F.threshold, _F.value, _F.peak, _F.opened_at,
        _F.peak_at, _F.resolved_at, _F.acknowledged_at, users.c.email,
    )  # fmt: skip
    for project_id in wanted.project_ids:
        base = (
            select(*columns)
            .join(alert_rules, alert_rules.c.id == _F.rule_id)
            .outerjoin(users, users.c.id == _F.acknowledged_by)
            .where(_F.project_id == project_id, _F.opened_at >= start, _F.opened_at < end)
        )
        for batch in _walked(wanted, base, _F.opened_at, _F.id, lambda row: (row[8], row[0])):
            yield [(*row[:5], *map(number_text, row[5:8]), *row[8:]) for row in batch]


def _walked(
    wanted: Wanted, base: Any, at: Any, identifier: Any, place: Any, passed: tuple[Any, str] | None = None
) -> Iterator[list[Row]]:
    """A query's rows, oldest first, batch by batch, each going on where the one before ended."""
    while True:
        query = base
        if passed:
            query = query.where(or_(at > passed[0], and_(at == passed[0], identifier > passed[1])))
        with wanted.store.read() as tx:
            rows = [tuple(row) for row in tx.execute(query.order_by(at, identifier).limit(BATCH))]
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        passed = place(rows[-1])


def _key(key: Key, secrets: list[Secret]) -> Row:
    newest = max(secrets, key=lambda each: each.version, default=None)
    used = [each.last_used_at for each in secrets if each.last_used_at is not None]
    limits = "; ".join(f"{each.name}: {each.limit} in {each.window_s} s" for each in key.rate_limits)
    return (
        key.id, key.project_id, key.environment, key.name, key.workload, key.state,
        "the project's scope" if key.endpoints is None else " ".join(key.endpoints), " ".join(key.allowed_cidrs), limits,
        f"{key.quota.limit} in each {key.quota.period}" if key.quota else None,
        newest.version if newest else None, key.created_by, key.created_at, key.expires_at,
        newest.created_at if newest else None, max(used, default=None), sum(each.requests for each in secrets),
    )  # fmt: skip
