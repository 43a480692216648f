"""The journal that is written through memory: as any other for its reader, after any death, and on a full disk."""

import resource
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit import ids
from freehold.sdk.journal import MappedJournal, trim
from freehold.usage.journal import segment_path
from freehold.usage.journal_frames import HEAD_BYTES
from freehold.usage.journal_reader import Batch, JournalReader, Place
from tests.faults.usage_events import AT_MS, event

_REPOSITORY = Path(__file__).parents[3]


def read(folder: Path) -> Batch:
    return JournalReader(folder).read(Place(), 100_000)


def test_it_reads_as_any_other_journal(tmp_path: Path) -> None:
    journal = MappedJournal(tmp_path / ids.new_id("sdk"), 4096)
    events = [event(number, AT_MS) for number in range(100)]
    for each in events:
        journal.write(each)
    journal.flush()
    journal.close()
    batch = read(journal.folder)
    assert batch.events == list(enumerate(events))
    assert (batch.damages, batch.ended) == ([], True)
    assert len(list(journal.folder.glob("*.seg"))) >= 4
    with pytest.raises(OSError, match="closed"):
        journal.write(events[0])


@given(st.integers(0, 4096), st.binary(max_size=12))
def test_a_death_at_any_byte(tmp_path_factory: pytest.TempPathFactory, cut: int, torn: bytes) -> None:
    """Whatever was copied of the last event when the process died: all before it is read, and no damage is seen."""
    journal = MappedJournal(tmp_path_factory.mktemp("cut") / ids.new_id("sdk"), 4096)
    events = [event(number, AT_MS) for number in range(5)]
    ends = []
    for each in events:
        journal.write(each)
        ends.append(journal.place().offset)
    path = segment_path(journal.folder, 1)
    whole = path.read_bytes()
    journal.abandon()
    at = min(max(cut, HEAD_BYTES), ends[-1])
    path.write_bytes((whole[:at] + torn)[: len(whole)].ljust(len(whole), b"\0"))
    trim(journal.folder)
    batch = read(journal.folder)
    survived = sum(end <= at for end in ends)
    # What was torn may by chance be what was meant.
    assert [position for position, _ in batch.events][:survived] == list(range(survived))
    assert len(batch.events) <= survived + 1
    assert (batch.damages, batch.ended) == ([], True)
    assert path.stat().st_size <= at + len(torn)


def test_room_that_is_not_there_is_found_out_before_anything_is_written(tmp_path: Path) -> None:
    """The kernel's own refusal (a bound for the size of files), in a process of its own."""
    script = """
import resource, signal, sys
from pathlib import Path
from freehold.sdk.journal import MappedJournal
from tests.faults.usage_events import AT_MS, event
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = MappedJournal(Path(sys.argv[1]), 4096)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))
refused = written = 0
for number in range(60):
    try:
        journal.write(event(number, AT_MS))
        written += 1
    except OSError:
        refused += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
for number in range(60):
    journal.write(event(number, AT_MS))
journal.close()
print(written, refused)
"""
    folder = tmp_path / ids.new_id("sdk")
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], cwd=_REPOSITORY, capture_output=True, text=True, check=True
    )
    written, refused = map(int, done.stdout.split())
    assert written > 0
    assert refused > 0
    batch = read(folder)
    assert [position for position, _ in batch.events] == list(range(written + 60))
    assert (batch.damages, batch.ended) == ([], True)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_what_a_fork_copied_is_let_go(tmp_path: Path) -> None:
    journal = MappedJournal(tmp_path / ids.new_id("sdk"))
    journal.write(event(1, AT_MS))
    before = len(list(Path("/proc/self/fd").iterdir()))
    journal.abandon()
    assert len(list(Path("/proc/self/fd").iterdir())) == before - 3
    trim(journal.folder)
    assert len(read(journal.folder).events) == 1
    assert msgspec.msgpack.encode(event(1, AT_MS)) in segment_path(journal.folder, 1).read_bytes()
