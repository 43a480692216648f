"""Proving the sums: events and metered units = minutes = hours = days = months, keys = project = organization, and totals = rollups.

Each project is compared at one moment, in slices that fit in memory. What is compared is every rollup
row, not only totals: an error that another one makes up for is found too. Changes nothing but its own record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, text

from freehold.kit import clock, ids
from freehold.settings import Settings
from freehold.store import retentions
from freehold.store.engine import Store, Transaction
from freehold.store.schema import projects, reconciliations, usage_events
from freehold.usage import partitions
from freehold.usage.actions import as_of
from freehold.usage.findings import Finding, Report, latencies_in
from freehold.usage.reconciling_totals import compare_totals
from freehold.usage.retention import bounds
from freehold.usage.rollups import DAY_MS, HOUR_MS, MINUTE_MS, month_start_ms

# What events, or rows, have in common, in the order of a rollup's key; then what they add up.
_Slot = tuple[Any, ...]
_Sums = tuple[int, ...]
_KEY: Final = "key_id, secret, endpoint, outcome, status_class"
_MINE: Final = "(SELECT number FROM usage_names WHERE name = :project)"


def _name(number: str) -> str:
    return f"(SELECT name FROM usage_names WHERE number = {number})"


# Whose key it was is looked up of what is added up, not of each request.
_OF_PROJECT: Final = f"""
    SELECT bucket_ms, COALESCE({_name("key_id")}, ''), CASE WHEN key_id IS NULL THEN '' ELSE secret END,
        CASE WHEN key_id IS NULL THEN '' ELSE endpoint END, outcome, status_class, requests, cost, latency_us, latencies
    FROM (
        SELECT "at" - "at" % :width AS bucket_ms, key_id, COALESCE(secret, '') AS secret, COALESCE(endpoint, '') AS endpoint, outcome,
            CASE WHEN status BETWEEN 200 AND 599 THEN status / 100 ELSE 0 END AS status_class,
            COUNT(*) AS requests, SUM(cost) AS cost, COALESCE(SUM(latency_us), 0) AS latency_us, COUNT(latency_us) AS latencies
        FROM usage_events WHERE project_id = {_MINE} AND "at" >= :start AND "at" < :end GROUP BY 1, 2, 3, 4, 5, 6
    ) added
    UNION ALL
    SELECT "at" - "at" % :width, COALESCE(key_id, ''), '', COALESCE(endpoint, ''), 'allowed', 0, 0, SUM(units), 0, 0
    FROM metered_events WHERE project_id = :project AND "at" >= :start AND "at" < :end GROUP BY 1, 2, 4
"""
# An index is searched by an equality or by NULL, not by what is either.
_EVENTS: Final = text(_OF_PROJECT)
_EVENTS_OF_NOBODY: Final = text(
    _OF_PROJECT.replace(f"usage_events WHERE project_id = {_MINE}", "usage_events WHERE project_id IS NULL")
)
_ROWS: Final = text(f"""
    SELECT at_ms, {_name("key_id")}, {_name("secret")}, {_name("endpoint")}, outcome, status_class, requests, cost, latency_us, latencies
    FROM (
        SELECT bucket_at - bucket_at % :width AS at_ms, {_KEY}, SUM(requests) AS requests, SUM(cost) AS cost,
            SUM(latency_us_sum) AS latency_us, SUM(latency_count) AS latencies
        FROM usage_rollups WHERE project_id = {_MINE} AND grain = :grain AND bucket_at >= :start AND bucket_at < :end GROUP BY 1, {_KEY}
    ) added
""")
_SKETCHES: Final = text(f"""
    SELECT grain, bucket_at, {_name("key_id")}, {_name("secret")}, {_name("endpoint")}, outcome, status_class, latency_count, latency
    FROM usage_rollups
    WHERE project_id = {_MINE} AND grain = :grain AND bucket_at >= :start AND bucket_at < :end AND latency IS NOT NULL
