"""A journal's process on a disk that can be filled to the byte, and emptied again.

    python -m tests.faults.full_disk FOLDER refuse|shed SEGMENT_BYTES

Reads one command a line and answers with one line. The kernel itself refuses: it lets no file of a
process grow beyond RLIMIT_FSIZE, and writes up to the byte that is still allowed. (Python ignores the
signal that comes with it.)
"""

import contextlib
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from freehold.usage.journal import JournalWriter
from tests.faults.usage_events import event

BATCH: Final = 3


@contextlib.contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, while the block runs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write_batch(writer: JournalWriter, first: int) -> bool:
    """Append a batch and write it out; whether it may be answered."""
    for number in range(first, first + BATCH):
        writer.append(event(number))
    try:
        writer.write_out()
    except OSError:
        return False
    return True


def present_segment(folder: Path) -> Path:
    """The file that is written to now, or was last."""
    return max(folder.glob("*.seg"))


def main() -> None:
    """Write batches, each on a disk that has room for so many more bytes of the segment; negative: for all of them."""
    folder, mode, segment_bytes = sys.argv[1:]
    writer = JournalWriter(Path(folder), int(segment_bytes), sheds=mode == "shed")
    number = 0
    for line in sys.stdin:
        room = int(line)
        size = present_segment(writer.folder).stat().st_size if room >= 0 else 0
        with files_end_at(size + room) if room >= 0 else contextlib.nullcontext():
            answered = write_batch(writer, number)
        print(int(answered), number, writer.unrecorded, flush=True)
        number += BATCH
    writer.close()


if __name__ == "__main__":
    main()
