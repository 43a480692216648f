"""Writing a readable report: rows are gathered as they pass, then said as HTML or set as PDF.

The HTML is `page`'s. The PDF is set by Typst in a process of its own, which gives its memory back and takes no file or font
of the machine.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from freehold.reports.formats import Counted
from freehold.reports.readable.documents import document_of
from freehold.reports.readable.gathering import Gathering
from freehold.reports.readable.legible import breakable, covered, seen
from freehold.reports.readable.page import html_of
from freehold.reports.readable.records import About, Document, Table
from freehold.reports.readable.totals import keywords
from freehold.reports.records import Column, Made, ReportFormat, Row

_SET_S: Final = 300


class CannotSet(Exception):
    """A PDF that cannot be set. The message is one sentence for who asked for it."""


def can_set() -> bool:
    """Whether Typst is installed, which PDFs need."""
    return find_spec("typst") is not None


def gather(about: About, columns: Sequence[Column], batches: Iterable[list[Row]]) -> Gathering:
    """Take all rows into account; batch by batch, so that they are never there together."""
    found = Gathering(columns, about.summary, about.parameters)
    for batch in batches:
        found.add(batch)
    return found


def write_readable(
    form: ReportFormat, path: Path, columns: Sequence[Column], batches: Iterable[list[Row]], about: About
) -> Made:
    """Write a file to be read, whole; what it is of. CannotSet where a PDF cannot be set."""
    counted = Counted(columns, batches)
    found = gather(about, columns, counted)
    write = write_pdf if form == "pdf" else write_html
    write(path, about, columns, found, counted.sums)
    return counted.made(path)


def write_html(path: Path, about: About, columns: Sequence[Column], found: Gathering, sums: Mapping[str, int]) -> None:
    """Write an HTML file."""
    totals = ", ".join(keywords(found.rows, sums))
    text = html_of(document_of(about, columns, found, seen), totals)
    with path.open("wb") as file:
        file.write(text.encode())


def write_pdf(path: Path, about: About, columns: Sequence[Column], found: Gathering, sums: Mapping[str, int]) -> None:
    """Write a PDF file (PDF/UA-1); CannotSet where Typst does not."""
    if not can_set():
        raise CannotSet("PDF needs Typst, which this instance has not: pip install 'freehold[pdf]'.")
    document = plain_document(document_of(about, columns, found, covered))
    document |= {"keywords": keywords(found.rows, sums), "of": covered(about.owner[0][1])}
    content = _set(json.dumps(document))
    with path.open("wb") as file:
        file.write(content)


def plain_document(document: Document) -> dict[str, Any]:
    """A document as Typst takes it: texts only, long runs with places to break them."""
    plain = asdict(document)
    plain["chart"] = asdict(document.chart) if document.chart else None
    if document.chart:
        plain["chart"] |= {"svg": str(document.chart.svg), "table": _plain_table(document.chart.table)}
    plain["parts"] = [_plain_table(each) for each in document.parts]
    plain["table"] = _plain_table(document.table) if document.table else None
    plain["facts"] = [(name, breakable(text)) for name, text in document.facts]
    return plain


def _plain_table(table: Table) -> dict[str, Any]:
    return asdict(table) | {"rows": [[breakable(cell) for cell in row] for row in table.rows]}


def _set(document: str) -> bytes:
    # What it writes goes through us: a draft may have no name that another process could open.
    command = [sys.executable, "-I", "-m", "freehold.reports.readable.typesetting"]
    try:
        done = subprocess.run(command, input=document.encode(), capture_output=True, timeout=_SET_S, check=False)  # noqa: S603 - our own program
    except subprocess.TimeoutExpired:
        raise CannotSet("Its PDF was not set within five minutes.") from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it ended without a word"]
        raise CannotSet(f"Its PDF cannot be set: {lines[-1][:300]}")
    return done.stdout