""")
_STRANGERS: Final = text(f"""
    SELECT r.bucket_at, k.id, k.project_id
    FROM usage_rollups r JOIN usage_names n ON n.number = r.key_id JOIN keys k ON k.id = n.name
    WHERE r.project_id = {_MINE} AND r.grain IN ('day', 'month') AND k.project_id <> :project
""")


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What comparing everything found. `compared`: how many rollup rows. `findings`: the first of each project's."""

    as_of: datetime
    finished_at: datetime
    compared: int
    differences: int
    findings: list[Finding]


def reconcile(store: Store, settings: Settings) -> Reconciliation:
    """Compare all sums of all projects with each other, and keep what was found."""
    now, report, settings = clock.now(), Report(), retentions.in_force(store, settings)
    with store.read() as tx:
        moment = as_of(tx)
        owners = ["", *tx.execute(select(projects.c.id).order_by(projects.c.id)).scalars()]
    for project_id in owners:
        with store.read() as tx:
            if not store.is_sqlite:
                partitions.hold_still(tx)
            moment_ms = clock.now_ms()
            _compare_project(tx, project_id, _since(tx, settings, clock.from_ms(moment_ms)), moment_ms, report)
    done = Reconciliation(moment, clock.now(), report.compared, report.differences, report.findings)
    with store.write() as tx:
        findings = [[each.project_id, each.between, clock.to_ms(each.at), each.words] for each in done.findings]
        kept = {
            "finished_at": done.finished_at,
            "compared": done.compared,
            "differences": done.differences,
            "findings": findings,
        }
        tx.execute(reconciliations.delete().where(reconciliations.c.as_of.in_((moment,))))
        tx.execute(reconciliations.delete().where(reconciliations.c.as_of < now - timedelta(days=settings.hours_days)))
        tx.execute(insert(reconciliations).values(as_of=moment, **kept))
    return done


def latest(tx: Transaction) -> Reconciliation | None:
    """What was found the last time; None where nothing was ever compared (primary key)."""
    row = tx.execute(select(reconciliations).order_by(reconciliations.c.as_of.desc()).limit(1)).first()
    if row is None:
        return None
    findings = [
        Finding(project, between, clock.from_ms(at_ms), words) for project, between, at_ms, words in row.findings
    ]
    return Reconciliation(row.as_of, row.finished_at, row.compared, row.differences, findings)


def _since(tx: Transaction, settings: Settings, now: datetime) -> dict[str, int]:
    """From when on there is every request, minute and hour."""
    kept = bounds(settings, now)
    oldest = tx.execute(select(func.min(usage_events.c.id))).scalar()
    # Days that were put away under a shorter setting do not come back.
    first = ids.instant_ms(oldest) if oldest else clock.to_ms(now)
    return {"requests": max(kept.requests_ms, first - first % DAY_MS), "minute": kept.minutes_ms, "hour": kept.hours_ms}


def _compare_project(tx: Transaction, project_id: str, since: Mapping[str, int], until_ms: int, report: Report) -> None:
    end = until_ms + DAY_MS
    minutes_from = max(since["minute"], _oldest(tx, project_id, "minute", end))
    for start in range(since["requests"], end, DAY_MS):
        events = _events(tx, project_id, start, HOUR_MS)
        _compare(
            report,
            project_id,
            "requests",
            "hour",
            events,
            _rows(tx, project_id, "hour", HOUR_MS, start, start + DAY_MS),
        )
    for start in range(minutes_from - minutes_from % DAY_MS, end, DAY_MS):
        minutes = _rows(tx, project_id, "minute", HOUR_MS, start, start + DAY_MS)
        _compare(
            report, project_id, "minute", "hour", minutes, _rows(tx, project_id, "hour", HOUR_MS, start, start + DAY_MS)
        )
        if start >= since["requests"]:
            _compare(report, project_id, "requests", "minute", _events(tx, project_id, start, MINUTE_MS),
                     _rows(tx, project_id, "minute", MINUTE_MS, start, start + DAY_MS))  # fmt: skip
    hours_from = max(since["hour"], _oldest(tx, project_id, "hour", end))
    hours_from -= hours_from % DAY_MS
    days = _rows(tx, project_id, "day", DAY_MS, 0, end)
    recent = {slot: sums for slot, sums in days.items() if slot[0] >= hours_from}
    _compare(report, project_id, "hour", "day", _rows(tx, project_id, "hour", DAY_MS, hours_from, end), recent)
    _compare(report, project_id, "day", "month", _by_month(days), _rows(tx, project_id, "month", 1, 0, end))
    _compare_sketches(tx, report, project_id, hours_from, end)
    compare_totals(tx, report, project_id, since, end)
    for at_ms, key_id, key_project in tx.execute(_STRANGERS, {"project": project_id}):
        whose = f"key {key_id} is of project {key_project}"
        report.add(Finding(project_id, "key and project", clock.from_ms(at_ms), whose))


