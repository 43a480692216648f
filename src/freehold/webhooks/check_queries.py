"""SQL of webhook checks and their probes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, insert, select, update

from freehold.store.engine import Transaction
from freehold.store.schema import attempts, webhook_checks, webhook_probes
from freehold.webhooks.check_records import PROBES, CheckState, ProbeResult, Verdict, WebhookCheck
from freehold.webhooks.records import Probe

_C = webhook_checks.c
_CHECK = (
    _C.id, _C.webhook_endpoint_id, _C.project_id, _C.url, _C.secret_version, _C.state, _C.started_by, _C.started_at,
    _C.ends_by_at, _C.finished_at, _C.expires_at,
)  # fmt: skip


def insert_check(tx: Transaction, check: WebhookCheck) -> None:
    """Add a check; IntegrityError where one of its endpoint is running (uq_webhook_checks_running)."""
    values = {column.name: getattr(check, column.name) for column in _CHECK}
    tx.execute(insert(webhook_checks).values(values))


def end_abandoned(tx: Transaction, endpoint_id: str, now: datetime) -> None:
    """Say of a running check whose time is over that it was interrupted (uq_webhook_checks_running)."""
    abandoned = (_C.webhook_endpoint_id == endpoint_id, _C.state == "running", _C.ends_by_at <= now)
    tx.execute(update(webhook_checks).where(*abandoned).values(state="interrupted", finished_at=now))


def insert_probe(tx: Transaction, check_id: str, probe: Probe, delivery_id: str, verdict: Verdict) -> None:
    """Keep what a probe showed, with its evidence; IntegrityError where the check has that probe."""
    values = {"delivery_id": delivery_id, "passed": verdict.passed, "detail": verdict.detail}
    tx.execute(insert(webhook_probes).values(check_id=check_id, probe=probe, **values))


def finish(tx: Transaction, check_id: str, state: CheckState, now: datetime, expires_at: datetime | None) -> bool:
    """End a running check; whether it was (primary key)."""
    running = (_C.id == check_id, _C.state == "running")
    values = {"state": state, "finished_at": now, "expires_at": expires_at}
    return tx.execute(update(webhook_checks).where(*running).values(**values)).rowcount == 1


def find_check(tx: Transaction, check_id: str) -> WebhookCheck | None:
    """A check with its probes, by id (primary key)."""
    row = tx.execute(select(*_CHECK).where(_C.id == check_id)).first()
    return _with_probes(tx, [row])[0] if row else None


def checks_of(
    tx: Transaction, endpoint_id: str, limit: int, after: tuple[datetime, str] | None = None
) -> list[WebhookCheck]:
    """An endpoint's checks, newest first, after an (instant, id) (ix_webhook_checks_endpoint)."""
    query = select(*_CHECK).where(_C.webhook_endpoint_id == endpoint_id)
    if after:
        query = query.where((_C.started_at < after[0]) | and_(_C.started_at == after[0], _C.id < after[1]))
    rows = tx.execute(query.order_by(_C.started_at.desc(), _C.id.desc()).limit(limit)).all()
    return _with_probes(tx, rows)


def latest_checks(tx: Transaction, endpoint_ids: Sequence[str]) -> dict[str, WebhookCheck]:
    """The newest check of each endpoint that has one (ix_webhook_checks_endpoint)."""
    ranked = (
        select(
            _C.id,
            func.row_number()
            .over(partition_by=_C.webhook_endpoint_id, order_by=(_C.started_at.desc(), _C.id.desc()))
            .label("place"),
        )
        .where(_C.webhook_endpoint_id.in_(endpoint_ids))
        .subquery()
    )
    rows = tx.execute(select(*_CHECK).join(ranked, and_(ranked.c.id == _C.id, ranked.c.place == 1))).all()
    return {check.webhook_endpoint_id: check for check in _with_probes(tx, rows)}


def _with_probes(tx: Transaction, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[WebhookCheck]:
    """Check rows as records, each with its probes in the order in which they were sent."""
    column = webhook_probes.c
    query = (
        select(
            column.check_id,
            column.probe,
            column.passed,
            column.detail,
            column.delivery_id,
            attempts.c.id.label("attempt"),
        )
        .join(attempts, attempts.c.delivery_id == column.delivery_id)
        .where(column.check_id.in_([row.id for row in rows]))
        .order_by(attempts.c.number)
    )
    found: dict[str, dict[str, ProbeResult]] = {row.id: {} for row in rows}
    for check_id, probe, passed, detail, delivery_id, attempt_id in tx.execute(query):
        before = found[check_id].get(probe)
        earlier = before.attempt_ids if before else ()
        found[check_id][probe] = ProbeResult(probe, passed, detail, delivery_id, (*earlier, attempt_id))
    return [
        WebhookCheck(**row._mapping, probes=tuple(found[row.id][each] for each in PROBES if each in found[row.id]))
        for row in rows
    ]
