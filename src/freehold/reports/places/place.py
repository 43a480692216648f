"""What a place can do, whichever it is: take a file whole, give any part of it, remove it."""

from datetime import datetime
from pathlib import Path
from typing import Protocol


class CannotKeep(Exception):
    """The place does not do what it is asked for. The message is the end of a sentence, and names no credential."""


class Unreachable(CannotKeep):
    """The place does not answer now; later it may."""


class NoFile(Exception):
    """There is no file of that name."""


class Place(Protocol):
    """One place. Safe to share between threads; several nodes use the same one."""

    @property
    def workshop(self) -> Path:
        """A folder of this machine in which drafts are made; not what others see as files."""
        ...

    def keep(self, draft: Path, name: str) -> None:
        """Move a draft of the workshop in under a name: there is the whole file or none, also where this is killed. CannotKeep."""
        ...

    def size(self, name: str) -> int:
        """How many bytes a file has; NoFile or CannotKeep."""
        ...

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes of [start, end) of a file; NoFile or CannotKeep."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, where it is there; CannotKeep."""
        ...

    def sweep(self, older_than: datetime) -> int:
        """Remove what writers left that are gone; how many files."""
        ...

    def check(self) -> None:
        """Write, read and remove something; CannotKeep says what does not work."""
        ...