def _compare_sketches(tx: Transaction, report: Report, project_id: str, start: int, end: int) -> None:
    """Each row's sketch against the number of latencies that the row says it has."""
    for grain in ("hour", "day", "month"):
        first = start if grain == "hour" else 0
        found = tx.execute(_SKETCHES, {"project": project_id, "grain": grain, "start": first, "end": end})
        for name, at_ms, *slot, count, latency in found:
            held = latencies_in(latency)
            if held != count:
                words = f"{_words(slot)}: {count} latencies, and {held} in their sketch"
                report.add(Finding(project_id, f"latencies by {name}", clock.from_ms(at_ms), words))


def _compare(
    report: Report,
    project_id: str,
    finer: str,
    coarser: str,
    added: Mapping[_Slot, _Sums],
    kept: Mapping[_Slot, _Sums],
) -> None:
    report.compared += len(kept)
    for slot in sorted({slot for slot in added.keys() | kept.keys() if added.get(slot) != kept.get(slot)}):
        said, right = _said(kept.get(slot)), _said(added.get(slot))
        words = f"{_words(slot[1:])}: the {coarser} says {said}, its {finer if finer == 'requests' else finer + 's'} {right}"
        report.add(Finding(project_id, f"{finer} and {coarser}", clock.from_ms(slot[0]), words))


def _words(slot: _Slot | list[Any]) -> str:
    key, _, endpoint, outcome, status_class = slot
    answered = f" {status_class}xx" if status_class else ""
    return f"{key or 'no key'}, {endpoint or 'no endpoint'}, {outcome}{answered}"


def _said(sums: _Sums | None) -> str:
    return "nothing" if sums is None else "{} requests, {} units, {} µs in {} latencies".format(*sums)


def _events(tx: Transaction, project_id: str, start: int, width: int) -> dict[_Slot, _Sums]:
    given = {"project": project_id, "start": start, "end": start + DAY_MS, "width": width}
    return _added(tx.execute(_EVENTS if project_id else _EVENTS_OF_NOBODY, given))


def _rows(tx: Transaction, project_id: str, grain: str, width: int, start: int, end: int) -> dict[_Slot, _Sums]:
    return _added(
        tx.execute(_ROWS, {"project": project_id, "grain": grain, "start": start, "end": end, "width": width})
    )


def _added(rows: Any) -> dict[_Slot, _Sums]:
    sums: dict[_Slot, _Sums] = {}
    for row in rows:
        _plus(sums, tuple(row[:6]), tuple(map(int, row[6:])))
    return sums


def _by_month(days: Mapping[_Slot, _Sums]) -> dict[_Slot, _Sums]:
    months: dict[_Slot, _Sums] = {}
    for (at_ms, *slot), sums in days.items():
        _plus(months, (month_start_ms(at_ms), *slot), sums)
    return months


def _plus(sums: dict[_Slot, _Sums], slot: _Slot, more: _Sums) -> None:
    known = sums.get(slot)
    sums[slot] = tuple(map(sum, zip(known, more, strict=True))) if known else more


def _oldest(tx: Transaction, project_id: str, grain: str, otherwise: int) -> int:
    query = text(f"SELECT MIN(bucket_at) FROM usage_rollups WHERE project_id = {_MINE} AND grain = :grain")
    found = tx.execute(query, {"project": project_id, "grain": grain}).scalar()
    return otherwise if found is None else int(found)
