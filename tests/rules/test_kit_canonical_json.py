"""Against RFC 8785: its own examples where they hold no fractions, which Freehold refuses."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit import canonical_json

# Whatever UTF-8 can hold: no lone surrogates.
TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def test_members_are_sorted_by_utf_16_code_units() -> None:
    """RFC 8785, section 3.2.3: its example, in its order."""
    value = {
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
        "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis",
    }  # fmt: skip
    expected = ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]  # fmt: skip
    assert list(json.loads(canonical_json.encode(value)).values()) == expected


def test_strings_are_escaped_as_little_as_may_be() -> None:
    """RFC 8785, section 3.2.2: the string and the literals of its example."""
    value = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_json.encode(value) == expected.encode()


def test_controls_have_their_short_forms_in_lower_case() -> None:
    assert canonical_json.encode("\b\t\n\f\r\u0000\u001f\u007f/") == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f/"'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, b"{}"),
        ([], b"[]"),
        (0, b"0"),
        (-1, b"-1"),
        (2**53 - 1, b"9007199254740991"),
        ((1, 2), b"[1,2]"),
        ("", b'""'),
    ],
)
def test_small_values(value: Any, text: bytes) -> None:
    assert canonical_json.encode(value) == text


@pytest.mark.parametrize("value", [2**53, -(2**53), {"a": [2**60]}])
def test_integers_that_not_every_reader_keeps_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical_json.encode(value)


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1, 2}, object(), [0.5]])
def test_what_has_no_one_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="canonical"):
        canonical_json.encode(value)


@pytest.mark.parametrize("value", [{1: "x"}, {None: 1}, {True: 1}])
def test_members_have_texts_for_names(value: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        canonical_json.encode(value)


@given(VALUES)
def test_reading_back_gives_the_same_and_the_same_again(value: Any) -> None:
    encoded = canonical_json.encode(value)
    assert json.loads(encoded) == value
    assert canonical_json.encode(json.loads(encoded)) == encoded


@given(st.dictionaries(TEXTS, st.integers(0, 9), min_size=2))
def test_the_order_of_members_does_not_count(value: dict[str, int]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json.fingerprint(turned) == canonical_json.fingerprint(value)
    assert canonical_json.fingerprint({**value, "\0": 10}) != canonical_json.fingerprint(value)
