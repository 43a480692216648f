"""Files without a name: what a process wrote to one is gone with it, however it ends."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_DESCRIPTORS: Final = Path("/proc/self/fd")


@contextlib.contextmanager
def nameless(folder: Path) -> Iterator[Path]:
    """A new file on a folder's disk, to be written and read by its path in this process; gone when the block ends."""
    if not _DESCRIPTORS.is_dir():
        # No Linux: a draft with a dot before its name, which is swept where its process was killed.
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".draft-") as file:
            yield Path(file.name)
        return
    with tempfile.TemporaryFile(dir=folder) as file:
        yield _DESCRIPTORS / str(file.fileno())
