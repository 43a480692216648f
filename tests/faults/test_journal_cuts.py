"""The journal on a real disk: cut at any byte, damaged at any byte, refused by a full disk."""

import errno
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.usage.journal import JournalWriter, segment_path
from freehold.usage.journal_frames import HEAD_BYTES
from freehold.usage.journal_reader import Batch, JournalReader, Place
from tests.faults.usage_events import event

# How many events are appended before each write_out, how many times.
batches = st.lists(st.integers(min_value=0, max_value=6), min_size=1, max_size=12)


@contextmanager
def a_folder() -> Iterator[Path]:
    """A new place for journals. (Hypothesis runs many examples in one use of a fixture.)"""
    path = Path(tempfile.mkdtemp(prefix="journal-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def write(folder: Path, sizes: list[int], segment_bytes: int = 700) -> JournalWriter:
    writer = JournalWriter(folder, segment_bytes)
    number = 0
    for size in sizes:
        for _ in range(size):
            writer.append(event(number))
            number += 1
        writer.write_out()
    return writer


def read_all(folder: Path, place: Place | None = None, events_max: int = 5) -> Batch:
    """Everything from a place on, in small readings."""
    whole = Batch(place or Place())
    while not whole.caught_up:
        batch = JournalReader(folder).read(whole.place, events_max)
        whole.events += batch.events
        whole.damages += batch.damages
        whole.place, whole.caught_up, whole.ended = batch.place, batch.caught_up, batch.ended
    return whole


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def positions(batch: Batch) -> list[int]:
    return [position for position, _ in batch.events]


@given(batches, st.integers(min_value=1, max_value=9))
@settings(deadline=None)
def test_what_is_written_out_is_read_once_while_the_writer_lives_and_after_it(sizes: list[int], step: int) -> None:
    with a_folder() as parent:
        writer = write(parent / "jrn", sizes)
        writer.append(event(99))
        seen = read_all(writer.folder, events_max=step)
        assert positions(seen) == list(range(sum(sizes)))
        assert [each.path for _, each in seen.events] == [event(number).path for number in range(sum(sizes))]
        assert (seen.caught_up, seen.ended, seen.damages) == (True, False, [])
        writer.close()
        rest = read_all(writer.folder, seen.place)
        assert positions(rest) == [sum(sizes)]
        assert rest.ended
        assert not rest.damages


@given(batches, st.data())
@settings(deadline=None, max_examples=200)
def test_a_journal_cut_at_any_byte_yields_a_prefix_with_all_that_lies_before_the_cut(
    sizes: list[int], data: st.DataObject
) -> None:
    with a_folder() as parent:
        writer = write(parent / "jrn", sizes)
        writer.close()
        last = segment_path(writer.folder, JournalReader(writer.folder).segments()[-1])
        whole = positions(read_all(writer.folder))
        cut = data.draw(st.integers(min_value=0, max_value=last.stat().st_size))
        os.truncate(last, cut)
        seen = read_all(writer.folder)
        assert positions(seen) == whole[: len(seen.events)]
        assert seen.ended
        # A reader that had read before the cut (its commit outlived the journal's flush) is not put off either.
        assert positions(read_all(writer.folder, Place(int(last.stem), 1 << 20))) == []


def test_a_cut_loses_no_frame_before_it(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "jrn", 1 << 20)
    segment = segment_path(writer.folder, 1)
    ends = []
    for number in range(6):
        writer.append(event(number))
        writer.write_out()
        ends.append(segment.stat().st_size)
    writer.close()
    for cut in range(ends[-1], HEAD_BYTES, -1):
        os.truncate(segment, cut)
        assert len(read_all(writer.folder).events) == sum(end <= cut for end in ends)


@given(batches.filter(lambda sizes: sum(sizes) > 3), st.integers(min_value=1, max_value=255), st.data())
@settings(deadline=None, max_examples=200)
def test_damage_inside_a_journal_is_reported_with_its_size_and_what_lies_behind_is_read(
    sizes: list[int], change: int, data: st.DataObject
) -> None:
    with a_folder() as parent:
        writer = write(parent / "jrn", sizes)
        writer.close()
        segments = JournalReader(writer.folder).segments()
        path = segment_path(writer.folder, data.draw(st.sampled_from(segments)))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(min_value=0, max_value=len(content) - 1))] ^= change
        path.write_bytes(content)
        seen = read_all(writer.folder)
        missing = set(range(sum(sizes))) - set(positions(seen))
        assert positions(seen) == sorted(set(positions(seen)))
        assert len(missing) <= 1
        # Only the very last frame can go without a word: it looks like one that a death cut off. So
        # does a head in the very last segment.
        if missing and missing != {sum(sizes) - 1}:
            assert [damage.events_lost for damage in seen.damages] == [1]


