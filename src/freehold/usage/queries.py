"""SQL of single requests, of the journals' progress, and what pages ask about keys and secrets."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Row, TextClause, and_, delete, func, not_, or_, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import SQLCoreOperations

from freehold.keys.records import ALLOWED, Reason
from freehold.kit import clock
from freehold.store.engine import Transaction
from freehold.store.schema import (
    changes,
    journals,
    key_secrets,
    keys,
    projects,
    reconciliations,
    usage_events,
    usage_names,
)
from freehold.store.schema.usage import UNDECLARED, UNDECLARED_OUTCOMES
from freehold.usage.naming import is_number, number_in
from freehold.usage.records import (
    PATH_MAX,
    THROTTLES,
    Filter,
    Kind,
    Proven,
    Recorded,
    RequestFilterField,
    RequestRow,
    SecretName,
)

_KEY_ID: Final = usage_names.alias("key_ids")
_PROJECT_ID: Final = usage_names.alias("project_ids")
_REQUEST: Final = (
    usage_events.c.id, usage_events.c.at, _PROJECT_ID.c.name.label("project_id"), projects.c.organization_id,
    projects.c.environment, _KEY_ID.c.name.label("key_id"), keys.c.name.label("key_name"), usage_events.c.secret,
    projects.c.api_id, usage_events.c.endpoint, usage_events.c.method, usage_events.c.path, usage_events.c.outcome,
    usage_events.c.via, usage_events.c.status, usage_events.c.latency_us, usage_events.c.cost, usage_events.c.address,
    usage_events.c.user_agent,
)  # fmt: skip
# With a request's key and project, which are there for good: what is the project's is not written with each request.
_REQUESTS: Final = (
    usage_events.outerjoin(_PROJECT_ID, _PROJECT_ID.c.number == usage_events.c.project_id)
    .outerjoin(projects, projects.c.id == _PROJECT_ID.c.name)
    .outerjoin(_KEY_ID, _KEY_ID.c.number == usage_events.c.key_id)
    .outerjoin(keys, keys.c.id == _KEY_ID.c.name)
)
# How long usage that an application has not shipped holds up what is said to be counted.
_SDK_SILENT: Final = timedelta(minutes=1)
# How many of a key's newest requests are looked at: more than it makes within one millisecond.
_LIMIT_STATES: Final = 200


def requests_of(
    tx: Transaction, project_id: str, filter_: Filter, start: datetime | None, end: datetime | None,
    limit: int, after: tuple[datetime, str] | None = None,
) -> list[RequestRow]:  # fmt: skip
    """A project's requests, newest first, after one.

    By ix_usage_events_project_at; with a key, ix_usage_events_key_at; of undeclared calls, ix_usage_events_undeclared.
    What else a filter says has no index: who asks by it says how far back to look (`looks_to`).
    """
    query = select(*_REQUEST).select_from(_REQUESTS)
    query = query.where(_own(tx, project_id), *_matching(filter_), *_within(start, end))
    if after:
        at, request_id = after
        # The first condition is what the index is searched by.
        query = query.where(usage_events.c.at <= at, or_(usage_events.c.at < at, usage_events.c.id < request_id))
    query = query.order_by(usage_events.c.at.desc(), usage_events.c.id.desc()).limit(limit)
    return [_request(row) for row in tx.execute(query)]


def looks_to(
    tx: Transaction, project_id: str, filter_: Filter, start: datetime | None, end: datetime | None,
    after: tuple[datetime, str] | None, count: int,
) -> datetime | None:  # fmt: skip
    """How far back so many of the requests lie that are looked through for a filter's, after one: None where there are no more.

    Of the index alone that `requests_of` reads: ix_usage_events_project_at, ix_usage_events_key_at or ix_usage_events_undeclared.
    """
    # Those of the same instant as the place itself are not counted: so the next place is always a further one.
    before = [usage_events.c.at < after[0]] if after else []
    of_key = _of_one_key(tx, project_id, filter_)
    looked_through = [of_key] if of_key is not None else [_own(tx, project_id), *_undeclared(filter_)]
    query = select(usage_events.c.at).where(*looked_through, *before, *_within(start, end))
    found: datetime | None = tx.execute(query.order_by(usage_events.c.at.desc()).offset(count).limit(1)).scalar()
    return found


def _of_one_key(tx: Transaction, project_id: str, filter_: Filter) -> ColumnElement[bool] | None:
    """That requests are of the one key that a filter names; None where it names several, or none of the project's (primary key)."""
    if len(filter_.keys) != 1 or "key" in filter_.excluded:
        return None
    own = select(keys.c.id).where(keys.c.id == filter_.keys[0], keys.c.project_id == project_id)
    return usage_events.c.key_id == filter_.keys[0] if tx.execute(own).first() else None


