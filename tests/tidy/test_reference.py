"""The generated pages of docs/ say what the code says."""

from pathlib import Path

import pytest
from scripts.reference import ROOT, pages


@pytest.mark.parametrize("path", list(pages()), ids=str)
def test_page_is_current(path: Path) -> None:
    assert (ROOT / path).read_text("utf-8") == pages()[path], "run: make docs"
