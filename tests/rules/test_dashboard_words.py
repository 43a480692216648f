"""Numbers and times in words, and snippets that cannot become markup."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from freehold.dashboard import code, words

NOW = datetime(2026, 11, 22, 14, 6, 12, 208_000, UTC)


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [
        (0, "just now"),
        (1, "1 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_400, "1 d ago"),
        (-90, "in 1 min"),
        (-86_400 * 6, "in 6 d"),
    ],
)
def test_how_long_ago(elapsed: int, text: str) -> None:
    assert words.ago(NOW - timedelta(seconds=elapsed), NOW) == text


def test_instants_are_written_in_utc_and_say_so() -> None:
    assert words.moment(NOW) == "22 Nov 2026, 14:06 UTC"
    assert words.second(NOW) == "22 Nov 2026, 14:06:12.208 UTC"
    assert words.rfc3339(NOW) == "2026-11-22T14:06:12.208Z"


@pytest.mark.parametrize(
    ("hours", "text"), [(1, "13:06"), (20, "Yesterday"), (72, "19 Nov"), (24 * 400, "18 Oct 2025")]
)
def test_recent_times_are_as_short_as_they_can_be(hours: int, text: str) -> None:
    assert words.recent(NOW - timedelta(hours=hours), NOW) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "–"), (1, 1, "100.00"), (0, 7, "0.00"), (999_999, 1_000_000, "99.99"), (1, 3, "33.33")],
)
def test_a_share_is_never_whole_while_something_is_missing(part: int, whole: int, text: str) -> None:
    assert words.percent(part, whole) == text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(1, "key", "1 key"), (0, "key", "0 keys"), (2, "delivery", "2 deliveries"), (1204, "entry", "1,204 entries")],
)
def test_counts_with_their_nouns(count: int, noun: str, text: str) -> None:
    assert words.plural(count, noun) == text


@pytest.mark.parametrize(
    ("limit", "window_s", "text"), [(600, 60, "600 per minute"), (5, 10, "5 per 10 s"), (1200, 86_400, "1,200 per day")]
)
def test_rates(limit: int, window_s: int, text: str) -> None:
    assert words.rate(limit, window_s) == text


@pytest.mark.parametrize(("microseconds", "text"), [(None, "–"), (410, "0.4"), (84_210, "84"), (10_004_000, "10,004")])
def test_milliseconds(microseconds: int | None, text: str) -> None:
    assert words.milliseconds(microseconds) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [("Ines Okafor", "IO"), ("dev@northgate.example", "DE"), ("tom.reyes@x", "TR"), ("", "?"), ("- @x", "?")],
)
def test_initials(name: str, text: str) -> None:
    assert words.initials(name) == text


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listings(items: list[str], text: str) -> None:
    assert words.listing(items) == text


@given(st.text(alphabet="ab12.:/-'\"\\ \n<>&{}"))
def test_a_highlighted_text_is_the_escaped_text_and_our_spans_alone(text: str) -> None:
    html = str(code.highlight(text))
    assert re.sub(r'<span class="fh-c-[a-z]">|</span>', "", html) == str(escape(text))


def test_json_is_marked_by_its_kinds() -> None:
    html = code.highlight(code.pretty_json('{"code":"PT","count":3}'))
    assert '<span class="fh-c-k">&#34;code&#34;</span>: <span class="fh-c-s">&#34;PT&#34;</span>' in html
    assert '<span class="fh-c-n">3</span>' in html


def test_what_is_no_json_stays_as_it_is() -> None:
    assert code.pretty_json("<html>") == "<html>"
