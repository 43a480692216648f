"""What a readable report says, as one record that the HTML and the PDF both show. Pure.

It says what the report is of, and nothing of when or by whom it was made: the same rows make the same document.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.prices.currencies import EXPONENTS
from freehold.prices.money import money_text
from freehold.reports import local_days
from freehold.reports.readable import drawing
from freehold.reports.readable.gathering import OTHERS, PARTS_FOLLOWED, ROWS_SHOWN, Gathering, by_month
from freehold.reports.readable.legible import CELL_MAX, cut
from freehold.reports.readable.records import About, Chart, Document, Table
from freehold.reports.records import UTC_NAME, Column, Row
from freehold.reports.summaries import ROWS

PARTS_SHOWN: Final = 12
_DRAWN: Final = 10
Legible = Callable[[str], str]


def document_of(about: About, columns: Sequence[Column], found: Gathering, legible: Legible) -> Document:
    """The document that says what was gathered. `legible`: what to make of texts that people gave."""
    say = _Saying(about, columns, found, legible)
    return Document(
        title=about.title, detail=f"{about.detail}.", facts=say.facts(), figures=say.figures(),
        chart=say.chart() if found.rows else None, parts=tuple(say.parts()) if found.rows else (),
        table=say.table() if found.rows else None, notes=tuple(say.notes()),
    )  # fmt: skip


def title_of(column: str) -> str:
    """A column's name as a heading: `last_used_at` is `Last used, UTC`."""
    words = column.replace("_", " ")
    return (f"{words[:-3]}, UTC" if words.endswith(" at") else words).capitalize().replace(", utc", ", UTC")