def test_bytes_that_are_still_being_written_are_waited_for(tmp_path: Path) -> None:
    writer = write(tmp_path / "jrn", [3], segment_bytes=1 << 20)
    segment = segment_path(writer.folder, 1)
    whole = segment.read_bytes()
    os.truncate(segment, len(whole) - 5)
    first = read_all(writer.folder)
    assert positions(first) == [0, 1]
    assert not first.ended
    segment.write_bytes(whole)
    assert positions(read_all(writer.folder, first.place)) == [2]
    writer.close()


def test_a_frame_of_something_else_is_reported_as_one_lost_event(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "jrn", 1 << 20)
    strange = event(1)
    strange.cost = -1
    for each in (event(0), strange, event(2)):
        writer.append(each)
    writer.close()
    seen = read_all(writer.folder)
    assert positions(seen) == [0, 2]
    assert [
        (damage.events_lost, "cost" in damage.cause or "not a usage event" in damage.cause) for damage in seen.damages
    ] == [(1, True)]


# A process whose files cannot grow beyond a limit, as on a full disk: writes stop in the middle of a batch.
_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from freehold.usage.journal import JournalWriter
from tests.faults.usage_events import event
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = JournalWriter(Path(sys.argv[1]), 1 << 20)
limit, number, answered = int(sys.argv[2]), 0, []
def batch():
    global number
    numbers = list(range(number, number + 4))
    number += 4
    for each in numbers:
        writer.append(event(each))
    writer.write_out()
    answered.extend(numbers)
batch()
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
failures = 0
for _ in range(12):
    try:
        batch()
    except OSError as error:
        failures += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
batch()
writer.flush()
writer.close()
print(failures, *answered)
"""


@pytest.mark.parametrize("limit", random.Random(2).sample(range(10, 9_000), 8))
def test_after_a_full_disk_what_was_answered_is_there_once_and_nothing_is_misread(tmp_path: Path, limit: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path / "jrn"), str(limit)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    failures, *answered = map(int, done.stdout.split())
    seen = read_all(tmp_path / "jrn")
    paths = [each.path for _, each in seen.events]
    assert failures
    assert [paths.count(event(number).path) for number in answered] == [1] * len(answered)
    assert len(set(positions(seen))) == len(seen.events)
    assert len(set(paths)) == len(paths)
    # The torn ends were never answered for: nothing is called lost.
    assert not seen.damages


def test_a_journal_folder_has_one_writer(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "jrn", 4096)
    with pytest.raises(FileExistsError):
        JournalWriter(tmp_path / "jrn", 4096)
    assert JournalReader(writer.folder).is_written()
    writer.close()
    assert not JournalReader(writer.folder).is_written()


def test_flushing_beside_the_writing_loses_nothing_and_leaves_no_descriptor(tmp_path: Path) -> None:
    before = open_descriptors()
    writer = JournalWriter(tmp_path / "jrn", 4096)
    stop = threading.Event()

    def keep_flushing() -> None:
        while not stop.is_set():
            writer.flush()

    flusher = threading.Thread(target=keep_flushing)
    flusher.start()
    for number in range(2000):
        writer.append(event(number))
        writer.write_out()
    stop.set()
    flusher.join()
    writer.close()
    assert len(read_all(writer.folder, events_max=500).events) == 2000
    assert open_descriptors() == before


def test_a_flush_that_fails_says_so_and_the_next_one_makes_up_for_it(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "jrn", 4096)
    writer.append(event(0))
    writer.write_out()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(OSError, match="open files") as caught:
            writer.flush()
        assert caught.value.errno == errno.EMFILE
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    writer.flush()
    writer.close()
