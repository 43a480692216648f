"""The bytes of a journal segment: what is written is read back, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.usage.journal_frames import (
    HEAD_BYTES,
    BadSegment,
    SegmentHead,
    decode_frame,
    decode_head,
    encode_frame,
    encode_head,
    find_frame,
)

positions = st.integers(min_value=0, max_value=2**64 - 1)
payloads = st.binary(min_size=1, max_size=200)


@given(positions, positions)
def test_a_head_is_read_back_and_every_shorter_part_of_it_is_not_whole_yet(first: int, settled: int) -> None:
    data = encode_head(SegmentHead(first, settled))
    assert len(data) == HEAD_BYTES
    assert decode_head(data) == SegmentHead(first, settled)
    assert {decode_head(data[:length]) for length in range(len(data))} == {None}


@given(positions, st.integers(min_value=0, max_value=HEAD_BYTES - 1), st.integers(min_value=1, max_value=255))
def test_a_head_with_one_wrong_byte_is_refused(first: int, at: int, change: int) -> None:
    data = bytearray(encode_head(SegmentHead(first, first)))
    data[at] ^= change
    with pytest.raises(BadSegment):
        decode_head(bytes(data))


@given(positions, payloads, st.binary(max_size=50), st.binary(max_size=50))
def test_a_frame_is_read_back_from_where_it_lies(position: int, payload: bytes, before: bytes, behind: bytes) -> None:
    data = before + b"".join(encode_frame(position, payload)) + behind
    frame = decode_frame(data, len(before))
    assert frame is not None
    assert (frame.position, frame.payload, frame.end) == (position, payload, len(data) - len(behind))


@given(positions, payloads, st.data())
def test_a_frame_that_is_cut_or_changed_is_no_frame(position: int, payload: bytes, data: st.DataObject) -> None:
    whole = b"".join(encode_frame(position, payload))
    cut = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    assert decode_frame(whole[:cut], 0) is None
    changed = bytearray(whole)
    changed[cut] ^= data.draw(st.integers(min_value=1, max_value=255))
    assert decode_frame(bytes(changed), 0) is None


@given(st.integers(min_value=0, max_value=100))
def test_zeros_that_a_power_loss_left_behind_are_no_frame(count: int) -> None:
    assert decode_frame(bytes(count), 0) is None


@given(positions, payloads, st.integers(min_value=0, max_value=60))
def test_a_frame_is_found_behind_what_is_none(position: int, payload: bytes, zeros: int) -> None:
    data = bytes(zeros) + b"".join(encode_frame(position, payload))
    assert find_frame(data, 0) == zeros
    assert find_frame(data[:-1], 0) is None
