"""What a readable report is of, and what it says: figures, a chart, tables, notes. No behaviour."""

from dataclasses import dataclass

from markupsafe import Markup

from freehold.reports.records import Parameters
from freehold.reports.summaries import Summary


@dataclass(frozen=True, slots=True)
class About:
    """What a readable report is of. `owner`: whose it is, in lines of a name and a text."""

    title: str
    detail: str
    summary: Summary
    parameters: Parameters
    owner: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading. `numbers`: which columns hold numbers. `note`: what is to be known of it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with the table of what it shows, and its legend: (name, colour)."""

    title: str
    said: str
    svg: Markup
    legend: tuple[tuple[str, str], ...]
    table: Table


@dataclass(frozen=True, slots=True)
class Document:
    """A readable report."""

    title: str
    detail: str
    facts: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    chart: Chart | None
    parts: tuple[Table, ...]
    table: Table | None
    notes: tuple[str, ...]
