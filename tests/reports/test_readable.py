"""Reports as HTML and PDF: what they say, that they can do nothing, that the same rows are the same bytes, and how small they stay."""

import os
import re
import time
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pypdf
import pytest

from freehold.reports import manifests
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.readable import gathering, page, writing
from freehold.reports.readable.documents import document_of
from freehold.reports.readable.legible import COVERED, covered, seen
from freehold.reports.readable.totals import read_totals
from freehold.reports.records import READABLE, ReportFormat, ReportKind
from tests.reports.readable_rows import NAMES, about, firings, keys, usage, written

SUMMARISED: list[ReportKind] = [kind for kind, facts in KIND_FACTS.items() if facts.summary]
# None of them runs, loads, leads or sends anything.
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "p", "h1", "h2", "h3", "dl", "div", "dt",
    "dd", "bdi", "figure", "figcaption", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect", "line", "text",
}  # fmt: skip


class Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def test_whatever_a_key_is_called_the_page_can_do_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys.html"
    written(path, "key_inventory", "html", keys())
    shown = Page(path)
    assert {tag for tag, _ in shown.elements} <= ELEMENTS
    for tag, attributes in shown.elements:
        assert not {
            name for name in attributes if name.startswith("on") or name in ("style", "href", "src", "action", "srcset")
        }, tag
    policies = [
        given["content"] for tag, given in shown.elements if given.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [page.POLICY]
    assert "script" not in page.POLICY
    assert page.SERVED_POLICY.startswith("sandbox; ")
    # They are there to be read all the same, but for what would not be seen.
    for name in NAMES:
        assert seen(name)[:100] in shown.text
    assert "[U+202E]gnp.exe" in shown.text
    assert "\u202e" not in shown.text
    assert "[U+001B][31mred[U+0000]" in shown.text


def test_a_pdf_shows_names_reads_none_as_markup_and_says_what_its_font_lacks(tmp_path: Path) -> None:
    path = tmp_path / "keys.pdf"
    written(path, "key_inventory", "pdf", keys())
    text = text_of(path)
    for words in (
        "Zürich / Łódź / [U+6771 U+4EAC]",
        "<script>alert(1)</script>",
        "Київ, Αθήνα",
        "{{ 7 * 7 }}",
        "$a$ *b* @c <d>",
    ):
        assert words in text
    assert "The HTML file shows that." in " ".join(text.split())
    reader = pypdf.PdfReader(path)
    assert not [each for page in reader.pages for each in page.get("/Annots", [])]
    assert not {"/OpenAction", "/AA", "/JavaScript", "/Names", "/AcroForm"} & set(reader.root_object)


def test_a_pdf_is_accessible_and_says_nothing_of_when_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "usage.pdf"
    written(path, "usage_summary", "pdf", usage(2000))
    reader, content = pypdf.PdfReader(path), path.read_bytes()
    assert str(reader.root_object["/Lang"]) == "en"
    assert "/Marked" in str(reader.root_object["/MarkInfo"])
    assert "/StructTreeRoot" in reader.root_object
    assert b"<pdfuaid:part>1</pdfuaid:part>" in content
    assert reader.metadata is not None
    assert reader.metadata.title == "Usage summary"
    assert not re.search(rb"CreationDate|ModDate|CreateDate|ModifyDate", content)
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 3
    for number, text in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in text
    assert "2026-10-01 up to and with 2026-10-31, 31 days of UTC" in pages[0]
    assert "The first 300 of 2,000 rows" in text_of(path)


@pytest.mark.parametrize("form", READABLE)
def test_the_same_rows_are_the_same_bytes_wherever_and_whenever(
    tmp_path: Path, form: ReportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / f"first.{form}", tmp_path / f"second.{form}"
    made = written(first, "usage_summary", form, usage(100))
    monkeypatch.chdir(tmp_path)
    for name, value in {"TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8", "SOURCE_DATE_EPOCH": "1"}.items():
        monkeypatch.setenv(name, value)
    time.tzset()
    try:
        assert written(second, "usage_summary", form, usage(100)).sha256 == made.sha256
    finally:
        os.environ["TZ"] = "UTC"
        time.tzset()
    assert first.read_bytes() == second.read_bytes()


def test_the_font_has_what_is_said_to_be_covered(tmp_path: Path) -> None:
    """PDF/UA-1 refuses a character without a picture, so that a wrong line in the table fails here."""
    every = sorted(COVERED - {" ", "\xa0"})
    path = tmp_path / "all.pdf"
    written(path, "key_inventory", "pdf", keys("".join(every[at : at + 30]) for at in range(0, len(every), 30)))
    assert path.read_bytes().startswith(b"%PDF-1.7")
    assert covered("".join(every)) == "".join(every)


@pytest.mark.parametrize("form", READABLE)
def test_a_report_without_rows_says_so(tmp_path: Path, form: ReportFormat) -> None:
    path = tmp_path / f"none.{form}"
    assert written(path, "alert_firings", form, []).rows == 0
    text = Page(path).text if form == "html" else text_of(path)
    assert "There is nothing to show: no row is of this period." in text
    assert "Alert firings" in text


def test_charts_tables_and_figures_add_up() -> None:
    rows = list(usage(5000, keys_of=40))
    given = about("usage_summary", "html")
    document = document_of(
        given,
        KIND_FACTS["usage_summary"].columns,
        writing.gather(given, KIND_FACTS["usage_summary"].columns, [rows]),
        seen,
    )
    requests = sum(row[6] for row in rows)
    assert document.figures == (
        ("Requests", f"{requests:,}"),
        ("Cost", f"{sum(row[7] for row in rows):,}"),
        ("Rows", "5,000"),
    )
    assert document.chart is not None
    assert document.chart.table.head == ("Day", "Served", "Throttled", "Denied", "Failed", "All")
    numbers = [[int(cell.replace(",", "")) for cell in line[1:]] for line in document.chart.table.rows]
    assert len(numbers) == 31
    assert all(sum(line[:-1]) == line[-1] for line in numbers)
    assert sum(line[-1] for line in numbers) == requests
    assert str(document.chart.svg).count("<rect") == sum(cell > 0 for line in numbers for cell in line[:-1])
    for part in document.parts:
        assert sum(int(line[1].replace(",", "")) for line in part.rows) == requests
    by_key = next(part for part in document.parts if part.title == "By key")
    assert len(by_key.rows) == 13
    assert by_key.rows[-1][0] == "28 more"


def test_amounts_of_several_currencies_are_never_added_together() -> None:
    given, columns = about("cost_statement", "html"), KIND_FACTS["cost_statement"].columns
    names = [column.name for column in columns]

    def line(currency: str, amount: int) -> tuple[Any, ...]:
        known = {
            "month": "2026-10",
            "endpoint": "*",
            "unit": "request",
            "amount": amount,
            "quantity": 1,
            "price": 40,
            "currency": currency,
        }
        return tuple(known.get(name) for name in names)

    both = writing.gather(given, columns, [[line("EUR", 500), line("USD", 300), line("EUR", 1)]])
    document = document_of(given, columns, both, seen)
    assert document.figures[:2] == (("Amount, EUR", "5.01 EUR"), ("Amount, USD", "3.00 USD"))
    assert "8.01" not in str(document)
    assert [line[1] for line in document.parts[0].rows] == ["5.01 EUR", "3.00 USD"]
    assert document.chart is None
    assert [part.title for part in document.parts] == ["By currency"]
    assert any("more than one currency" in note for note in document.notes)
    one = document_of(given, columns, writing.gather(given, columns, [[line("EUR", 500), line("EUR", 1)]]), seen)
    assert one.figures[0] == ("Amount", "5.01 EUR")
    assert one.chart is not None
    assert "5.01 EUR" in one.chart.said
    assert "5.01 EUR</text>" in one.chart.svg
    assert one.table is not None
    assert [dict(zip(one.table.head, row, strict=True))["Price"] for row in one.table.rows] == ["0.40 EUR", "0.40 EUR"]
    # The yen has no smaller unit, the dinar a thousand of them.
    for currency, said in (("JPY", "1,500 JPY"), ("KWD", "1.500 KWD")):
        other = document_of(given, columns, writing.gather(given, columns, [[line(currency, 1500)]]), seen)
        assert other.figures[0] == ("Amount", said)


def test_instants_are_of_the_day_that_it_was_where_the_report_is_of(tmp_path: Path) -> None:
    path = tmp_path / "firings.html"
    written(path, "alert_firings", "html", firings(), time_zone="Europe/Berlin")
    # 23:30 in UTC is the next day in Berlin: none on the first, one on the last.
    table = re.search(r"Firings by day and severity, as a table</h3>.*?</table>", path.read_text(), re.DOTALL)
    assert table is not None
    found = re.findall(r"<tr><td><bdi>(2026-10-\d\d)</bdi></td>.*?<bdi>(\d)</bdi></td></tr>", table[0])
    assert found == [(f"2026-10-{day:02d}", "0" if day == 1 else "1") for day in range(1, 32)]


def test_however_many_rows_there_are_little_is_held_and_the_file_stays_small(tmp_path: Path) -> None:
    columns, given = KIND_FACTS["usage_summary"].columns, about("usage_summary", "html")
    found = gathering.Gathering(columns, given.summary, given.parameters)
    for place in range(60):
        found.add([(*row[:2], f"key_{place}_{row[2]}", *row[3:]) for row in usage(500, keys_of=400)])
    assert found.rows == 30_000
    assert len(found.first) == gathering.ROWS_SHOWN
    assert len(found.parts["key"]) == gathering.PARTS_FOLLOWED + 1
    assert sum(part[0] for part in found.parts["key"].values()) == found.totals[0]
    path = tmp_path / "many.html"
    writing.write_html(path, given, columns, found, {})
    assert path.stat().st_size < 200_000
    assert "Only the first 20,000 values of key are told apart" in path.read_text()


def test_a_long_period_has_a_bar_for_each_month() -> None:
    given = about("usage_summary", "html")
    wanted = replace(given.parameters, until=date(2027, 10, 1))
    found = gathering.Gathering(KIND_FACTS["usage_summary"].columns, given.summary, wanted)
    found.add(usage(100))
    assert list(found.bars)[:2] == ["2026-10", "2026-11"]
    assert len(found.bars) == 12


@pytest.mark.parametrize("form", READABLE)
def test_what_a_file_says_of_its_rows_is_held_against_its_manifest(tmp_path: Path, form: ReportFormat) -> None:
    path = tmp_path / f"usage.{form}"
    made = written(path, "usage_summary", form, usage(100))
    assert read_totals(form, path) == (100, dict(made.sums))
    manifest = {
        "manifest": 1, "format": form, "bytes": made.bytes, "sha256": made.sha256, "rows": made.rows, "sums": dict(made.sums),
        "columns": [{"name": each.name, "type": each.type} for each in KIND_FACTS["usage_summary"].columns],
    }  # fmt: skip
    assert manifests.faults_of(path, manifest) == []
    assert manifests.faults_of(path, manifest | {"rows": 101}) == ["The file has 100 rows; the manifest says 101."]
    path.write_bytes(path.read_bytes().replace(b"rows=100", b"rows=999"))
    faults = manifests.faults_of(path, manifest)
    assert any("SHA-256" in fault for fault in faults)
    assert any("999 rows" in fault for fault in faults)
    path.write_bytes(b"not a report")
    assert any("does not say how many rows" in fault for fault in manifests.faults_of(path, manifest))


@pytest.mark.parametrize("kind", SUMMARISED)
def test_a_kind_names_columns_that_it_has(kind: ReportKind) -> None:
    facts = KIND_FACTS[kind]
    assert facts.summary is not None
    names = {column.name: column.type for column in facts.columns}
    summary = facts.summary
    used = {
        *summary.by,
        *summary.table,
        *(summary.split.columns if summary.split else ()),
        *([summary.over] if summary.over else []),
    }
    assert used <= set(names)
    assert all(names[name] == "integer" for name in summary.measures if name)
    assert summary.over or summary.by


def test_without_typst_a_pdf_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "can_set", lambda: False)
    with pytest.raises(writing.CannotSet, match=r"freehold\[pdf\]"):
        written(tmp_path / "x.pdf", "key_inventory", "pdf", keys())


def test_a_pdf_that_cannot_be_set_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "covered", seen)
    with pytest.raises(writing.CannotSet, match="could not be displayed"):
        written(tmp_path / "x.pdf", "key_inventory", "pdf", keys(["東京"]))
