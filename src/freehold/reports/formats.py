"""The files: CSV, JSON Lines and Parquet, written batch by batch; HTML and PDF by `readable`. Equal rows make equal bytes."""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from freehold.kit.csv_lines import csv_block, safe_cells
from freehold.reports.drafts import nameless
from freehold.reports.records import Column, Made, Reached, ReportFormat, Row

_PIECE: Final = 1 << 20
_PARQUET: Final = {"text": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN", "instant": "TIMESTAMP"}
# A group of rows is in memory, uncompressed, until it is written: DuckDB's own 122,880 took 50 MiB more, for files 2 % smaller.
_GROUP_ROWS: Final = 20_480
_encode_lines: Final = msgspec.json.Encoder().encode_lines


def write_file(kind: ReportFormat, path: Path, columns: Sequence[Column], batches: Iterable[list[Row]]) -> Made:
    """Write a new file whole; what it holds. `batches` may raise to give up: the file is left to whoever called.

    ValueError for formats that are to be read by people: `readable.writing` writes those.
    """
    counted = Counted(columns, batches)
    match kind:
        case "csv" | "jsonl":
            _write_text(path, _lines(kind, columns, counted))
        case "parquet":
            write_parquet(path, columns, _lines("jsonl", columns, counted))
        case _:
            raise ValueError(f"{kind} is not written here")
    return counted.made(path)


def begins_with(kind: ReportFormat, columns: Sequence[Column]) -> bytes:
    """What a text format has before its rows."""
    return csv_block([[column.name for column in columns]]).encode() if kind == "csv" else b""


def text_of(kind: ReportFormat, columns: Sequence[Column], batch: Sequence[Row]) -> bytes:
    """The lines of some rows, which are the same however the rows are divided; of Parquet, those that it is made of."""
    return _csv(columns, batch) if kind == "csv" else _json_lines(columns, batch)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def read_rows(kind: ReportFormat, path: Path, columns: Sequence[Column]) -> Iterator[list[Row]]:
    """A file's rows as they are written there: integers as such. ValueError where it has other columns."""
    names = [column.name for column in columns]
    if kind == "parquet":
        yield from _read_parquet(path, names)
    elif kind == "csv":
        yield from _read_csv(path, names, columns)
    else:
        with path.open("rb") as file:
            for line in file:
                row = msgspec.json.decode(line)
                if list(row) != names:
                    raise ValueError("the file has other columns than its manifest says")
                yield [tuple(row.values())]


class Counted:
    """Batches of rows, counted and added up on their way; `reached`: behind those that were counted before."""

    def __init__(self, columns: Sequence[Column], batches: Iterable[list[Row]], reached: Reached | None = None) -> None:
        self._batches = batches
        self._integers = [
            (place, column.name) for place, column in enumerate(columns) if column.type == "integer" and column.summed
        ]
        self.rows = reached.rows if reached else 0
        before = reached.sums if reached else {}
        self.sums = {name: before.get(name, 0) for _, name in self._integers}

    def __iter__(self) -> Iterator[list[Row]]:
        for batch in self._batches:
            self.rows += len(batch)
            for place, name in self._integers:
                self.sums[name] += sum(row[place] or 0 for row in batch)
            yield batch

    def made(self, path: Path) -> Made:
        """What came of them: the file that they were written to, and its numbers."""
        return Made(self.rows, path.stat().st_size, sha256_of(path), self.sums)


def _write_text(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(lines)
        file.flush()


# A column at a time: what a cell needs is asked once for each column, not for each cell of ten million rows.


def _lines(kind: ReportFormat, columns: Sequence[Column], batches: Iterable[list[Row]]) -> Iterator[bytes]:
    yield begins_with(kind, columns)
    for batch in batches:
        yield text_of(kind, columns, batch)


def _csv(columns: Sequence[Column], batch: Sequence[Row]) -> bytes:
    cells = [_csv_cells(column, values) for column, values in zip(columns, zip(*batch, strict=True), strict=True)]
    return csv_block(zip(*cells, strict=True)).encode()


def _csv_cells(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    match column.type:
        case "text":
            return safe_cells(values)
        case "boolean":
            return [None if value is None else "true" if value else "false" for value in values]
        case "instant":
            return _instants(values)
        case "integer":
            return values


def _json_lines(columns: Sequence[Column], batch: Sequence[Row]) -> bytes:
    names = [column.name for column in columns]
    cells = [
        _instants(values) if column.type == "instant" else values
        for column, values in zip(columns, zip(*batch, strict=True), strict=True)
    ]
    return _encode_lines([dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)])


def _instants(values: Sequence[datetime | None]) -> list[str | None]:
    """RFC 3339 with `Z` and milliseconds, as `clock.to_text` has it; instants of rows are of UTC."""
    return [None if value is None else value.isoformat(timespec="milliseconds")[:23] + "Z" for value in values]


def write_parquet(path: Path, columns: Sequence[Column], blocks: Iterable[bytes]) -> None:
    """By DuckDB, from JSON Lines beside the file: one thread, so that equal rows are equal bytes; compressed by zstd."""
    # Where the file itself is: a draft without a name resolves to its folder too.
    with nameless(path.resolve().parent) as lines:
        _write_text(lines, blocks)
        kinds = ", ".join(f"{_quoted(column.name)}: '{_PARQUET[column.type]}'" for column in columns)
        source = f"read_json({_quoted(str(lines))}, format = 'newline_delimited', columns = {{{kinds}}})"
        with closing(_duckdb()) as connection:
            # Paths and names cannot be given as parameters here; they are ours, and quotes are doubled.
            kind = f"(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ROW_GROUP_SIZE {_GROUP_ROWS})"
            connection.execute(f"COPY (SELECT * FROM {source}) TO {_quoted(str(path))} {kind}")  # noqa: S608


def _read_parquet(path: Path, names: list[str]) -> Iterator[list[Row]]:
    with closing(_duckdb()) as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        if [each[0] for each in found.description] != names:
            raise ValueError("the file has other columns than its manifest says")
        while rows := found.fetchmany(2000):
            yield rows


def _read_csv(path: Path, names: list[str], columns: Sequence[Column]) -> Iterator[list[Row]]:
    integers = {place for place, column in enumerate(columns) if column.type == "integer"}
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        if next(rows, None) != names:
            raise ValueError("the file has other columns than its manifest says")
        for row in rows:
            if len(row) != len(names):
                raise ValueError("a row has another number of cells than there are columns")
            yield [tuple(int(cell) if place in integers and cell else cell for place, cell in enumerate(row))]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _duckdb() -> Any:
    # An extra: loaded where Parquet is asked for.
    import duckdb  # noqa: PLC0415

    options: dict[str, Any] = {
        "threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False, "memory_limit": "150MB",
    }  # fmt: skip
    connection = duckdb.connect(":memory:", config=options)
    connection.execute("SET TimeZone = 'UTC'")
    return connection
