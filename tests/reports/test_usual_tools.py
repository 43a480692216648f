"""Files open in the tools that people use: pandas, DuckDB, pyarrow, and what a spreadsheet does with CSV; types are right.

What a spreadsheet does with a file of CSV is to split it by RFC 4180 and to calculate each cell that begins like a formula; both are
held to here, by readers that are not ours, also where none is installed. test_spreadsheets.py has files opened in one.
"""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas
import pyarrow.parquet
import pytest

from freehold.reports.formats import write_file
from freehold.reports.records import Column, ReportFormat, Row

COLUMNS: Final = (
    Column("id", "text"), Column("made_at", "instant"), Column("requests", "integer"), Column("live", "boolean"), Column("note", "text"),
)  # fmt: skip
FIRST: Final = datetime(2026, 10, 1, 7, 5, 9, 250_000, tzinfo=UTC)
# More than a float holds exactly.
LARGE: Final = 2**53 + 1
NOTES: Final = (
    "plain", 'with "quotes", commas; and\r\nlines', "Zürich – 東京 🚢", "", None, "=HYPERLINK(\"http://evil.example\")", "+1", "-2+3",
    "@SUM(A1)", "\t=1+1", "\r=1+1", "007", "1e5", "TRUE", "NULL", "nan", "=cmd|' /C calc'!A0",
)  # fmt: skip
DANGEROUS: Final = tuple(note for note in NOTES if note and note[0] in "=+-@\t\r\n")
ROWS: Final[list[Row]] = [
    (f"req_{number:03}", FIRST + timedelta(seconds=number), LARGE + number, number % 2 == 0, note)
    for number, note in enumerate(NOTES)
] + [("req_none", None, None, None, None)]


def written(folder: Path, kind: ReportFormat, rows: Sequence[Row] = ROWS) -> Path:
    path = folder / f"file.{kind}"
    # In two batches, as rows come.
    write_file(kind, path, COLUMNS, [list(rows[:5]), list(rows[5:])])
    return path


def seen(note: str | None) -> str:
    """A note as CSV has it: None and the empty text are one, and formulas are none."""
    return "" if note is None else f"'{note}" if note in DANGEROUS else note


def test_pandas_reads_csv(tmp_path: Path) -> None:
    types: Any = {"requests": "Int64", "live": "boolean", "note": "str", "id": "str"}
    found = pandas.read_csv(
        written(tmp_path, "csv"),
        parse_dates=["made_at"],
        dtype=types,
        keep_default_na=False,
        na_values={"made_at": [""], "requests": [""], "live": [""]},
    )
    assert isinstance(found["made_at"].dtype, pandas.DatetimeTZDtype)
    assert found["made_at"].iloc[1].to_pydatetime() == FIRST + timedelta(seconds=1)
    assert list(found["requests"][: len(NOTES)]) == [LARGE + number for number in range(len(NOTES))]
    assert found["requests"].isna().iloc[-1]
    assert list(found["live"][:2]) == [True, False]
    assert list(found["note"]) == [seen(row[4]) for row in ROWS]


def test_pandas_reads_json_lines(tmp_path: Path) -> None:
    types: Any = {"requests": "Int64", "live": "boolean", "note": False, "id": False}
    found = pandas.read_json(written(tmp_path, "jsonl"), lines=True, dtype=types)
    assert isinstance(found["made_at"].dtype, pandas.DatetimeTZDtype)
    assert found["made_at"].iloc[0].to_pydatetime() == FIRST
    assert str(found["requests"].dtype) == "Int64"
    assert found["note"].iloc[5] == NOTES[5]


def test_json_lines_are_one_value_each_with_whole_integers(tmp_path: Path) -> None:
    lines = written(tmp_path, "jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [tuple(json.loads(line).values()) for line in lines] == [
        (row[0], f"{row[1].isoformat(timespec='milliseconds')[:-6]}Z" if row[1] else None, *row[2:]) for row in ROWS
    ]


def test_pandas_and_pyarrow_read_parquet_with_its_types(tmp_path: Path) -> None:
    path = written(tmp_path, "parquet")
    schema = pyarrow.parquet.read_schema(path)
    assert [str(schema.field(column.name).type) for column in COLUMNS] == [
        "string",
        "timestamp[us]",
        "int64",
        "bool",
        "string",
    ]
    found = pandas.read_parquet(path, dtype_backend="pyarrow")
    assert list(found["requests"][: len(NOTES)]) == [LARGE + number for number in range(len(NOTES))]
    assert found["made_at"].iloc[0].to_pydatetime() == FIRST.replace(tzinfo=None)
    assert [None if note is pandas.NA else note for note in found["note"]] == [row[4] for row in ROWS]
    assert pyarrow.parquet.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_duckdb_reads_all_three_and_finds_their_types(kind: ReportFormat, tmp_path: Path) -> None:
    path = written(tmp_path, kind)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        source = {"csv": "read_csv(?)", "jsonl": "read_json(?)", "parquet": "read_parquet(?)"}[kind]
        types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM {source}", [str(path)]).fetchall()}
        asked = f"FROM {source} SELECT count(*), sum(requests), min(made_at)::TIMESTAMP"
        count, total, first = connection.execute(asked, [str(path)]).fetchall()[0]
    assert types["made_at"].startswith("TIMESTAMP")
    assert (types["requests"], types["live"], types["note"]) == ("BIGINT", "BOOLEAN", "VARCHAR")
    assert (count, total) == (len(ROWS), sum(row[2] or 0 for row in ROWS))
    assert first == FIRST.replace(tzinfo=None)


# --- spreadsheets ---------------------------------------------------------------------------------


def test_a_spreadsheet_splits_it_and_calculates_nothing(tmp_path: Path) -> None:
    content = written(tmp_path, "csv").read_bytes()
    # UTF-8 without a mark, lines that end in CR LF (RFC 4180).
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    rows = list(csv.reader(content.decode().splitlines(keepends=True), dialect="excel", strict=True))
    assert rows[0] == [column.name for column in COLUMNS]
    assert {len(row) for row in rows} == {len(COLUMNS)}
    cells = [cell for row in rows[1:] for cell in row]
    assert len(DANGEROUS) == 7
    # What begins a formula in Excel, LibreOffice and Google Sheets, also after what they cut away (OWASP, CSV injection).
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))] == []
    assert [cell for cell in cells if cell.lstrip("'\t\r\n ").startswith(("=", "@")) and not cell.startswith("'")] == []


def test_numbers_stay_numbers_where_they_are_negative(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    write_file("csv", path, [Column("cost", "integer")], [[(-5,), (7,)]])
    assert path.read_bytes() == b"cost\r\n-5\r\n7\r\n"
    assert sum(map(Decimal, path.read_text().split()[1:])) == 2
