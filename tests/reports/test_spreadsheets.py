"""A spreadsheet opens each kind's CSV: text stays text, numbers are numbers, nothing is calculated, and UTF-8 is right.

Gnumeric and LibreOffice, whichever is there (scripts/spreadsheet installs the first), read a file as they do when it is opened,
and save it as a workbook, whose cells have types. What both leave as it is and what they do not is in docs/reports.md.
"""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest

from freehold.reports.formats import write_file
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import Column, Row

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# UTF-8, a comma, and special numbers found, as its dialog offers: comma, quote, UTF-8, from line 1, columns as they are, American English.
_IMPORT: Final = "CSV:44,34,76,1,,1033,false,true"
_ZERO: Final = datetime(1899, 12, 30, tzinfo=UTC)
AT: Final = datetime(2026, 10, 1, 7, 5, 9, 250_000, tzinfo=UTC)
TEXTS: Final = (
    "req_01m7nz82400000000000000004", "Zürich – 東京 🚢", 'with "quotes", commas; and\nlines', "=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1+1",
    "\r=1+1", '=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0", "203.0.113.24", "a1b2c3d4e5f6", "/v1/things/4", " ",
)  # fmt: skip
NUMBERS: Final = (0, -5, 49_543, 2**53)


def rows_of(columns: tuple[Column, ...]) -> list[Row]:
    """A row for each text, so that each column has had each of them."""
    made = []
    for number in range(len(TEXTS)):
        values: dict[str, Any] = {
            "integer": NUMBERS[number % len(NUMBERS)], "boolean": number % 2 == 0, "instant": AT + timedelta(seconds=number),
        }  # fmt: skip
        made.append(
            tuple(values.get(column.type, TEXTS[(number + place) % len(TEXTS)]) for place, column in enumerate(columns))
        )
    return made


@pytest.fixture(scope="module", params=["ssconvert", "soffice"])
def spreadsheet(request: pytest.FixtureRequest) -> str:
    """A spreadsheet that is installed; skipped where it is not."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed here (scripts/spreadsheet)")
    return str(request.param)


def convert(program: str, files: list[Path], folder: Path) -> list[Path]:
    """Have files opened, and saved as workbooks."""
    made = [folder / f"{file.stem}.xlsx" for file in files]
    if program == "ssconvert":
        commands = [
            ["ssconvert", "--import-encoding=UTF-8", str(file), str(to)] for file, to in zip(files, made, strict=True)
        ]
    else:
        home = f"-env:UserInstallation=file://{folder}/home"
        commands = [["soffice", "--headless", home, f"--infilter={_IMPORT}", "--convert-to", "xlsx", "--outdir", str(folder), *map(str, files)]]  # fmt: skip
    for command in commands:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return made


def cells_of(workbook: Path) -> dict[str, tuple[str, str]]:
    """The cells of a workbook's sheet by their addresses: `text`, `truth` or `number`, and what is in them. None is calculated."""
    with zipfile.ZipFile(workbook) as parts:
        names = set(parts.namelist())
        shared = list(_texts(parts.read("xl/sharedStrings.xml"))) if "xl/sharedStrings.xml" in names else []
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 — of a program that we ran
    assert sheet.findall(f".//{_MAIN}f") == []
    found = {}
    for cell in sheet.iter(f"{_MAIN}c"):
        kind, value = cell.get("t", "n"), cell.findtext(f"{_MAIN}v", "")
        if kind == "s":
            value = shared[int(value)]
        elif kind == "inlineStr":
            value = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
        found[cell.get("r", "")] = (
            "text" if kind in ("s", "inlineStr", "str") else "truth" if kind == "b" else "number",
            value,
        )
    return found


def _texts(shared: bytes) -> Iterator[str]:
    for item in ElementTree.fromstring(shared).iter(f"{_MAIN}si"):  # noqa: S314 — of a program that we ran
        yield "".join(part.text or "" for part in item.iter(f"{_MAIN}t"))


def plain(text: str) -> str:
    """A text but for what marks it as one, and for which sign ends a line within it."""
    return re.sub(r"_x000D_|\r\n?", "\n", text).removeprefix("'")


def assert_opened(cells: dict[str, tuple[str, str]], columns: tuple[Column, ...], program: str) -> None:
    assert [cells[f"{chr(65 + place)}1"] for place in range(len(columns))] == [
        ("text", column.name) for column in columns
    ]
    for line, row in enumerate(rows_of(columns), 2):
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            kind, held = cells[f"{chr(65 + place)}{line}"]
            match column.type:
                case "text":
                    assert (kind, plain(held)) == ("text", plain(value)), column
                case "integer":
                    # A spreadsheet has 15 digits.
                    assert kind == "number"
                    assert float(held) == pytest.approx(value, rel=1e-14)
                case "boolean":
                    assert (kind, held) == ("truth", str(int(value)))
                case "instant" if program == "ssconvert":
                    assert kind == "number"
                    assert abs(_ZERO + timedelta(days=float(held)) - value) < timedelta(milliseconds=1)
                case "instant":
                    assert (kind, held) == ("text", value.isoformat(timespec="milliseconds")[:-6] + "Z")


def test_each_kind_opens_with_its_types_and_nothing_is_calculated(spreadsheet: str, tmp_path: Path) -> None:
    files = []
    for kind, facts in KIND_FACTS.items():
        files.append(tmp_path / f"{kind}.csv")
        rows = rows_of(facts.columns)
        write_file("csv", files[-1], facts.columns, [rows[:5], rows[5:]])
    for (_, facts), workbook in zip(KIND_FACTS.items(), convert(spreadsheet, files, tmp_path), strict=True):
        assert_opened(cells_of(workbook), facts.columns, spreadsheet)


def test_a_text_that_is_a_number_is_one_to_a_spreadsheet(spreadsheet: str, tmp_path: Path) -> None:
    # What docs/reports.md warns of: no form of CSV says otherwise.
    path = tmp_path / "numbers.csv"
    write_file("csv", path, [Column("name", "text")], [[("007",), ("1e5",), ("x007",)]])
    cells = cells_of(convert(spreadsheet, [path], tmp_path)[0])
    assert [cells[f"A{line}"][0] for line in (2, 3, 4)] == ["number", "number", "text"]
    assert float(cells["A2"][1]) == 7
