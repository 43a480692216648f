"""Files encrypted at rest, in segments: read from any place without reading all of it, and never believed where altered.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015), as age and Tink use it: ChaCha20-Poly1305
over segments of 64 KiB, whose nonce is the segment's number and whether it is the last. A file has a key of its own,
from 256 random bits, so that no two segments ever share key and nonce. Knows no product noun; never logs.

    head: magic 8 · key's id 8 · salt 32 · tag of the key 16 · tag of the context 16
    then each segment's bytes with its tag of 16; all but the last hold 65,536
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from freehold.kit.encryption import CannotOpen
from freehold.kit.secrets import same

SEGMENT: Final = 65_536
TAG: Final = 16
HEAD: Final = 80
_MAGIC: Final = b"FHsealed"
_SALT: Final = slice(16, 48)
_WHOLE: Final = SEGMENT + TAG
# So many segments are fetched at once.
_FETCHED: Final = 16
# A segment that does not open is looked for under so many other numbers, to say what happened to it.
_SOUGHT_MAX: Final = 4_096


class Source(Protocol):
    """Bytes that can be read from any place: `size` of them."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """The bytes of [start, end)."""
        ...


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys of 32 bytes: the first one seals, every one opens. So a new key is put first, and what was sealed is read on."""

    keys: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.keys or any(len(key) != 32 for key in self.keys):
            raise ValueError("a key ring has keys, and each has 32 bytes")

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(map(key_id, self.keys))})"

    @property
    def first_id(self) -> str:
        """The id of the key that seals."""
        return key_id(self.keys[0])

    def find(self, wanted: str) -> bytes:
        """The key of an id; CannotOpen where the ring has none."""
        for key in self.keys:
            if key_id(key) == wanted:
                return key
        raise CannotOpen(f"it was encrypted with the key {wanted}, which is not among the keys given")


def key_id(key: bytes) -> str:
    """What a key is called: 16 hexadecimal digits, which say nothing of the key."""
    return hashlib.blake2b(key=key, digest_size=8, person=b"key id").hexdigest()


def seal_file(ring: KeyRing, context: str, plain: BinaryIO, sealed: BinaryIO) -> None:
    """Encrypt all that `plain` holds into `sealed`, for this context alone: what and whose the file is."""
    head, cipher = _new_head(ring.keys[0], context)
    sealed.write(head)
    number, segment = 0, plain.read(SEGMENT)
    while True:
        # Which one is last is known when nothing follows it.
        following = plain.read(SEGMENT)
        sealed.write(cipher.encrypt(_nonce(number, last=not following), segment, context.encode()))
        if not following:
            return
        number, segment = number + 1, following


class SealedFile:
    """A sealed file to be read. Whatever is read of it is authenticated before it is handed out, and CannotOpen otherwise."""

    def __init__(self, ring: KeyRing, context: str, source: Source) -> None:
        self._context, self._source = context, source
        body = source.size - HEAD
        if body < TAG:
            raise CannotOpen("it is no encrypted file, or it was cut off in its head")
        self._cipher = _cipher_of(source.read(0, HEAD), ring, context)
        self._count = -(-body // _WHOLE)
        self.size = body - TAG * self._count
        """How many bytes it holds."""
        in_last = body - (self._count - 1) * _WHOLE
        # Only an empty file has an empty segment.
        if in_last < TAG or (in_last == TAG and self._count > 1):
            raise CannotOpen("it was cut off in the middle of a tag")

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The plain bytes of [start, end), piece by piece."""
        end = min(end, self.size)
        if start >= end:
            # An empty file has one segment, and it has to be there.
            yield from (b"".join(self._opened(0, 1)) for _ in range(self.size == 0))
            return
        first, behind = start // SEGMENT, -(-end // SEGMENT)
        for at in range(first, behind, _FETCHED):
            until = min(at + _FETCHED, behind)
            piece = b"".join(self._opened(at, until))
            yield piece[max(start - at * SEGMENT, 0) : end - at * SEGMENT]

    def _opened(self, first: int, behind: int) -> Iterator[bytes]:
        begin, end = (min(HEAD + number * _WHOLE, self._source.size) for number in (first, behind))
        sealed = self._source.read(begin, end)
        if len(sealed) != end - begin:
            raise CannotOpen("it is shorter than it was a moment ago")
        for number in range(first, behind):
            segment = sealed[(number - first) * _WHOLE : (number - first + 1) * _WHOLE]
            last = number == self._count - 1
            plain = self._open(segment, number, last=last)
            if plain is None:
                raise CannotOpen(self._diagnosis(segment, number, last=last))
            yield plain

    def _open(self, segment: bytes, number: int, *, last: bool) -> bytes | None:
        try:
            return self._cipher.decrypt(_nonce(number, last=last), segment, self._context.encode())
        except InvalidTag:
            return None

    def _diagnosis(self, segment: bytes, number: int, *, last: bool) -> str:
        """What happened to a segment that does not open, as far as it can be told."""
        if self._open(segment, number, last=not last) is not None:
            return (
                "it was cut off: its last segment is not there"
                if last
                else "something was added behind its last segment"
            )
        for other in range(min(self._count, _SOUGHT_MAX)):
            if any(self._open(segment, other, last=each) is not None for each in (False, True)):
                return f"its segments were reordered: where number {number} should be is number {other}"
        return f"its segment number {number} was changed, or is another file's"


def _new_head(key: bytes, context: str) -> tuple[bytes, ChaCha20Poly1305]:
    named = _MAGIC + bytes.fromhex(key_id(key)) + os.urandom(32)
    own = _own_key(key, named[_SALT])
    return named + _tag(own, named, b"key") + _tag(own, context.encode(), b"context"), ChaCha20Poly1305(own)


def _cipher_of(head: bytes, ring: KeyRing, context: str) -> ChaCha20Poly1305:
    named, of_key, of_context = head[:48], head[48:64], head[64:]
    if not named.startswith(_MAGIC):
        raise CannotOpen("it is no encrypted file")
    own = _own_key(ring.find(named[8:16].hex()), named[_SALT])
    # ChaCha20-Poly1305 does not commit to its key; this tag does, so that a file opens to one text at most.
    if not same(of_key, _tag(own, named, b"key")):
        raise CannotOpen("its head was changed")
    if not same(of_context, _tag(own, context.encode(), b"context")):
        raise CannotOpen("it is another one's file, put in this one's place")
    return ChaCha20Poly1305(own)


def _own_key(key: bytes, salt: bytes) -> bytes:
    return hashlib.blake2b(salt, key=key, digest_size=32, person=b"sealed file").digest()


def _tag(own: bytes, of: bytes, use: bytes) -> bytes:
    return hashlib.blake2b(of, key=own, digest_size=TAG, person=use).digest()


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
