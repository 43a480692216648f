"""A distribution in a few bytes: counts of values in buckets that grow by 2 %, so that any quantile is right within 1 %.

This is DDSketch (Masson, Rim, Lee, VLDB 2019) without its collapsing: values are whole numbers from 0
to 2^53, so there are never more than 1,900 buckets, and of what is measured together only some dozens
are in use. Two sketches are merged by adding counts, in any order, and nothing gets less exact by it.

Written down, a sketch is one byte that says how wide a count is, then the buckets' numbers, then their
counts: three bytes a bucket for most, read and written at the speed of `struct`. The empty one is empty.
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
    if not sketch:
        return b""
    buckets = sorted(sketch)
    counts = [sketch[bucket] for bucket in buckets]
    highest = max(counts)
    kind = next(kind for bound, kind in _WIDTHS if highest < bound)
    return struct.pack(f"<c{len(buckets)}H{len(buckets)}{kind}", kind.encode(), *buckets, *counts)


def decode(written: bytes) -> Sketch:
    """The sketch that was written down; ValueError where it is none."""
    if not written:
        return {}
    kind = chr(written[0])
    length = (len(written) - 1) // (2 + _BYTES.get(kind, len(written)))
    if not length or len(written) != 1 + length * (2 + _BYTES[kind]):
        raise ValueError("not a sketch")
    numbers = struct.unpack_from(f"<{length}H{length}{kind}", written, 1)
    return dict(zip(numbers[:length], numbers[length:], strict=True))


def merge_written(left: bytes, right: bytes) -> bytes:
    """Two sketches as bytes, merged."""
    if not left or not right:
        return left or right
    return encode(merge((decode(left), decode(right))))
