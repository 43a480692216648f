import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit import ids


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_ids_sort_as_their_times_do(left: int, right: int) -> None:
    first, second = ids.new_id("key", left), ids.new_id("key", right)
    if left != right:
        assert (first < second) == (left < right)
    assert ids.instant_ms(first) == left


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_the_encoding_keeps_order_and_length(left: int, right: int) -> None:
    assert len(ids.encode(left)) == 26
    assert (ids.encode(left) < ids.encode(right)) == (left < right)


def test_the_encoding_is_crockfords_base_32() -> None:
    assert ids.encode(0) == "0" * 26
    assert ids.encode(31) == "0" * 25 + "z"
    assert ids.encode(32) == "0" * 24 + "10"
    assert ids.encode(2**128 - 1) == "7" + "z" * 25


def test_ids_of_one_millisecond_differ() -> None:
    assert len({ids.new_id("req", 1) for _ in range(1000)}) == 1000


# One that was made once: what is collected has to be the same in every worker.
_REST = "01m84s3zm4ddfg2ebdt0apwk20"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f"key_{_REST}", True), (f"org_{_REST}", False), ("key_", False), (f"KEY_{_REST}".upper(), False),
        (f"key_{_REST}0", False), (f"key_{_REST}\n", False), ("key_" + "8" + "0" * 25, False),
        ("key_" + "0" * 25 + "u", False), ("", False),
    ],
)  # fmt: skip
def test_what_has_the_form_of_an_id(text: str, right: bool) -> None:
    assert ids.is_id(text, "key") is right


@pytest.mark.parametrize("text", ["", "key", "key_x", "key_" + "i" * 26, "KEY_" + "0" * 26])
def test_what_is_no_id_has_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        ids.instant_ms(text)


def test_ids_with_an_order_sort_by_it_within_a_millisecond(test_clock: object) -> None:
    made = [ids.ordered_id("aud", order) for order in (1, 2, 3, 400, 2**39)]
    assert made == sorted(made)
    assert all(ids.is_id(each, "aud") for each in made)
