from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit.paging import BadCursor, Cursor, from_text, page, page_of_whole, to_text


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.text()), st.text())
def test_a_cursor_survives_its_text(value: int | str, identifier: str) -> None:
    cursor = Cursor(value, identifier)
    assert from_text(to_text(cursor)) == cursor
    assert to_text(cursor).isascii()
    assert not set(to_text(cursor)) & set("+/=&?#")


@pytest.mark.parametrize(
    "text", ["", "x", "ünïcode", "%%%", "eyJhIjoxfQ", "WzFd", "WzEsMl0", "W251bGwsIiJd", "a" * 400]
)
def test_other_texts_are_no_cursors(text: str) -> None:
    with pytest.raises(BadCursor):
        from_text(text)


@given(st.text())
def test_no_text_breaks_the_reading_of_cursors(text: str) -> None:
    # Any other exception fails the test.
    with suppress(BadCursor):
        from_text(text)


def test_a_page_knows_whether_more_follow() -> None:
    def place(row: int) -> Cursor:
        return Cursor(row, str(row))

    assert page([], 2, place).next_cursor is None
    assert page([1, 2], 2, place).next_cursor is None
    more = page([1, 2, 3], 2, place)
    assert more.data == [1, 2]
    assert from_text(more.next_cursor or "") == Cursor(2, "2")


@given(st.lists(st.integers(), unique=True, max_size=30), st.integers(1, 10))
def test_the_pages_of_a_whole_list_are_the_list(rows: list[int], limit: int) -> None:
    seen: list[int] = []
    after: Cursor | None = None
    for _ in range(len(rows) + 1):
        cut = page_of_whole(rows, limit, after, str)
        assert len(cut.data) <= limit
        seen += cut.data
        if cut.next_cursor is None:
            break
        after = from_text(cut.next_cursor)
    assert seen == rows


def test_a_list_goes_on_where_its_row_was_when_that_has_gone() -> None:
    after = from_text(page_of_whole([1, 2, 3, 4, 5], 2, None, str).next_cursor or "")
    assert page_of_whole([1, 3, 4, 5], 2, after, str).data == [3, 4]
    assert page_of_whole([0, 1, 2, 3], 2, after, str).data == [3]
    assert page_of_whole([], 2, after, str).data == []
    assert page_of_whole([7, 8], 2, Cursor(-5, "x"), str).data == [7, 8]
    assert page_of_whole([7, 8], 2, Cursor("x", "x"), str).data == [7, 8]
