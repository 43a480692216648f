"""Deleting an organization whose time has come, for good: files, rows a piece at a time, its audit log last.

Whoever dies in between leaves a deletion that goes on: what is gone is gone, and what is there is found again. The audit
log is sealed once more before it goes, and where it ended is kept, so that a seal that somebody has can be placed.
"""

import base64
import logging
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from freehold.keeping import organization_letters, organization_queries
from freehold.keeping.belonging import LOGS, tables_to_empty
from freehold.keeping.records import OrganizationDeletion
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit, audit_tombstones
from freehold.organizations.audit_seals import Seal, make_seal
from freehold.organizations.records import Actor
from freehold.reports import making
from freehold.reports import queries as reports
from freehold.settings import Settings
from freehold.store import epoch
from freehold.store.engine import Store, Transaction
from freehold.store.schema import audit_heads, projects

PIECE: Final = 500
# Files are looked for and removed so many at a time.
_FILES: Final = 50
NEAR: Final = timedelta(days=7)
# How long the last decisions may take from a gate to the usage view.
SETTLES: Final = timedelta(minutes=1)
_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})

_log: Final = logging.getLogger(__name__)


def step(store: Store, settings: Settings, secret: InstanceSecret) -> bool:
    """Remind of a deletion that is near, or do a piece of one whose time has come; whether there was any."""
    now = clock.now()
    with store.read() as tx:
        near = organization_queries.to_remind_of(tx, now + NEAR)
        deletion = organization_queries.next_to_delete(tx, now)
    if near is not None:
        with store.write() as tx:
            if organization_queries.move(tx, near, {"reminded_at": now}) and near.ends_at > now:
                organization_letters.tell(tx, "near", near, settings.control_url)
        return True
    if deletion is None:
        return False
    if deletion.state == "waiting":
        _begin(store, deletion)
    elif _remove_files(store, settings, deletion) or _empty(store, deletion):
        return True
    elif deletion.emptied_at is None:
        _let_gates_forget(store, deletion)
    elif now - deletion.emptied_at >= SETTLES:
        _end(store, settings, secret, deletion)
    else:
        return False
    return True


def _begin(store: Store, deletion: OrganizationDeletion) -> None:
    """From here on it cannot be restored."""
    with store.write() as tx:
        recipients = organization_queries.addresses_of(tx, deletion.organization_id)
        organization_queries.move(tx, deletion, {"state": "deleting", "recipients": recipients})
        organization_queries.end_unfinished_reports(tx, deletion.organization_id, clock.now())


def _remove_files(store: Store, settings: Settings, deletion: OrganizationDeletion) -> bool:
    """Remove a piece of the files: reports, and the archive of its projects; whether there was any."""
    with store.read() as tx:
        found = organization_queries.reports_with_files(tx, deletion.organization_id, _FILES)
        some = [reports.find_report(tx, report_id) for report_id in found]
        owned = tx.execute(select(projects.c.id).where(projects.c.organization_id == deletion.organization_id))
        project_ids = list(owned.scalars())
    for report in filter(None, some):
        making.remove_file(settings, report)
        with store.write() as tx:
            organization_queries.note_without_file(tx, report.id)
    if settings.archive:
        for project_id in project_ids:
            for file in Path(settings.archive).glob(f"*/{project_id}.parquet"):
                file.unlink(missing_ok=True)
    return bool(some)


def _empty(store: Store, deletion: OrganizationDeletion) -> bool:
    """Delete a piece of the rows; whether there was any."""
    for table in tables_to_empty():
        with store.write() as tx:
            gone = organization_queries.delete_piece(tx, table, deletion.organization_id, PIECE)
            if gone:
                counts = {**deletion.counts, table.name: deletion.counts.get(table.name, 0) + gone}
                organization_queries.move(tx, deletion, {"counts": counts})
        if gone:
            return True
    return False


def _let_gates_forget(store: Store, deletion: OrganizationDeletion) -> None:
    """Its rows are gone: no gate shall go on knowing its keys. What they decided until now may still come in."""
    with store.write() as tx:
        epoch.start_anew(tx)
        organization_queries.move(tx, deletion, {"emptied_at": clock.now()})


def _end(store: Store, settings: Settings, secret: InstanceSecret, deletion: OrganizationDeletion) -> None:
    """Seal the log a last time, say in the instance's log where it ended, and let it go, all in one step."""
    with store.write() as tx:
        seal = _last_seal(tx, secret, deletion.organization_id)
        ended, now = _plain(seal), clock.now()
        facts = audit_tombstones.facts_of(
            deletion.counts, deletion.asked_by, deletion.asked_at, deletion.ends_at, now, ended
        )
        audit.record(
            tx, _SYSTEM, audit_tombstones.ENDED, organization_id=None, subject_kind="organization",
            subject_id=deletion.organization_id, subject_name=deletion.organization_id,
            after=facts,
        )  # fmt: skip
        organization_letters.tell(tx, "deleted", deletion, settings.control_url)
        for table in LOGS:
            while organization_queries.delete_piece(tx, table, deletion.organization_id, PIECE):
                pass
        gone = {
            "state": "deleted", "name": "", "archived": [], "recipients": [], "last_seal": ended,
            "finished_at": now,
        }  # fmt: skip
        organization_queries.move(tx, deletion, gone)
    _log.info("organization %s is deleted: %d rows", deletion.organization_id, sum(deletion.counts.values()))


def _last_seal(tx: Transaction, secret: InstanceSecret, chain: str) -> Seal:
    head = tx.execute(select(audit_heads.c.position, audit_heads.c.hash).where(audit_heads.c.chain == chain)).first()
    position, digest = (head.position, head.hash) if head else (0, audit.GENESIS)
    return make_seal(secret, chain, position, digest, clock.now())


def _plain(seal: Seal) -> dict[str, str | int]:
    """A seal as the API shows it and `freehold audit verify --kept` reads it."""
    return {
        "chain": seal.chain, "position": seal.position, "hash": seal.hash.hex(),
        "sealed_at": clock.to_text(seal.sealed_at), "key_id": seal.key_id,
        "signature": base64.b64encode(seal.signature).decode(),
    }  # fmt: skip
