"""Files in a folder: of this machine, or one that several nodes share."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from freehold.kit import ids
from freehold.reports.places.pieces import SUFFIX
from freehold.reports.places.place import CannotKeep, NoFile


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder. Drafts are in it too, with a dot before their names, so that moving one is one step of the file system."""

    path: Path

    @property
    def workshop(self) -> Path:
        """The folder itself."""
        return self.path

    def keep(self, draft: Path, name: str) -> None:
        """Move a draft to its name once its bytes are on the disk."""
        with _told():
            force(draft)
            draft.replace(self.path / name)
            force(self.path)

    def size(self, name: str) -> int:
        """How many bytes a file has."""
        with _told():
            return (self.path / name).stat().st_size

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes of [start, end)."""
        with _told(), (self.path / name).open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def remove(self, name: str) -> None:
        """Remove a file, where it is there."""
        with _told():
            (self.path / name).unlink(missing_ok=True)

    def sweep(self, older_than: datetime) -> int:
        """Remove old drafts."""
        return sweep_drafts(self.path, older_than)

    def check(self) -> None:
        """Make the folder, and a file in it."""
        trial = self.path / f".{ids.new_id('rep')}.trial"
        with _told():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            trial.write_bytes(b"trial")
            trial.unlink()


def sweep_drafts(folder: Path, older_than: datetime) -> int:
    """Remove the drafts of a folder that nobody has written to since an instant. Pieces go with their reports instead."""
    swept = 0
    for draft in folder.glob(".*"):
        if draft.suffix == SUFFIX:
            continue
        # Another node may sweep the same folder.
        with contextlib.suppress(FileNotFoundError):
            if draft.stat().st_mtime < older_than.timestamp():
                draft.unlink()
                swept += 1
    return swept


def force(path: Path) -> None:
    """Have what was written to a file, or changed in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NoFile from None
    except OSError as error:
        raise CannotKeep(f"{(error.strerror or str(error)).lower()}") from error