class _Saying:
    """Puts into words and tables what was gathered of a report."""

    def __init__(self, about: About, columns: Sequence[Column], found: Gathering, legible: Legible) -> None:
        self._about, self._columns, self._found, self._given = about, columns, found, legible
        self._marked = False
        self._summary, self._parameters = about.summary, about.parameters
        self._unit = self._summary.unit

    def facts(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._legible(text)) for name, text in (*self._about.owner, ("Period", self._period())))

    def figures(self) -> tuple[tuple[str, str], ...]:
        named = zip(self._summary.measures, self._found.totals, strict=True)
        figures = [(self._measure(name), self._number(name, total)) for name, total in named]
        if self._apart:
            first = self._measure(self._summary.measures[0])
            figures[:1] = [
                (f"{first}, {self._named(value)}", self._number(self._summary.measures[0], sums[0], value))
                for value, sums in self._largest(self._apart)
            ]
        return (*figures, ("Rows", f"{self._found.rows:,}")) if ROWS not in self._summary.measures else tuple(figures)

    @property
    def _apart(self) -> str | None:
        """The column whose values must not be added together, where there are several of them."""
        apart = self._summary.apart
        return apart if apart and len(self._found.parts[apart]) > 1 else None

    @property
    def _currency(self) -> str:
        """The one currency of all rows; empty where there are none or several."""
        apart = self._summary.apart
        values = list(self._found.parts[apart]) if apart and self._summary.money else []
        return values[0] if len(values) == 1 else ""

    def chart(self) -> Chart | None:
        if self._apart:
            return None
        return self._over_time() if self._summary.over else self._of_parts(self._summary.by[0])

    def parts(self) -> Iterable[Table]:
        shown = self._summary.by if self._summary.over else self._summary.by[1:]
        shown = (self._apart,) if self._apart else shown
        return (self._part_table(name, f"By {self._plain(name)}") for name in shown)

    def table(self) -> Table:
        names = [column.name for column in self._columns]
        wanted = self._shown_columns()
        rows = tuple(tuple(self._cell(row, names, name) for name in wanted) for row in self._found.first)
        left_out = self._found.rows - len(rows)
        title = f"The first {len(rows):,} of {self._found.rows:,} rows" if left_out else "All rows"
        numbers = tuple(self._columns[names.index(name)].type == "integer" for name in wanted)
        return Table(title, tuple(map(title_of, wanted)), rows, numbers)

    def notes(self) -> Iterable[str]:
        left_out = [column.name for column in self._columns if column.name not in self._shown_columns()]
        if not self._found.rows:
            yield (
                "There is nothing to show: no row is of this period."
                if self._parameters.since
                else "There is nothing to show."
            )
        if self._found.rows > ROWS_SHOWN:
            yield (
                f"The table has the first {ROWS_SHOWN:,} of {self._found.rows:,} rows. All of them are counted in the figures, the chart "
                "and the tables of parts; all are in the same report as CSV, JSON Lines or Parquet."
            )
        if left_out and self._found.rows:
            yield f"Columns that only those formats have: {', '.join(left_out)}."
        if any(len(str(cell or "")) > CELL_MAX for row in self._found.first for cell in row):
            yield f"Texts of more than {CELL_MAX} characters are cut, which … shows."
        if self._apart:
            yield f"Rows are of more than one {self._plain(self._apart)}: what must not be added together is not."
        for name in sorted(self._found.gathered_up):
            yield f"Only the first {PARTS_FOLLOWED:,} values of {name} are told apart; what came after them is in {OTHERS}."
        yield from self._notes_of_days()
        if self._marked:
            yield (
                "What would not be seen is written as its code point, such as [U+202E]; in a PDF, also what its font has no picture of. "
                "The HTML file shows that."
            )
        yield (
            "This file says nothing of when or by whom it was made, so that the same report has the same bytes. Its manifest does, and has "
            "its SHA-256: freehold reports verify FILE."
        )

    def _notes_of_days(self) -> Iterable[str]:
        since, zone = self._parameters.since, self._parameters.time_zone
        # A day that is a text was put together from sums; one that is cut from instants is exact.
        of_sums = any(column.name == self._summary.over and column.type == "text" for column in self._columns)
        if since and of_sums and not local_days.begins_on_the_hour(since, zone):
            yield f"Days of {zone} begin within an hour; sums of whole hours count to the day in which their hour begins."

    def _period(self) -> str:
        since, until = self._parameters.since, self._parameters.until
        if since is None or until is None:
            return "As things stood when it was made; its manifest says when."
        last = until - timedelta(days=1)
        zone = "UTC" if self._parameters.time_zone == UTC_NAME else self._parameters.time_zone
        days = "1 day" if last == since else f"{(until - since).days} days"
        return (f"{since}" if last == since else f"{since} up to and with {last}") + f", {days} of {zone}"

    def _over_time(self) -> Chart:
        split = self._summary.split
        parts = self._split_names()
        bars = [
            drawing.Bar(label, tuple(counts.get(part, 0) for part in parts))
            for label, counts in self._found.bars.items()
        ]
        named = tuple(self._legible(part) for part in parts)
        each = "month" if by_month(self._parameters) else "day"
        title = f"{self._unit.capitalize()} by {each}" + (f" and {split.title}" if split else "")
        highest = max(bars, key=lambda bar: sum(bar.counts))
        said = f"{title}: {len(bars)} bars, {self._found.totals[0]:,} in all; the highest is {highest.label} with {sum(highest.counts):,}. The table has every number."
        rows = tuple((bar.label, *(f"{count:,}" for count in bar.counts), f"{sum(bar.counts):,}") for bar in bars)
        head = (each.capitalize(), *(each.capitalize() for each in named), "All")
        table = Table(f"{title}, as a table", head, rows, (False, *([True] * (len(parts) + 1))))
        legend = tuple(zip(named, drawing.colours(parts), strict=True))
        return Chart(title, said, drawing.columns(bars, parts, said), legend, table)

    def _of_parts(self, name: str) -> Chart:
        largest = self._largest(name)[:_DRAWN]
        title = f"{self._unit.capitalize()} by {self._plain(name)}"
        measure = self._summary.measures[0]
        bars = [drawing.Bar(self._named(value), (sums[0],), self._number(measure, sums[0])) for value, sums in largest]
        said = f"{title}: {', '.join(f'{bar.label} {bar.said}' for bar in bars[:5])}. The table has every number."
        return Chart(title, said, drawing.rows(bars, said), (), self._part_table(name, f"{title}, as a table"))

    def _split_names(self) -> list[str]:
        sums: dict[str, int] = {}
        for counts in self._found.bars.values():
            for part, count in counts.items():
                sums[part] = sums.get(part, 0) + count
        usual = ("served", "throttled", "denied", "failed")
        return sorted(sums, key=lambda part: (usual.index(part) if part in usual else len(usual), -sums[part], part))

    def _part_table(self, name: str, title: str) -> Table:
        largest = self._largest(name)
        shown, rest = largest[:PARTS_SHOWN], largest[PARTS_SHOWN:]
        lines = [(self._named(value), sums, value if name == self._apart else "") for value, sums in shown]
        if rest:
            together = [sum(sums[place] for _, sums in rest) for place in range(len(self._summary.measures))]
            lines.append((f"{len(rest):,} more", together, ""))
        whole = self._found.totals[0]
        rows = tuple(
            (said, *self._numbers(sums, of), "–" if self._apart else _share(sums[0], whole)) for said, sums, of in lines
        )
        head = (title_of(name), *map(self._measure, self._summary.measures), "Share")
        return Table(title, head, rows, (False, *([True] * (len(self._summary.measures) + 1))))

    def _largest(self, name: str) -> list[tuple[str, list[int]]]:
        return sorted(self._found.parts[name].items(), key=lambda part: (*(-each for each in part[1]), part[0]))

    def _shown_columns(self) -> tuple[str, ...]:
        return self._summary.table or tuple(column.name for column in self._columns)

    def _numbers(self, sums: Sequence[int], currency: str) -> Iterable[str]:
        named = zip(self._summary.measures, sums, strict=True)
        return (self._number(name, value, currency) for name, value in named)

    def _number(self, name: str, value: int, currency: str = "") -> str:
        """A number as it is read: minor units as the amount that they are, `1,234.56 EUR`."""
        currency = currency or self._currency
        is_money = name in self._summary.money and currency in EXPONENTS
        return f"{money_text(value, currency)} {currency}" if is_money else f"{value:,}"

    def _cell(self, row: Row, names: Sequence[str], name: str) -> str:
        value = row[names.index(name)]
        if name in self._summary.money and self._summary.apart and value is not None:
            return self._number(name, value, str(row[names.index(self._summary.apart)]))
        return self._said(value)

    def _said(self, value: Any) -> str:
        if value is None or value == "":
            return "–"
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S}"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return f"{value:,}" if isinstance(value, int) else self._legible(cut(str(value)))

    def _legible(self, text: str) -> str:
        said = self._given(text)
        self._marked = self._marked or said != unicodedata.normalize("NFC", text)
        return said

    def _named(self, value: str) -> str:
        return self._legible(cut(value)) if value else "none"

    def _measure(self, name: str) -> str:
        return self._unit.capitalize() if name == ROWS else title_of(name)

    def _plain(self, name: str) -> str:
        return name.removesuffix("_at").replace("_", " ")


def _share(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f} %" if whole else "–"
