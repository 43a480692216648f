"""Sealed files: what was sealed comes back, whole and in ranges; every alteration is refused and named."""

import io
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit.encryption import CannotOpen
from freehold.kit.sealed_files import HEAD, SEGMENT, TAG, KeyRing, SealedFile, key_id, seal_file

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
RING = KeyRing((KEY,))
WHOLE = SEGMENT + TAG
SIZES = (0, 1, 1000, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 7, 20 * SEGMENT + 1)


@dataclass(frozen=True)
class Bytes:
    """A file in memory."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, start: int, end: int) -> bytes:
        return self.content[start:end]


def text(size: int) -> bytes:
    return bytes(number * 31 % 251 for number in range(size))


def sealed(plain: bytes, ring: KeyRing = RING, context: str = "report rep_1") -> bytes:
    written = io.BytesIO()
    seal_file(ring, context, io.BytesIO(plain), written)
    return written.getvalue()


def opened(content: bytes, ring: KeyRing = RING, context: str = "report rep_1") -> bytes:
    file = SealedFile(ring, context, Bytes(content))
    return b"".join(file.read(0, max(file.size, 1)))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(size: int) -> None:
    content = sealed(text(size))
    assert len(content) == HEAD + size + TAG * max(-(-size // SEGMENT), 1)
    assert opened(content) == text(size)
    assert SealedFile(RING, "report rep_1", Bytes(content)).size == size


def test_nothing_of_the_text_is_in_it_and_no_two_are_alike() -> None:
    plain = b"the same words again and again. " * 4096
    one, other = sealed(plain), sealed(plain)
    assert one[HEAD:] != other[HEAD:]
    assert b"the same words" not in one
    # Equal segments of one file differ too.
    assert len({one[HEAD + number * WHOLE :][:WHOLE] for number in range(2)}) == 2


PLAIN = text(3 * SEGMENT + 100)
SEALED = sealed(PLAIN)


@given(st.integers(0, len(PLAIN)), st.integers(0, len(PLAIN) + 10))
def test_any_range_is_what_it_is_of_the_whole(start: int, end: int) -> None:
    assert b"".join(SealedFile(RING, "report rep_1", Bytes(SEALED)).read(start, end)) == PLAIN[start:end]


def test_a_range_reads_no_more_than_its_segments() -> None:
    asked = []

    class Watched(Bytes):
        def read(self, start: int, end: int) -> bytes:
            asked.append((start, end))
            return super().read(start, end)

    b"".join(SealedFile(RING, "report rep_1", Watched(SEALED)).read(SEGMENT + 5, SEGMENT + 10))
    assert asked == [(0, HEAD), (HEAD + WHOLE, HEAD + 2 * WHOLE)]


def segment(number: int) -> bytes:
    return SEALED[HEAD + number * WHOLE :][:WHOLE]


ATTACKS = [
    ("another key", lambda: opened(SEALED, KeyRing((OTHER,))), f"the key {key_id(KEY)}, which is not among"),
    ("another report's file", lambda: opened(SEALED, context="report rep_2"), "another one's file"),
    ("a plain file in its place", lambda: opened(PLAIN), "no encrypted file"),
    ("nothing in its place", lambda: opened(b""), "no encrypted file"),
    ("cut off after a segment", lambda: opened(SEALED[: HEAD + 2 * WHOLE]), "cut off"),
    ("cut off after its first segment", lambda: opened(SEALED[: HEAD + WHOLE]), "cut off"),
    ("cut off in a segment", lambda: opened(SEALED[:-50]), "changed|cut off"),
    ("cut off in a tag", lambda: opened(SEALED[: HEAD + WHOLE + 5]), "middle of a tag"),
    ("a tag alone behind a segment", lambda: opened(SEALED[: HEAD + WHOLE] + segment(1)[:TAG]), "middle of a tag"),
    ("cut off in its head", lambda: opened(SEALED[:70]), "cut off in its head"),
    ("segments swapped", lambda: opened(SEALED[:HEAD] + segment(1) + segment(0) + segment(2) + segment(3)), "reordered: where number 0 should be is number 1"),
    ("a segment twice", lambda: opened(SEALED[:HEAD] + segment(0) + segment(0) + segment(2) + segment(3)), "reordered: where number 1 should be is number 0"),
    ("a segment left out", lambda: opened(SEALED[:HEAD] + segment(0) + segment(2) + segment(3)), "reordered: where number 1 should be is number 2"),
    ("something behind its end", lambda: opened(sealed(text(SEGMENT)) + bytes(100)), "added behind its last segment"),
    ("another file's segment", lambda: opened(SEALED[:HEAD] + sealed(PLAIN)[HEAD : HEAD + WHOLE] + SEALED[HEAD + WHOLE :]), "number 0 was changed, or is another file's"),
    ("another file's head", lambda: opened(sealed(PLAIN)[:HEAD] + SEALED[HEAD:]), "number 0 was changed"),
]  # fmt: skip


@pytest.mark.parametrize(("attack", "words"), [each[1:] for each in ATTACKS], ids=[each[0] for each in ATTACKS])
def test_what_was_altered_is_refused_and_named(attack: object, words: str) -> None:
    assert callable(attack)
    with pytest.raises(CannotOpen, match=words):
        attack()


@given(st.integers(0, HEAD + 300 + TAG - 1), st.integers(1, 255))
def test_no_byte_can_be_changed_unseen(place: int, change: int) -> None:
    content = bytearray(sealed(text(300)))
    content[place] ^= change
    with pytest.raises(CannotOpen):
        opened(bytes(content))


def test_keys_are_rotated_by_putting_the_new_one_first() -> None:
    both = KeyRing((OTHER, KEY))
    assert opened(SEALED, both) == PLAIN
    assert opened(sealed(PLAIN, both), KeyRing((OTHER,))) == PLAIN
    with pytest.raises(CannotOpen, match=key_id(OTHER)):
        opened(sealed(PLAIN, both))


@pytest.mark.parametrize("keys", [(), (b"short",), (KEY, bytes(31))])
def test_a_ring_has_whole_keys(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(keys)


def test_no_key_is_shown() -> None:
    assert KEY.hex() not in repr(RING)
    assert repr(RING) == f"KeyRing({key_id(KEY)})"
