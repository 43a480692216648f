"""Charts: ticks that reach the values, geometry that fits, links and names that are whole and escaped."""

import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.dashboard import charts
from freehold.dashboard.charts import AxisLabel, BarChart, Bucket, Series

SERIES = (Series("served", "Served"), Series("denied", "Denied"), Series("failed", "Failed"))
COUNTS = st.integers(0, 10**12)
LABELS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


def chart_of(rows: list[tuple[int, int, int]], label: str = "Mon", chosen: int | None = None) -> BarChart:
    buckets = tuple(Bucket(f"{label} {i}", row, f"/r?from={i}&to={i + 1}") for i, row in enumerate(rows))
    axis = tuple(AxisLabel(i + 0.5, label) for i in range(len(rows)))
    return BarChart(title="Requests", unit="Hourly, UTC", series=SERIES, buckets=buckets, axis=axis, chosen=chosen)


def parsed(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html)  # noqa: S314 - drawn by ourselves


@given(COUNTS)
def test_ticks_are_even_whole_and_reach_the_highest_value_without_doubling_it(highest: int) -> None:
    values = charts.ticks(highest)
    steps = {later - earlier for earlier, later in itertools.pairwise(values)}
    assert values[0] == 0
    assert 2 <= len(values) <= 6
    assert len(steps) == 1
    assert values[-1] >= highest
    assert values[-1] < max(2 * highest, 2)


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (7, (0, 2, 4, 6, 8)),
        (10, (0, 2, 4, 6, 8, 10)),
        (1260, (0, 500, 1000, 1500)),
    ],
)
def test_ticks_of_known_values(highest: int, expected: tuple[int, ...]) -> None:
    assert charts.ticks(highest) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1000, "1k"), (1500, "1.5k"), (20_000, "20k"), (2_000_000, "2M"), (5 * 10**9, "5G")],
)
def test_axis_values_are_short(value: int, text: str) -> None:
    assert charts.short(value) == text


@settings(max_examples=30)
@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), max_size=12), LABELS)
def test_bars_are_well_formed_whole_and_inside_the_plot(rows: list[tuple[int, int, int]], label: str) -> None:
    html = charts.bars(chart_of(rows, label), height=190)
    root = parsed(html)
    links = list(root.iter("a"))
    assert len(links) == len(rows)
    for link, row in zip(links, rows, strict=True):
        segments = [rect for rect in link.iter("rect") if rect.get("class") != "fh-hit"]
        assert len(segments) == sum(count > 0 for count in row)
        for rect in segments:
            top, tall = float(rect.attrib["y"]), float(rect.attrib["height"])
            assert tall >= 1.25
            assert -0.01 <= top <= 190
            assert 0 <= float(rect.attrib["x"][:-1]) <= 100
    assert "style=" not in html
    assert not re.search(r"nan|inf|\de[+-]?\d", " ".join(re.findall(r'(?:x|y|width|height)="([^"]*)"', html)))


@settings(max_examples=30)
@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=12), st.data())
def test_exactly_one_bar_is_in_the_tab_order(rows: list[tuple[int, int, int]], data: st.DataObject) -> None:
    chosen = data.draw(st.none() | st.integers(0, len(rows) - 1))
    links = list(parsed(charts.bars(chart_of(rows, chosen=chosen))).iter("a"))
    reachable = [i for i, link in enumerate(links) if link.get("tabindex") == "0"]
    assert reachable == [len(rows) - 1 if chosen is None else chosen]


def test_a_bar_says_its_counts_and_leads_to_its_requests() -> None:
    link = next(parsed(charts.bars(chart_of([(1200, 3, 0)]))).iter("a"))
    assert link.get("href") == "/r?from=0&to=1"
    assert link.get("aria-label") == "Mon 0, Served 1,200, Denied 3, Failed 0"
    assert link.get("data-tip") == "Mon 0|served:Served:1,200|denied:Denied:3|failed:Failed:0"


def test_labels_cannot_become_markup() -> None:
    html = charts.bars(chart_of([(1, 0, 0)], label='"><script>alert(1)</script>'))
    assert "<script" not in html
    assert parsed(html) is not None


def test_a_chart_without_buckets_is_an_empty_plot() -> None:
    assert list(parsed(charts.bars(chart_of([]))).iter("a")) == []


@given(st.lists(st.integers(0, 10**15), max_size=60))
def test_sparklines_stay_in_their_box_whatever_the_values(values: list[int]) -> None:
    path = parsed(charts.spark(values))[1].attrib["d"]
    points = [tuple(map(float, point.split())) for point in path[1:].split("L")]
    assert len(points) == max(len(values), 2)
    assert all(0 <= x <= 120 and 0 <= y <= 30 for x, y in points)


@pytest.mark.parametrize(
    ("part", "whole", "width"),
    [(0, 10, "0%"), (1, 10**9, "0.8%"), (5, 10, "50%"), (20, 10, "100%"), (1, 0, "0%"), (-1, 5, "0%")],
)
def test_a_meter_shows_a_share_and_anything_above_nothing(part: int, whole: int, width: str) -> None:
    assert parsed(charts.meter(part, whole))[1].attrib["width"] == width


@given(st.integers(0, 12), st.integers(0, 12))
def test_a_ring_has_one_piece_a_step(done: int, total: int) -> None:
    kinds = [circle.get("class") for circle in parsed(charts.ring(done, total)).iter("circle")]
    assert len(kinds) == total
    assert kinds.count("fh-on") == min(done, total)


def test_a_success_column_is_as_red_as_its_share_of_failures() -> None:
    hours = [
        charts.Bucket("13:00", (3, 1, 0), "/a"),
        charts.Bucket("14:00", (0, 0, 0), "/b"),
        charts.Bucket("15:00", (0, 0, 2), "/c"),
    ]
    links = list(parsed(charts.success_columns(hours, "Deliveries")).iter("a"))
    assert [link.get("href") for link in links] == ["/a", "/b", "/c"]
    shapes = [[(rect.get("class"), rect.get("height")) for rect in link.iter("rect")][1:] for link in links]
    assert shapes == [[("fh-s-served", "16.5"), ("fh-s-failed", "5.5")], [("fh-m-t", "3")], [("fh-s-throttled", "22")]]
    assert [link.get("aria-label") for link in links] == [
        "13:00, Delivered 3, Failed 1, Pending 0", "14:00, Nothing sent", "15:00, Delivered 0, Failed 0, Pending 2",
    ]  # fmt: skip
    assert [link.get("tabindex") for link in links] == ["-1", "-1", "0"]


def test_success_columns_of_nothing_are_empty() -> None:
    assert list(parsed(charts.success_columns([], "Deliveries")).iter("rect")) == []


def test_a_waterfall_shows_each_step_where_it_took_place() -> None:
    step = list(parsed(charts.waterfall(250, 500, 1000)).iter("rect"))[1]
    assert (step.get("x"), step.get("width")) == ("25%", "50%")
    late = list(parsed(charts.waterfall(1000, 0, 1000)).iter("rect"))[1]
    assert float((late.get("x") or "")[:-1]) + float((late.get("width") or "")[:-1]) <= 100
