"""A draft in pieces, which survives the process that writes it: the next attempt goes on behind the last whole piece.

Each piece is a file that appears whole and is never changed: what it says of itself, then its bytes, under their SHA-256,
encrypted where there are keys. It names the piece before it and what the draft is of. So what was damaged, torn by a loss
of power, of another attempt's end or of another state of the source is told apart, and nobody has to believe a list of them.
Two attempts at one report, of which one has lost its lease without knowing, write under names of their own.
"""

import contextlib
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from freehold.kit.encryption import CannotOpen
from freehold.kit.sealed_files import KeyRing, SealedFile, seal_file

SUFFIX: Final = ".piece"
_NAME: Final = re.compile(r"\.(?P<stem>[^.]+)\.(?P<attempt>\d+)\.(?P<number>\d{6,})\.piece")
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Said:
    """What a piece says of itself. `of`: what the draft is of; `before`: the SHA-256 of the piece before; `reached`: JSON."""

    of: str
    number: int
    before: str
    reached: Any


class Pieces:
    """The draft of one attempt at a file of a name's stem. For one thread."""

    def __init__(self, folder: Path, ring: KeyRing | None, stem: str, attempt: int, owner: str, of: str) -> None:
        self._folder, self._ring = folder, ring
        self._stem, self._attempt, self._context, self._of = stem, attempt, f"{owner} draft", of
        self._digests: list[str] = []

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return len(self._digests)

    def take_over(self) -> Any:
        """Go on with what attempts have left, as far as it is whole and of the same; what its last piece reached, or None.

        Everything else that attempts up to this one left of the same stem is removed; what later ones write is theirs.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._rename()
        reached = None
        while (found := self._opened(self.count + 1)) is not None and found[0].before == self._last:
            reached = found[0].reached
            self._digests.append(found[2])
        mine = {self._path(number) for number in range(1, self.count + 1)}
        for _, path, _ in self._left():
            if path not in mine:
                path.unlink(missing_ok=True)
        return reached

    def add(self, body: bytes, reached: Any) -> None:
        """Write the next piece. OSError where the disk does not take it."""
        number = self.count + 1
        said = msgspec.json.encode(Said(self._of, number, self._last, reached))
        plain = said + b"\n" + body
        digest = hashlib.sha256(plain)
        path = self._path(number)
        # Not forced to the disk: what a loss of power leaves of it is told apart, and only costs rows that are read again.
        new = path.with_suffix(".new")
        new.write_bytes(self._sealed(digest.digest() + plain, number))
        new.replace(path)
        self._digests.append(digest.hexdigest())

    def read(self) -> Iterator[bytes]:
        """The bytes of all pieces, one after the other; OSError where one is not what it was."""
        for number in range(1, self.count + 1):
            found = self._opened(number)
            if found is None or found[2] != self._digests[number - 1]:
                raise OSError(f"piece {number} of its draft was damaged meanwhile")
            yield found[1]

    @property
    def _last(self) -> str:
        return self._digests[-1] if self._digests else ""

    def _path(self, number: int) -> Path:
        return self._folder / f".{self._stem}.{self._attempt}.{number:06}{SUFFIX}"

    def _rename(self) -> None:
        """Give each piece the name of this attempt: of two with one number, that of the later attempt."""
        newest = {number: path for _, path, number in sorted(self._left())}
        for number, path in newest.items():
            # One that whoever lost the report removes at this moment is read anew.
            with contextlib.suppress(FileNotFoundError):
                path.replace(self._path(number))

    def _left(self) -> list[tuple[int, Path, int]]:
        """Pieces of attempts up to this one: attempt, path, number."""
        found = [(path, _NAME.fullmatch(path.name)) for path in pieces_of(self._folder, self._stem)]
        named = [(int(match["attempt"]), path, int(match["number"])) for path, match in found if match]
        return [each for each in named if each[0] <= self._attempt]

    def _opened(self, number: int) -> tuple[Said, bytes, str] | None:
        """A piece with its bytes and SHA-256, where it is whole and of this draft."""
        with contextlib.suppress(FileNotFoundError, CannotOpen, msgspec.DecodeError):
            content = self._plain(self._path(number).read_bytes(), number)
            digest, plain = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
            head, _, body = plain.partition(b"\n")
            if hashlib.sha256(plain).digest() == digest:
                said = msgspec.json.decode(head, type=Said)
                if (said.of, said.number) == (self._of, number):
                    return said, body, digest.hex()
        return None

    def _sealed(self, plain: bytes, number: int) -> bytes:
        if self._ring is None:
            return plain
        sealed = io.BytesIO()
        seal_file(self._ring, f"{self._context} {number}", io.BytesIO(plain), sealed)
        return sealed.getvalue()

    def _plain(self, content: bytes, number: int) -> bytes:
        if self._ring is None:
            return content
        opened = SealedFile(self._ring, f"{self._context} {number}", _Bytes(content))
        return b"".join(opened.read(0, opened.size))


@dataclass(frozen=True, slots=True)
class _Bytes:
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def read(self, start: int, end: int) -> bytes:
        return self.content[start:end]


def pieces_of(folder: Path, stem: str = "*") -> list[Path]:
    """The pieces of drafts in a folder: of one stem, or of all."""
    return sorted(folder.glob(f".{stem}.*{SUFFIX}"))


def stem_of(piece: Path) -> str:
    """Which stem a piece is of; empty where it is none."""
    match = _NAME.fullmatch(piece.name)
    return match["stem"] if match else ""
