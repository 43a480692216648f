"""A readable report as one HTML file. Pure.

`Markup.format` escapes every text that is put in; the pieces themselves are ours. The page can do nothing: no script,
no link, no form, nothing loaded, and a policy in it that forbids all of that again.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from markupsafe import Markup

from freehold.reports.readable.records import Chart, Document, Table
from freehold.reports.readable.totals import NAME

_STYLE: Final = (Path(__file__).parent / "page.css").read_text("utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# What the page may do, wherever it is opened: show itself.
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
# Beside it where it is served from our address: an origin of its own, without scripts, forms and windows.
SERVED_POLICY: Final = f"sandbox; {POLICY}; frame-ancestors 'none'"

_PAGE: Final = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Freehold">
<meta name="{name}" content="{totals}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<header>
<p class="brand">Freehold report</p>
<h1>{title}</h1>
<p class="sub">{detail}</p>
<dl class="facts">{facts}</dl>
</header>
<section aria-label="Figures"><dl class="figures">{figures}</dl></section>
{chart}{parts}{rows}<footer>{notes}</footer>
</main>
</body>
</html>
""")
_CHART: Final = Markup("""<section aria-labelledby="chart">
<h2 id="chart">{title}</h2>
<figure><div class="wide" tabindex="0" role="group" aria-labelledby="chart">{svg}</div>{legend}</figure>
{table}</section>
""")
_TABLE: Final = Markup("""<section aria-labelledby="{id}">
<{level} id="{id}">{title}</{level}>
<div class="wide" tabindex="0" role="group" aria-labelledby="{id}"><table aria-labelledby="{id}">
<thead><tr>{head}</tr></thead>
<tbody>
{rows}</tbody>
</table></div>
</section>
""")
_LEGEND: Final = Markup(
    '<li><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" fill="{colour}"/></svg>{name}</li>'
)
_FACT: Final = Markup("<div><dt>{0}</dt><dd><bdi>{1}</bdi></dd></div>")


def html_of(doc: Document, totals: str) -> str:
    """The page of a document. `totals`: its rows and sums, for programs."""
    return str(
        _PAGE.format(
            policy=POLICY, name=NAME, totals=totals, title=doc.title, style=Markup(_STYLE), detail=doc.detail,  # noqa: S704 - our own file
            facts=_joined(_FACT.format(*each) for each in doc.facts),
            figures=_joined(_FACT.format(*each) for each in doc.figures),
            chart=_chart(doc.chart) if doc.chart else "",
            parts=_joined(_table(each, f"part-{number}", "h2") for number, each in enumerate(doc.parts, 1)),
            rows=_table(doc.table, "rows", "h2") if doc.table else "",
            notes=_joined(Markup("<p>{}</p>").format(each) for each in doc.notes),
        )
    )  # fmt: skip


def _chart(chart: Chart) -> Markup:
    named = _joined(_LEGEND.format(name=name, colour=colour) for name, colour in chart.legend)
    legend = Markup('<figcaption><ul class="legend">{}</ul></figcaption>').format(named) if named else ""
    return _CHART.format(
        title=chart.title, svg=chart.svg, legend=legend, table=_table(chart.table, "chart-table", "h3")
    )


def _table(table: Table, place: str, level: str) -> Markup:
    kinds = [Markup(' class="n"') if number else "" for number in table.numbers]
    head = _joined(Markup('<th scope="col"{}>{}</th>').format(*each) for each in zip(kinds, table.head, strict=True))
    rows = (
        _joined(Markup("<td{}><bdi>{}</bdi></td>").format(*each) for each in zip(kinds, row, strict=True))
        for row in table.rows
    )
    lines = _joined(Markup("<tr>{}</tr>\n").format(row) for row in rows)
    return _TABLE.format(id=place, level=level, title=table.title, head=head, rows=lines)


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)