def _own(tx: Transaction, project_id: str) -> ColumnElement[bool]:
    # Told the number, PostgreSQL knows how many requests of it there are, and reads them in their order.
    return is_number(usage_events.c.project_id, number_in(tx, project_id))


def find_request(tx: Transaction, request_id: str) -> tuple[RequestRow, Recorded] | None:
    """One request and what its decision saw (primary key)."""
    query = select(*_REQUEST, usage_events.c.explanation).select_from(_REQUESTS)
    row = tx.execute(query.where(usage_events.c.id == request_id)).first()
    if row is None:
        return None
    *columns, explanation = row
    return RequestRow(*columns), _recorded(explanation)


def request_of_archive(tx: Transaction, row: Mapping[str, Any]) -> tuple[RequestRow, Recorded]:
    """A request as a file of the archive has it, with its key's name of today (primary key)."""
    columns = {name: row[name] for name in RequestRow.__dataclass_fields__ if name in row}
    name = key_names(tx, [row["key_id"]]).get(row["key_id"]) if row["key_id"] else None
    columns |= {"at": clock.from_ms(row["at"]), "key_name": name}
    return RequestRow(**columns), _recorded(json.loads(row["explanation"]))


def latest_limit_states(
    tx: Transaction, key_id: str | None = None, project_id: str | None = None
) -> list[tuple[datetime, str, float]]:
    """When the newest limited requests were, of a key or of a project, and how far from whole they left each limit, in seconds.

    Many may be of one millisecond, in no order (ix_usage_events_key_at, ix_usage_events_project_at).
    """
    of_owner = usage_events.c.key_id == key_id if key_id else usage_events.c.project_id == project_id
    query = select(usage_events.c.at, usage_events.c.explanation).where(
        of_owner, usage_events.c.outcome.in_((ALLOWED, *THROTTLES))
    )
    rows = tx.execute(query.order_by(usage_events.c.at.desc()).limit(_LIMIT_STATES))
    return [(row.at, name, float(reset_s)) for row in rows for name, _, _, reset_s in row.explanation["limits"]]


def secret_names(tx: Transaction, selectors: Sequence[str]) -> dict[str, SecretName]:
    """Which version each selector names, and how its secret ends (primary key)."""
    query = select(key_secrets.c.selector, key_secrets.c.version, key_secrets.c.last4)
    rows = tx.execute(query.where(key_secrets.c.selector.in_(selectors)))
    return {row.selector: SecretName(row.version, row.last4) for row in rows}


def key_names(tx: Transaction, key_ids: Sequence[str]) -> dict[str, str]:
    """The names of keys (primary key)."""
    return {row.id: row.name for row in tx.execute(select(keys.c.id, keys.c.name).where(keys.c.id.in_(key_ids)))}


def changed_since(tx: Transaction, epoch: int, subject_ids: Sequence[str]) -> bool:
    """Whether any of these has changed after a configuration epoch (primary key)."""
    query = select(changes.c.epoch).where(changes.c.epoch > epoch, changes.c.subject_id.in_(subject_ids))
    return tx.execute(query.limit(1)).first() is not None


def complete_to(tx: Transaction) -> datetime | None:
    """The instant before which every decision is counted; None where nothing was ever journalled.

    An application that was switched off for good, with usage that nobody ships, holds it up for a minute only.
    """
    newest: datetime | None = tx.execute(select(func.max(journals.c.updated_at))).scalar()
    if newest is None:
        return None
    return _live_to(tx, newest) or newest


def is_counted(tx: Transaction, until: datetime) -> bool:
    """Whether every decision before an instant is counted. Where no journal is being written, all of them are."""
    newest: datetime | None = tx.execute(select(func.max(journals.c.updated_at))).scalar()
    live = _live_to(tx, newest) if newest else None
    return live is None or live >= until


