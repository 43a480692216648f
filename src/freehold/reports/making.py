"""Making one report: rows to a file beside its place, the file to its place, the row to `ready`. For one thread at a time."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from freehold import __version__
from freehold.kit import clock
from freehold.reports import queries, rules
from freehold.reports.formats import write_file
from freehold.reports.holding import GivenUp, Hold, Stopped
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.manifests import manifest_of
from freehold.reports.places.keeping import Keeping
from freehold.reports.places.opening import keeping_of
from freehold.reports.places.place import CannotKeep, NoFile
from freehold.reports.provenance import about, source_facts
from freehold.reports.readable.writing import CannotSet, write_readable
from freehold.reports.records import Made, Report, Row
from freehold.reports.resuming import can_go_on, write_on
from freehold.reports.sources.registry import SOURCES
from freehold.reports.sources.wanted import Gone, Wanted
from freehold.reports.telling import tell_ended
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import organizations, projects
from freehold.usage.archive import archive_of, is_available
from freehold.usage.queries import is_counted

_WAIT: Final = timedelta(seconds=10)
_WAITS: Final = "It waits until all usage of its period is counted."
_STOPPED: Final = "Freehold was stopped while it was made. It is gone on with as soon as a process is there for it."

# A draft of no report of this instance goes once nobody has written to it for so long.
_STRANGE_S: Final = 3_600.0

_log: Final = logging.getLogger(__name__)


class CannotMake(Exception):
    """A report that cannot be made. The message is one sentence for who asked for it."""


def make_report(store: Store, settings: Settings, report: Report, stop: threading.Event | None = None) -> None:
    """Make a claimed report; it ends ready, failed, given up to who holds it now, or given back where this process stops."""
    try:
        if not _must_wait(store, report):
            with Hold(store, report, stop or threading.Event()) as hold:
                _make(store, settings, report, hold)
    except GivenUp:
        _end_canceled(store, settings, report)
    except Stopped:
        _give_back(store, report)
    except (CannotMake, CannotSet, Gone) as problem:
        _fail(store, settings, report, str(problem))
    except (CannotKeep, NoFile) as problem:
        _log.warning("report %s cannot be kept: %s", report.id, problem)
        _fail(store, settings, report, f"Its file cannot be written: {str(problem) or 'its draft is gone'}.")
    except OSError as error:
        _log.warning("report %s cannot be written", report.id, exc_info=True)
        _fail(store, settings, report, f"Its file cannot be written: {error.strerror or error}.")


def _make(store: Store, settings: Settings, report: Report, hold: Hold) -> None:
    if report.parameters.format == "parquet" and not is_available():
        raise CannotMake("Parquet needs DuckDB, which this instance has not: pip install 'freehold[archive]'.")
    wanted, owner = _wanted(store, settings, report)
    keeping = keeping_of(settings)
    # Whoever lost it before it came to this touches nothing of what another one writes.
    hold.tell()
    keeping.forget_drafts(report.id, pieces=not can_go_on(report))
    with keeping.drafted(rules.kept_name(report)) as draft:
        if can_go_on(report):
            made = write_on(report, wanted, keeping, hold, draft)
        else:
            made = _write(store, report, draft, hold.told(SOURCES[report.parameters.kind].rows(wanted)))
        manifest = manifest_of(report, owner, made, source_facts(store, report, wanted, made.sums), __version__)
        sealed_by = _keep(keeping, report, hold, draft)
    _finish(store, settings, report, made, manifest, sealed_by)


def _write(store: Store, report: Report, draft: Path, batches: Iterable[list[Row]]) -> Made:
    form, columns = report.parameters.format, KIND_FACTS[report.parameters.kind].columns
    said = about(store, report)
    if said is None:
        return write_file(form, draft, columns, batches)
    return write_readable(form, draft, columns, batches, said)


def _keep(keeping: Keeping, report: Report, hold: Hold, draft: Path) -> str | None:
    # Whoever lost the report meanwhile puts nothing in the place of what another one made.
    hold.tell()
    return keeping.keep(draft, rules.kept_name(report), rules.kept_for(report))


def _finish(
    store: Store, settings: Settings, report: Report, made: Made, manifest: Mapping[str, Any], sealed_by: str | None
) -> None:
    now = clock.now()
    # Before it is ready, so that whoever is killed in between leaves no file that nobody looks for: the next attempt does this again.
    _remove_files(settings, report, range(1, report.attempts))
    with store.write() as tx:
        before = queries.last_ready_of_same(tx, report) if KIND_FACTS[report.parameters.kind].closed else None
        restates = before.id if before and before.sha256 != made.sha256 else None
        kept = rules.kept_for_days(report, settings.reports_days)
        if not queries.finish(tx, report, made, manifest, restates, now, now + kept, sealed_by):
            raise GivenUp
        tell_ended(tx, settings.control_url, report.id)
    keeping_of(settings).forget_drafts(report.id)


def _must_wait(store: Store, report: Report) -> bool:
    until = rules.ends_at(report.parameters)
    if not KIND_FACTS[report.parameters.kind].counted or until is None:
        return False
    with store.read() as tx:
        if is_counted(tx, until):
            return False
    with store.write() as tx:
        queries.put_off(tx, report, clock.now() + _WAIT, _WAITS)
    return True


def _wanted(store: Store, settings: Settings, report: Report) -> tuple[Wanted, str]:
    """What the source is asked for, and the owner's name in the file's name."""
    column = projects.c
    with store.read() as tx:
        if report.project_id:
            row = tx.execute(select(column.slug, column.environment).where(column.id == report.project_id)).one()
            owner, project_ids = f"{row.slug}-{row.environment}", (report.project_id,)
        else:
            mine = select(column.id).where(column.organization_id == report.organization_id).order_by(column.id)
            project_ids = tuple(tx.execute(mine).scalars())
            slug = select(organizations.c.slug).where(organizations.c.id == report.organization_id)
            owner = str(tx.execute(slug).scalar_one())
    wanted = report.parameters
    return Wanted(
        store, archive_of(settings), report.organization_id, project_ids, report.project_id is None,
        rules.starts_at(wanted), rules.ends_at(wanted), wanted.time_zone, wanted.access_request,
    ), owner  # fmt: skip


def _end_canceled(store: Store, settings: Settings, report: Report) -> None:
    with store.read() as tx:
        now = queries.find_report(tx, report.id)
    if now is not None and now.cancel:
        _fail(store, settings, report, rules.CANCELED)
    # Another process has it: what this one may have put in its place is nobody's, and what it wrote since either.
    keeping_of(settings).forget_drafts(f"{report.id}.{report.attempts}")
    _remove_files(settings, report, [report.attempts])


def _give_back(store: Store, report: Report) -> None:
    with store.write() as tx:
        queries.put_off(tx, report, clock.now(), _STOPPED)


def _fail(store: Store, settings: Settings, report: Report, reason: str) -> None:
    # One that was killed may have put its whole file in place; before it has failed, for the same reason as above.
    _remove_files(settings, report, range(1, report.attempts + 1))
    with store.write() as tx:
        failed = queries.fail(tx, report.id, reason, clock.now(), report.attempts)
        if failed:
            tell_ended(tx, settings.control_url, report.id)
    if failed:
        keeping_of(settings).forget_drafts(report.id)


def give_up(store: Store, settings: Settings, report: Report) -> None:
    """End a claimed report of which attempts have died too often; nothing is left of them."""
    _fail(store, settings, report, f"It was begun {report.attempts - 1} times, and its process died each time.")


def _remove_files(settings: Settings, report: Report, attempts: Iterable[int]) -> None:
    for attempt in attempts:
        with contextlib.suppress(NoFile, CannotKeep):
            keeping_of(settings).place.remove(rules.kept_name(report, attempt))


def remove_file(settings: Settings, report: Report) -> None:
    """Remove a report's file, and what attempts before it may have left; CannotKeep where the place does not answer."""
    keeping_of(settings).forget_drafts(report.id)
    for attempt in range(1, report.attempts + 1):
        keeping_of(settings).place.remove(rules.kept_name(report, attempt))


def forget_ended(store: Store, settings: Settings) -> int:
    """Remove what is left here of drafts whose reports ended elsewhere, were canceled or are no more; of how many."""
    keeping = keeping_of(settings)
    written = keeping.stems_in_pieces()
    if not written:
        return 0
    with store.read() as tx:
        known = queries.unfinished_of(tx, written)
    # One that is in no row may be another instance's that shares the folder, and is written there now.
    stale_s = time.time() - _STRANGE_S
    ended = [stem for stem, at_s in written.items() if not known.get(stem, at_s > stale_s)]
    for stem in ended:
        keeping.forget_drafts(stem)
    return len(ended)


def sweep(settings: Settings, older_than: datetime) -> int:
    """Remove what was being written by processes that are gone; how many files."""
    return keeping_of(settings).place.sweep(older_than)
