"""Writing a readable report: rows are gathered as they pass, then said as HTML or set as PDF.

The HTML can do nothing: no script, no link, no form, nothing loaded, every text escaped, and a policy in it that forbids
all of that again. The PDF is set by Typst in a process of its own, which gives its memory back and takes no file or font
of the machine.
"""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from freehold.reports.readable.documents import About, Document, Table, document_of
from freehold.reports.readable.gathering import Gathering
from freehold.reports.readable.legible import breakable, covered, seen
from freehold.reports.readable.totals import NAME, keywords
from freehold.reports.records import Column, Row

ReadableForm = Literal["html", "pdf"]
_HERE: Final = Path(__file__).parent
_STYLE: Final = (_HERE / "page.css").read_text("utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# What the page may do, wherever it is opened: show itself.
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
# Beside it where it is served from our address: an origin of its own, without scripts, forms and windows.
SERVED_POLICY: Final = f"sandbox; {POLICY}; frame-ancestors 'none'"
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


def write_html(path: Path, about: About, columns: Sequence[Column], found: Gathering, sums: dict[str, int]) -> None:
    """Write an HTML file."""
    totals = ", ".join(keywords(found.rows, sums))
    doc = document_of(about, columns, found, seen)
    template = _environment().get_template("page.html.j2")
    text = template.render(doc=doc, style=Markup(_STYLE), policy=POLICY, totals=totals, totals_name=NAME)  # noqa: S704 - our own file
    with path.open("wb") as file:
        file.write(text.encode())


def write_pdf(path: Path, about: About, columns: Sequence[Column], found: Gathering, sums: dict[str, int]) -> None:
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


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
