"""The archive: single requests that are too old to be kept in the database, as Parquet files that DuckDB reads.

One file a day and project, `<day>/<project>.parquet`, compressed with zstd; the day is that of the
request's id. A file is written beside its place, forced to disk and moved there, with what it held
before, each request once: so it may be written again at any time, and is whole at every moment. DuckDB
is an extra (`pip install 'freehold[archive]'`), loaded only where there is an archive.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from freehold.kit import clock, ids
from freehold.settings import Settings
from freehold.usage.rollups import DAY_MS

# A request of the archive, column by column: as in the database.
COLUMNS: Final = {
    "id": "VARCHAR", "journal_id": "VARCHAR", "position": "BIGINT", "at": "BIGINT", "project_id": "VARCHAR",
    "organization_id": "VARCHAR", "environment": "VARCHAR", "key_id": "VARCHAR", "secret": "VARCHAR", "api_id": "VARCHAR",
    "endpoint": "VARCHAR", "method": "VARCHAR", "path": "VARCHAR", "outcome": "VARCHAR", "via": "VARCHAR",
    "status": "SMALLINT", "latency_us": "BIGINT", "cost": "BIGINT", "address": "VARCHAR", "user_agent": "VARCHAR",
    "explanation": "VARCHAR",
}  # fmt: skip
# The file of the requests whose credential named no project.
_NOBODY: Final = "none"
_STALE_S: Final = 86_400.0
_NAMES: Final = ", ".join(f'"{name}"' for name in COLUMNS)
_KINDS: Final = ", ".join(f"\"{name}\": '{kind}'" for name, kind in COLUMNS.items())
_ROWS: Final = f"read_json(?, format = 'newline_delimited', columns = {{{_KINDS}}})"


@dataclass(frozen=True, slots=True)
class Written:
    """What a file of the archive holds."""

    requests: int
    cost: int
    bytes: int
    sha256: str


class Archive:
    """The archive in one folder. For any number of readers, and one writer a day and project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, day_ms: int, project_id: str, rows: Iterable[Mapping[str, Any]]) -> Written:
        """Put requests of a day and project into its file, each as it is now and once; what the file holds then."""
        place = self.file(day_ms, project_id)
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder) as scratch:
            lines, new = Path(scratch, "rows.jsonl"), Path(scratch, "rows.parquet")
            with lines.open("wb") as file:
                for row in rows:
                    file.write(msgspec.json.encode(row) + b"\n")
            before = f"SELECT {_NAMES}, 0 AS new FROM read_parquet(?) UNION ALL BY NAME" if place.exists() else ""
            both = f"{before} SELECT {_NAMES}, 1 AS new FROM {_ROWS}"
            source = f"SELECT DISTINCT ON (id) {_NAMES} FROM ({both}) ORDER BY id, new DESC"
            given = [str(place), str(lines)] if before else [str(lines)]
            requests, cost = self._copy(source, given, new)
            _force(new)
            content = new.read_bytes()
            new.replace(place)
        _force(place.parent)
        return Written(requests, cost, len(content), hashlib.sha256(content).hexdigest())

    def sweep(self) -> None:
        """Remove what writers left behind that were killed."""
        for scratch in self.folder.glob(".new-*"):
            if time.time() - scratch.stat().st_mtime > _STALE_S:
                shutil.rmtree(scratch, ignore_errors=True)

    def known(self, request_ids: Sequence[str]) -> dict[str, int]:
        """Which of some requests are in the archive, and what they cost there."""
        days = sorted({_day_of(request_id) for request_id in request_ids})
        files = [str(file) for day_ms in days for file in sorted(self._day(day_ms).glob("*.parquet"))]
        if not files:
            return {}
        query = "SELECT id, cost FROM read_parquet(?) WHERE id IN (SELECT unnest(?))"
        return {row[0]: int(row[1]) for row in self._ask(query, [files, list(request_ids)])}

    def find(self, request_id: str) -> dict[str, Any] | None:
        """One request, by column; None where the archive has none of that id."""
        files = [str(file) for file in sorted(self._day(_day_of(request_id)).glob("*.parquet"))]
        if not files:
            return None
        rows = self._ask(f"SELECT {_NAMES} FROM read_parquet(?) WHERE id = ?", [files, request_id])
        return dict(zip(COLUMNS, rows[0], strict=True)) if rows else None

    def requests_of(self, project_id: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """A project's archived requests in a range, oldest first: for reports."""
        first, last = clock.to_ms(start), clock.to_ms(end)
        if files := self.files_of(project_id, first, last):
            query = f'SELECT {_NAMES} FROM read_parquet(?) WHERE "at" >= ? AND "at" < ? ORDER BY "at", id'
            for row in self._ask(query, [files, first, last]):
                yield dict(zip(COLUMNS, row, strict=True))

    def files_of(self, project_id: str, start_ms: int, end_ms: int) -> list[str]:
        """The files that there are in which a project's requests of a range may be."""
        # A request's id may be of the day beside that of its decision.
        days = range(start_ms - start_ms % DAY_MS - DAY_MS, end_ms + DAY_MS, DAY_MS)
        return [str(file) for day in days if (file := self.file(day, project_id)).exists()]

    def file(self, day_ms: int, project_id: str) -> Path:
        """Where the file of a day and project is; an empty id is what has no project."""
        return self._day(day_ms) / f"{project_id or _NOBODY}.parquet"

    def _day(self, day_ms: int) -> Path:
        return self.folder / f"{clock.from_ms(day_ms):%Y-%m-%d}"

    def _copy(self, source: str, given: Sequence[str], new: Path) -> tuple[int, int]:
        connection = _duckdb()
        with connection:
            connection.execute(f"CREATE TABLE rows AS {source}", given)
            # The path cannot be given as a parameter here; it is ours, and quotes are doubled.
            place = str(new).replace("'", "''")
            connection.execute(f"COPY (SELECT * FROM rows ORDER BY id) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
            found = connection.execute("SELECT count(*), coalesce(sum(cost), 0) FROM rows").fetchall()
        return int(found[0][0]), int(found[0][1])

    def _ask(self, query: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
        connection = _duckdb()
        with connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, given).fetchall()
        return rows


def archive_of(settings: Settings) -> Archive | None:
    """The archive that the settings name, where there is one and what it needs is installed."""
    return Archive(Path(settings.archive)) if settings.archive and is_available() else None


def is_available() -> bool:
    """Whether DuckDB is installed."""
    try:
        _duckdb().close()
    except ImportError:
        return False
    return True


def _duckdb() -> Any:
    """A connection of our own that reads files, loads nothing from anywhere, and takes one core at most."""
    # An extra: loaded where it is needed.
    import duckdb  # noqa: PLC0415

    options: dict[str, Any] = {"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    return duckdb.connect(":memory:", config=options)


def _day_of(request_id: str) -> int:
    at_ms = ids.instant_ms(request_id)
    return at_ms - at_ms % DAY_MS


def _force(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
