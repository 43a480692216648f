"""A distribution in a few bytes: counts of values in buckets that grow by 2 %, so that any quantile is right within 1 %.

This is DDSketch (Masson, Rim, Lee, VLDB 2019) without its collapsing: values are whole numbers from 0
to 2^53, so there are never more than 1,900 buckets, and of what is measured together only some dozens
are in use. Two sketches are merged by adding counts, in any order, and nothing gets less exact by it.

Written down, a sketch is one byte that says how wide a count is, how many buckets there are, their numbers
and their counts: three bytes a bucket for most. Behind them may be values that were added since, two bytes
each, their buckets' numbers alone; a sketch of few values is only those, behind the byte `s`. So a few
values are added by writing them behind the others, and only now and then all is counted together. The
empty sketch is empty.
"""

import struct
from collections.abc import Iterable
from math import ceil, log
from typing import Final

# Bucket number → how many values. Bucket 0 is the value 0; bucket i > 0 is (GAMMA^(i-2), GAMMA^(i-1)].
Sketch = dict[int, int]

ERROR_MAX: Final = 0.01
GAMMA: Final = (1 + ERROR_MAX) / (1 - ERROR_MAX)
_SCALE: Final = 1 / log(GAMMA)
_SINGLES: Final = b"s"
# Up to so many values are written down one by one; behind a longer sketch, up to so many bytes of them.
_FEW: Final = 48
SINGLES_BYTES_MAX: Final = 192
_WIDTHS: Final = ((1 << 8, "B"), (1 << 16, "H"), (1 << 32, "I"), (1 << 64, "Q"))
_BYTES: Final = {"B": 1, "H": 2, "I": 4, "Q": 8}


def bucket_of(value: int) -> int:
    """The number of the bucket that a value from 0 to 2^53 falls in."""
    return ceil(log(value) * _SCALE) + 1 if value > 0 else 0


def value_of(bucket: int) -> float:
    """What stands for a bucket's values: within 1 % of each of them."""
    return 2 * GAMMA ** (bucket - 1) / (GAMMA + 1) if bucket > 1 else float(bucket)


def sketch_of(values: Iterable[int]) -> Sketch:
    """The sketch of some values."""
    sketch: Sketch = {}
    for value in values:
        bucket = bucket_of(value)
        sketch[bucket] = sketch.get(bucket, 0) + 1
    return sketch


def merge(sketches: Iterable[Sketch]) -> Sketch:
    """Everything together, as a sketch of its own."""
    whole: Sketch = {}
    for sketch in sketches:
        for bucket, count in sketch.items():
            whole[bucket] = whole.get(bucket, 0) + count
    return whole


def quantile(sketch: Sketch, percent: float) -> float | None:
    """The value of nearest rank, within 1 %; None of nothing."""
    if not sketch:
        return None
    rank = max(1, ceil(percent * sum(sketch.values()) / 100))
    for bucket in sorted(sketch):
        rank -= sketch[bucket]
        if rank <= 0:
            return value_of(bucket)
    raise ValueError("a percentage is 100 at most")


def encode(sketch: Sketch) -> bytes:
    """A sketch as bytes, the same for the same counts."""
    if sum(sketch.values()) <= _FEW:
        return singles(sketch)
    buckets = sorted(sketch)
    counts = [sketch[bucket] for bucket in buckets]
    highest = max(counts)
    kind = next(kind for bound, kind in _WIDTHS if highest < bound)
    return struct.pack(f"<cH{len(buckets)}H{len(buckets)}{kind}", kind.encode(), len(buckets), *buckets, *counts)


def singles(sketch: Sketch) -> bytes:
    """A sketch as bytes that can be written behind another's: value by value, but for the first byte."""
    if not sketch:
        return b""
    values = [bucket for bucket, count in sorted(sketch.items()) for _ in range(count)]
    return struct.pack(f"<c{len(values)}H", _SINGLES, *values)


def decode(written: bytes) -> Sketch:
    """The sketch that was written down; ValueError where it is none."""
    if not written:
        return {}
    begins = _singles_begin(written)
    if not begins <= len(written) or (len(written) - begins) % 2 or len(written) == 1:
        raise ValueError("not a sketch")
    sketch: Sketch = {}
    if begins > 1:
        length = (begins - 3) // (2 + _BYTES[chr(written[0])])
        numbers = struct.unpack_from(f"<{length}H{length}{chr(written[0])}", written, 3)
        sketch = dict(zip(numbers[:length], numbers[length:], strict=True))
    for bucket in struct.unpack_from(f"<{(len(written) - begins) // 2}H", written, begins):
        sketch[bucket] = sketch.get(bucket, 0) + 1
    return sketch


def merge_written(left: bytes, right: bytes) -> bytes:
    """Two sketches as bytes, merged: quickly, where the right one is of few values."""
    if not left or not right:
        return left or right
    if right[0] == _SINGLES[0] and len(left) - _singles_begin(left) + len(right) <= SINGLES_BYTES_MAX:
        return left + right[1:]
    return encode(merge((decode(left), decode(right))))


def _singles_begin(written: bytes) -> int:
    """Where the values begin that are not counted together yet; ValueError where nothing like that is written."""
    kind = chr(written[0])
    if kind == "s":
        return 1
    if kind not in _BYTES or len(written) < 3:
        raise ValueError("not a sketch")
    return 3 + (written[1] + 256 * written[2]) * (2 + _BYTES[kind])
