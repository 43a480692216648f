"""Writing a long report in pieces that survive this process, so that the next attempt goes on behind the last of them.

What may go on is decided by what the draft is of: the same question to the same state of the source, by the same release.
"""

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import func, select

from freehold import __version__
from freehold.kit import canonical_json, clock
from freehold.reports import rules
from freehold.reports.formats import Counted, begins_with, text_of, write_parquet
from freehold.reports.holding import Hold, Stopped
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.places.keeping import Keeping
from freehold.reports.places.pieces import Pieces
from freehold.reports.records import READABLE, Column, Made, Place, Reached, Report, ReportFormat, Row
from freehold.reports.sources.registry import SOURCES, Source
from freehold.reports.sources.wanted import Wanted
from freehold.store.schema import person_deletions

# A piece is held in memory until it is written: at most so many bytes and a batch, and not for longer than this.
PIECE_BYTES: Final = 4 << 20
PIECE_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


def can_go_on(report: Report) -> bool:
    """Whether a report's draft survives: of kinds that may be long, in formats that are written row by row."""
    return SOURCES[report.parameters.kind].place is not None and report.parameters.format not in READABLE


def write_on(report: Report, wanted: Wanted, keeping: Keeping, hold: Hold, path: Path) -> Made:
    """Write a report's file, going on with what attempts before this one have left.

    GivenUp; Stopped, with all that was read on the disk; OSError where the disk does not take it.
    """
    source, form = SOURCES[report.parameters.kind], report.parameters.format
    columns = KIND_FACTS[report.parameters.kind].columns
    of = _of(report, wanted, source)
    pieces = keeping.pieces(report.id, report.attempts, rules.kept_for(report), of)
    left = pieces.take_over()
    reached = msgspec.convert(left, Reached) if left else Reached(0, {})
    if left:
        _log.info("report %s goes on behind row %d", report.id, reached.rows)
    counted = Counted(columns, hold.told(source.rows(replace(wanted, after=reached.place)), reached.rows), reached)
    writing = _Writing(pieces, hold, counted, begins_with(form, columns), reached.place)
    try:
        for batch in counted:
            writing.add(text_of(form, columns, batch), _place(source, batch))
    except Stopped:
        writing.keep()
        raise
    writing.keep()
    return _assembled(form, columns, pieces, counted, path)


def _place(source: Source, batch: Sequence[Row]) -> Place | None:
    return source.place(batch[-1]) if source.place and batch else None


def _of(report: Report, wanted: Wanted, source: Source) -> str:
    """All that decides the bytes, in one value: what is asked for, of whom, by which release, in which state of the source.

    A person who is being deleted changes it too, with each round: no name that was taken out of history comes back by a draft.
    """
    start, end = wanted.period
    of = person_deletions.c
    with wanted.store.read() as tx:
        deleted = tx.execute(
            select(func.count(), func.sum(of.round), func.count(of.finished_at)).select_from(person_deletions)
        )
        people = [int(each or 0) for each in deleted.one()]
    return canonical_json.fingerprint({
        "parameters": rules.plain_parameters(report.parameters), "organization": wanted.organization_id,
        "projects": list(wanted.project_ids), "from": clock.to_text(start), "to": clock.to_text(end),
        "freehold": __version__, "people": people, "source": source.mark(wanted) if source.mark else None,
    })  # fmt: skip


class _Writing:
    """Rows' lines on their way into pieces."""

    def __init__(self, pieces: Pieces, hold: Hold, counted: Counted, begins: bytes, place: Place | None) -> None:
        self._pieces, self._hold, self._counted, self._place = pieces, hold, counted, place
        # The first piece has what the file begins with.
        self._body = bytearray() if pieces.count else bytearray(begins)
        self._begun_s = time.monotonic()

    def add(self, lines: bytes, place: Place | None) -> None:
        """Take in the lines of rows that end at a place; GivenUp or OSError where a piece is written."""
        self._body += lines
        self._place = place or self._place
        if len(self._body) >= PIECE_BYTES or time.monotonic() - self._begun_s >= PIECE_S:
            self.keep()

    def keep(self) -> None:
        """Write what has been taken in as a piece, and say that the report got further; GivenUp or OSError."""
        if not self._body:
            return
        reached = Reached(self._counted.rows, self._counted.sums, self._place)
        self._pieces.add(bytes(self._body), msgspec.to_builtins(reached))
        self._body, self._begun_s = bytearray(), time.monotonic()
        self._hold.tell(advanced=True)


def _assembled(form: ReportFormat, columns: Sequence[Column], pieces: Pieces, counted: Counted, path: Path) -> Made:
    if form == "parquet":
        write_parquet(path, columns, pieces.read())
        return counted.made(path)
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for body in pieces.read():
            digest.update(body)
            size += file.write(body)
    return Made(counted.rows, size, digest.hexdigest(), counted.sums)
