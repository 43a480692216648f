"""What a readable report says of its rows in a place that programs read, so that `verify` can hold it against the manifest.

In HTML it is a `meta` element, in PDF the keywords of the metadata, which stand there uncompressed.
"""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

NAME: Final = "freehold-totals"
_READ_MAX: Final = 64 << 20
_PDF: Final = re.compile(rb"<pdf:Keywords>([^<]*)</pdf:Keywords>")


def keywords(rows: int, sums: Mapping[str, int]) -> list[str]:
    """Totals as words: how many rows, and the sum of each column of integers."""
    return [f"rows={rows}", *(f"{name}={value}" for name, value in sums.items())]


def read_totals(form: str, path: Path) -> tuple[int, dict[str, int]]:
    """The rows and sums that a file says it has; ValueError where it says none."""
    with path.open("rb") as file:
        content = file.read(_READ_MAX)
    text = _of_pdf(content) if form == "pdf" else _of_html(content)
    if text is None:
        raise ValueError("it does not say how many rows it is of")
    named = dict(part.strip().split("=", 1) for part in text.split(","))
    rows = int(named.pop("rows"))
    return rows, {name: int(value) for name, value in named.items()}


def _of_pdf(content: bytes) -> str | None:
    found = _PDF.search(content)
    return found[1].decode() if found else None


def _of_html(content: bytes) -> str | None:
    reader = _Meta()
    reader.feed(content.decode())
    return reader.found


class _Meta(HTMLParser):
    """Finds the one element that names the totals."""

    found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and given.get("name") == NAME and self.found is None:
            self.found = given.get("content")
