"""Rows as lines of CSV (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

# A cell that begins with one of these is calculated, or begins after it is cut, in some spreadsheet (OWASP, CSV injection).
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_FIRST: Final = frozenset(_STARTS)


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The header and a line for each row. A text that a spreadsheet would calculate gets an apostrophe before it."""
    yield _line(columns)
    for row in rows:
        yield _line([_safe(cell) if isinstance(cell, str) else cell for cell in row])


def csv_block(rows: Iterable[Sequence[object]]) -> str:
    """Many rows' lines at once, None as an empty cell. Their texts have been through `safe_cells`."""
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def safe_cells(cells: Iterable[object]) -> list[object]:
    """A column's cells, with an apostrophe before each text that a spreadsheet would calculate."""
    return [f"'{cell}" if cell.__class__ is str and cell[:1] in _FIRST else cell for cell in cells]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_STARTS) else text


def _line(cells: Sequence[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(["" if cell is None else cell for cell in cells])
    return written.getvalue()