def _live_to(tx: Transaction, newest: datetime) -> datetime | None:
    """How far the journals are counted that are being written; None where none is."""
    counts = ~journals.c.id.startswith("sdk_", autoescape=True) | (journals.c.updated_at >= newest - _SDK_SILENT)
    live: datetime | None = tx.execute(
        select(func.min(journals.c.updated_at)).where(journals.c.ended_at.is_(None), counts)
    ).scalar()
    return live


def proven(tx: Transaction, project_id: str) -> Proven | None:
    """When a project's sums were compared last, and how many differed; None where they never were (primary key)."""
    query = (
        select(reconciliations.c.as_of, reconciliations.c.findings).order_by(reconciliations.c.as_of.desc()).limit(1)
    )
    row = tx.execute(query).first()
    return None if row is None else Proven(row.as_of, sum(finding[0] == project_id for finding in row.findings))


def delete_ended_journals(tx: Transaction, before: datetime) -> None:
    """Forget journals that ended before an instant, when nobody has their folders any more."""
    tx.execute(delete(journals).where(journals.c.ended_at < before))


def one_of(column: SQLCoreOperations[str], values: Sequence[str]) -> ColumnElement[bool]:
    """A column has one of these values. One alone is compared plainly, which every index serves in its order."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def of_kind(outcome: SQLCoreOperations[str], fails: ColumnElement[bool], kind: Kind) -> ColumnElement[bool]:
    """`rules.kind_of` as a condition. `fails`: the upstream answered with 5xx."""
    allowed, throttled = outcome == ALLOWED, outcome.in_(THROTTLES)
    match kind:
        case "served":
            return and_(allowed, not_(fails))
        case "throttled":
            return throttled
        case "failed":
            return or_(and_(allowed, fails), outcome == Reason.UNAVAILABLE.value)
        case "denied":
            return not_(or_(allowed, throttled, outcome == Reason.UNAVAILABLE.value))


def matching(
    filter_: Filter,
    columns: ReadOnlyColumnCollection[str, Column[Any]],
    of_kinds: Callable[[Sequence[Kind]], ColumnElement[bool]],
) -> list[ColumnElement[bool]]:
    """A filter as conditions on a table that has a decision's `key_id`, `secret`, `endpoint` and `outcome`; `path` where it asks by one."""
    named: tuple[tuple[RequestFilterField, SQLCoreOperations[Any], Sequence[str]], ...] = (
        ("key", columns.key_id, filter_.keys), ("secret", columns.secret, filter_.secrets),
        ("endpoint", columns.endpoint, filter_.endpoints), ("outcome", columns.outcome, filter_.outcomes),
    )  # fmt: skip
    if filter_.paths:
        # What is longer was cut when it was written down.
        named = (*named, ("path", columns.path, [path[:PATH_MAX] for path in filter_.paths]))
    conditions = [
        # NULL is none of the values: without a word of its own it would be left out on both sides.
        or_(column.is_(None), column.not_in(values)) if field in filter_.excluded else one_of(column, values)
        for field, column, values in named
        if values
    ]
    if filter_.kinds:
        of_these = of_kinds(filter_.kinds)
        conditions.append(not_(of_these) if "kind" in filter_.excluded else of_these)
    return conditions


def _matching(filter_: Filter) -> list[ColumnElement[bool] | TextClause]:
    fails = func.coalesce(usage_events.c.status, 0).between(500, 599)
    conditions = matching(
        filter_, usage_events.c, lambda kinds: or_(*(of_kind(usage_events.c.outcome, fails, kind) for kind in kinds))
    )
    return [*conditions, *_undeclared(filter_)]


def _undeclared(filter_: Filter) -> list[TextClause]:
    """The words of the index of undeclared calls, where a filter picks nothing else: SQLite takes it for these words alone."""
    picked = set(filter_.outcomes) if "outcome" not in filter_.excluded else set()
    return [UNDECLARED] if picked and picked <= UNDECLARED_OUTCOMES else []


def _within(start: datetime | None, end: datetime | None) -> list[ColumnElement[bool]]:
    bounds = []
    if start:
        bounds.append(usage_events.c.at >= start)
    if end:
        bounds.append(usage_events.c.at < end)
    return bounds


def _request(row: Row[*tuple[Any, ...]]) -> RequestRow:
    return RequestRow(*row)


def _recorded(explanation: dict[str, Any]) -> Recorded:
    limits = [(name, limit, remaining, reset_s) for name, limit, remaining, reset_s in explanation["limits"]]
    return Recorded(explanation["rule"], limits, explanation["epoch"])
