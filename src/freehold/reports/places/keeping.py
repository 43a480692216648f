"""Keeping reports' files in a place, encrypted where there are keys: drafts, whole files, parts of them.

A draft of what will be encrypted has no name, so that the system takes it away with the process that wrote it,
however that ends; what is to survive its process is written in `pieces`, each encrypted: nothing readable stays behind.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from freehold.kit.sealed_files import KeyRing, SealedFile, seal_file
from freehold.reports.drafts import nameless
from freehold.reports.places.pieces import SUFFIX, Pieces, pieces_of, stem_of
from freehold.reports.places.place import CannotKeep, Place

_PIECE: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Reading:
    """A file to be read. What an encrypted one gives is authenticated: CannotOpen instead of anything else."""

    size: int
    _place: Place
    _name: str
    _sealed: SealedFile | None = None

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes of [start, end), piece by piece. NoFile, CannotKeep or CannotOpen, at any piece."""
        if self._sealed is not None:
            yield from self._sealed.read(start, end)
            return
        for at in range(start, end, _PIECE):
            yield self._place.read(self._name, at, min(at + _PIECE, end))


@dataclass(frozen=True, slots=True)
class _Source:
    place: Place
    name: str
    size: int

    def read(self, start: int, end: int) -> bytes:
        return self.place.read(self.name, start, end)


@dataclass(frozen=True, slots=True)
class Keeping:
    """A place, and the keys to what is in it. `owner` of a file is what it is of: a file is only ever opened as its owner's."""

    place: Place
    ring: KeyRing | None

    @contextlib.contextmanager
    def drafted(self, name: str) -> Iterator[Path]:
        """Where to write a draft; it is gone when the block ends."""
        self.place.workshop.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.ring is not None:
            with nameless(self.place.workshop) as draft:
                yield draft
            return
        draft = self.place.workshop / f".{name}"
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def keep(self, draft: Path, name: str, owner: str) -> str | None:
        """Take a draft in, encrypted where there are keys; the id of the key. CannotKeep or OSError."""
        if self.ring is None:
            self.place.keep(draft, name)
            return None
        sealed = self.place.workshop / f".{name}.sealed"
        try:
            with draft.open("rb") as plain, sealed.open("wb") as file:
                seal_file(self.ring, owner, plain, file)
            self.place.keep(sealed, name)
        finally:
            sealed.unlink(missing_ok=True)
        return self.ring.first_id

    def open(self, name: str, owner: str, sealed_by: str | None) -> Reading:
        """A file to be read, encrypted exactly where it was kept so. NoFile, CannotKeep or CannotOpen."""
        size = self.place.size(name)
        if sealed_by is None:
            return Reading(size, self.place, name)
        if self.ring is None:
            raise CannotKeep(f"it was encrypted with the key {sealed_by}, and no keys are given (FREEHOLD_REPORTS_KEY)")
        sealed = SealedFile(self.ring, owner, _Source(self.place, name, size))
        return Reading(sealed.size, self.place, name, sealed)

    def pieces(self, stem: str, attempt: int, owner: str, of: str) -> Pieces:
        """The draft in pieces of an attempt at a file; `of`: all that decides its bytes."""
        return Pieces(self.place.workshop, self.ring, stem, attempt, owner, of)

    def stems_in_pieces(self) -> dict[str, float]:
        """The names' stems of which there are pieces here, and when the last of each was written (seconds since 1970)."""
        found: dict[str, float] = {}
        for piece in pieces_of(self.place.workshop):
            # Whoever writes it may remove it at this moment.
            with contextlib.suppress(FileNotFoundError):
                found[stem_of(piece)] = max(found.get(stem_of(piece), 0.0), piece.stat().st_mtime)
        return {stem: at_s for stem, at_s in found.items() if stem}

    def forget_drafts(self, stem: str, *, pieces: bool = True) -> None:
        """Remove what attempts at a file left here; `pieces`: also what the next one could go on with."""
        for draft in self.place.workshop.glob(f".{stem}.*"):
            if pieces or draft.suffix != SUFFIX:
                draft.unlink(missing_ok=True)
