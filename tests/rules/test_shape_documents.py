"""Shapes as documents and files: whatever is written down is read as the same shape."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from freehold.kit.toml_text import table
from freehold.production.shape.document_types import FileDocument
from freehold.production.shape.documents import document_faults, normal_shape
from freehold.production.shape.file_text import text_of
from tests.shapes import shapes


@given(shapes())
def test_a_shape_is_its_own_normal_form(shape: Any) -> None:
    assert document_faults(shape) == []
    assert normal_shape(shape) == shape


@given(shapes())
def test_what_is_exported_is_read_as_the_same_shape(shape: Any) -> None:
    text = text_of({"shape": shape, "project": "proj_1", "bindings": []}, "http://127.0.0.1:8400")
    document = tomllib.loads(text)
    assert document_faults(document, FileDocument) == []
    del document["project"], document["bindings"]
    assert normal_shape(document) == shape


_VALUES = st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.lists(st.text())


@given(st.dictionaries(st.text(), _VALUES | st.dictionaries(st.text(), _VALUES, min_size=1), min_size=1))
def test_any_table_is_read_as_it_was_written(values: dict[str, Any]) -> None:
    assert tomllib.loads("\n".join(table(("top",), values)))["top"] == values


def test_what_is_written_loosely_has_one_form() -> None:
    loose = {
        "api": "example", "labels": {"name": " A  b ", "purpose": "x", "use_case": ""},
        "scope": {"endpoints": ["b", "a", "b"]}, "keys": {"web": {"endpoints": ["b", "a"]}},
        "alerts": {"a": {"name": "A", "metric": "requests", "period": "day", "thresholds": [{"at": 10}, {"at": "2.50"}]}},
    }  # fmt: skip
    shape = normal_shape(loose)
    assert shape["labels"] == {"name": "A b", "purpose": "x", "product_line": None, "use_case": None}
    assert (shape["scope"]["endpoints"], shape["keys"]["web"]["endpoints"]) == (["a", "b"], ["a", "b"])
    assert [each["at"] for each in shape["alerts"]["a"]["thresholds"]] == ["2.5", "10"]
