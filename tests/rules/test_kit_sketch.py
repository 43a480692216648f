"""Sketches: quantiles within 1 %, merged in any order, written down and read back."""

import random
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit.sketch import (
    ERROR_MAX,
    bucket_of,
    decode,
    encode,
    merge,
    merge_written,
    quantile,
    singles,
    sketch_of,
    value_of,
)

values = st.lists(st.one_of(st.integers(0, 2000), st.integers(0, 1 << 53)), min_size=1, max_size=60)
# Beside the bound itself: the rounding of floating-point numbers.
WITHIN = ERROR_MAX * (1 + 1e-6)


@given(st.integers(0, 1 << 53))
def test_what_stands_for_a_value_is_within_the_bound(value: int) -> None:
    assert abs(value_of(bucket_of(value)) - value) <= value * WITHIN
    assert bucket_of(value) < 1 << 16


@given(st.integers(0, 1 << 52), st.integers(0, 1 << 52))
def test_buckets_are_in_the_order_of_values(left: int, right: int) -> None:
    low, high = sorted((left, right))
    assert bucket_of(low) <= bucket_of(high)


@given(values, st.floats(0, 100))
def test_a_quantile_is_that_of_nearest_rank_within_the_bound(given_values: list[int], percent: float) -> None:
    exact = sorted(given_values)[max(1, ceil(percent * len(given_values) / 100)) - 1]
    found = quantile(sketch_of(given_values), percent)
    assert found is not None
    assert abs(found - exact) <= exact * WITHIN


@given(values, st.data())
def test_any_split_and_order_is_the_same_sketch(given_values: list[int], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(given_values))
    cut = data.draw(st.integers(0, len(shuffled)))
    parts = sketch_of(shuffled[:cut]), sketch_of(shuffled[cut:])
    whole = sketch_of(given_values)
    assert merge(parts) == whole
    assert decode(merge_written(*map(encode, parts))) == whole
    assert decode(merge_written(encode(parts[0]), singles(parts[1]))) == whole
    assert decode(encode(whole)) == whole


@pytest.mark.parametrize("count", [1, 255, 256, 65_535, 65_536, (1 << 32) - 1, 1 << 32, (1 << 63) - 1])
def test_counts_of_any_width_are_read_back(count: int) -> None:
    assert decode(encode({7: count, 900: 1})) == {7: count, 900: 1}


def test_a_sketch_is_small() -> None:
    dice = random.Random(1)
    latencies = [round(dice.lognormvariate(10, 0.5)) for _ in range(10_000)]
    assert len(encode(sketch_of(latencies))) < 1000


def test_nothing_has_no_quantile_and_no_bytes() -> None:
    assert quantile({}, 50) is None
    assert encode({}) == b""
    assert decode(b"") == {}
    assert merge_written(b"", b"") == b""


@pytest.mark.parametrize("broken", [b"B", b"s", b"s\1", b"X\0\0\0", b"B\1\0", b"B\2\0\1\0\1", b"\0" * 40])
def test_what_is_no_sketch_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="not a sketch"):
        decode(broken)


def test_many_small_additions_stay_small_and_right() -> None:
    dice, written, values = random.Random(2), b"", []
    for _ in range(2000):
        some = [round(dice.lognormvariate(10, 0.5)) for _ in range(dice.randint(1, 4))]
        values += some
        written = merge_written(written, encode(sketch_of(some)))
        assert len(written) < 1500
    assert decode(written) == sketch_of(values)
