"""A journal whose disk takes nothing more, at every byte: refused, or shed and counted; never lost in silence."""

import errno
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from freehold.usage.journal import JournalWriter
from freehold.usage.journal_frames import HEAD_BYTES
from freehold.usage.journal_gaps import ANY_PROJECT, Gap, GapWriter, read_gaps
from tests.faults.full_disk import BATCH, files_end_at, present_segment, write_batch
from tests.faults.test_journal_cuts import positions, read_all
from tests.faults.usage_events import AT_MS, event

Mode = Literal["refuse", "shed"]
# Room enough for the head of a segment, for a whole batch, and for everything between.
BATCH_BYTES = 640


def recorded(folder: Path) -> list[str | None]:
    """The path of every event that is in a journal. (Paths are what tells these events apart.)"""
    seen = read_all(folder, events_max=50)
    assert not seen.damages
    assert positions(seen) == sorted(set(positions(seen)))
    return [each.path for _, each in seen.events]


def assert_nothing_is_lost(folder: Path, answered: set[int], decided: int, mode: Mode) -> None:
    """Each answered decision is in the journal once or, where it sheds, in a gap: together exactly all of them."""
    paths = recorded(folder)
    assert len(paths) == len(set(paths))
    written = {number for number in range(decided) if event(number).path in paths}
    assert len(written) == len(paths)
    unrecorded = sum(gap.decisions for gap in read_gaps(folder))
    if mode == "refuse":
        assert answered <= written
        assert not unrecorded
    else:
        assert answered == set(range(decided))
        assert len(written) + unrecorded == decided


@pytest.mark.parametrize("mode", ["refuse", "shed"])
@pytest.mark.parametrize("segment_bytes", [1, 1 << 20], ids=["each batch begins a segment", "one segment"])
def test_a_write_that_stops_at_any_byte_loses_nothing(tmp_path: Path, mode: Mode, segment_bytes: int) -> None:
    refused = 0
    for first in range(0, BATCH_BYTES, 20):
        writer = JournalWriter(tmp_path / f"jrn-{first}", segment_bytes, sheds=mode == "shed")
        answered, number = set[int](), 0
        for room in range(first, first + 20):
            # A segment that is begun on the full disk has only what its own beginning finds.
            size = 0 if segment_bytes == 1 else present_segment(writer.folder).stat().st_size
            with files_end_at(size + room):
                torn = write_batch(writer, number)
            answered.update(range(number, number + BATCH) if torn else ())
            refused += not torn
            number += BATCH
            assert write_batch(writer, number)
            answered.update(range(number, number + BATCH))
            number += BATCH
        writer.close()
        assert_nothing_is_lost(writer.folder, answered, number, mode)
    assert bool(refused) is (mode == "refuse")


@contextmanager
def a_broken_terminal() -> Iterator[int]:
    """A descriptor to which the kernel answers every write with EIO, as to a disk that is dying."""
    master, slave = pty.openpty()
    os.close(master)
    yield slave
    os.close(slave)


@pytest.mark.parametrize("mode", ["refuse", "shed"])
@pytest.mark.parametrize("trouble", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_refuses_whole_writes_loses_nothing(tmp_path: Path, mode: Mode, trouble: int) -> None:
    writer = JournalWriter(tmp_path / "jrn", 1 << 20, sheds=mode == "shed")
    assert write_batch(writer, 0)
    with a_broken_terminal() as terminal:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(terminal if trouble == errno.EIO else full, writer._descriptor)
        os.close(full)
        assert write_batch(writer, BATCH) is (mode == "shed")
    # What was put in the segment's place cannot be forced to the disk: a gate that refuses waits until all can be.
    os.close(writer._left.pop())
    assert write_batch(writer, 2 * BATCH)
    writer.close()
    answered = set(range(3 * BATCH)) - (set(range(BATCH, 2 * BATCH)) if mode == "refuse" else set())
    assert_nothing_is_lost(writer.folder, answered, 3 * BATCH, mode)


@pytest.mark.parametrize("mode", ["refuse", "shed"])
def test_a_journal_that_cannot_be_forced_to_the_disk_refuses_and_goes_on_once_it_can(
    tmp_path: Path, mode: Mode
) -> None:
    writer = JournalWriter(tmp_path / "jrn", 1 << 20, sheds=mode == "shed")
    assert write_batch(writer, 0)
    kept, end = os.dup(writer._descriptor), os.pipe()
    # A pipe cannot be forced to any disk: EINVAL.
    os.dup2(end[1], writer._descriptor)
    with pytest.raises(OSError, match="Invalid argument"):
        writer.flush()
    os.dup2(kept, writer._descriptor)
    for descriptor in (kept, *end):
        os.close(descriptor)
    assert write_batch(writer, BATCH) is (mode == "shed")
    writer.flush()
    assert write_batch(writer, 2 * BATCH)
    writer.close()
    # What sheds went on writing: that it might not outlive the power is not that it has no record.
    assert len(recorded(writer.folder)) == (3 * BATCH if mode == "shed" else 2 * BATCH)
    assert not read_gaps(writer.folder)


@pytest.mark.parametrize("mode", ["refuse", "shed"])
def test_a_journal_that_is_begun_on_a_full_disk_is_begun_once_there_is_room(tmp_path: Path, mode: Mode) -> None:
    for room in (0, HEAD_BYTES - 1, 4096):
        folder = tmp_path / f"jrn-{room}"
        with files_end_at(room):
            writer = JournalWriter(folder, 1 << 20, sheds=mode == "shed")
            assert not folder.exists()
            assert write_batch(writer, 0) is (mode == "shed")
        assert write_batch(writer, BATCH)
        writer.close()
        answered = set(range(2 * BATCH)) - (set(range(BATCH)) if mode == "refuse" else set())
        assert_nothing_is_lost(folder, answered, 2 * BATCH, mode)


def test_what_was_shed_is_known_after_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "jrn"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.full_disk", str(folder), "shed", str(1 << 20)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        answered = 0
        for room in (-1, 100, 0, 700, 40):
            process.stdin.write(f"{room}\n")
            process.stdin.flush()
            assert process.stdout.readline().startswith("1 ")
            answered += BATCH
        process.send_signal(signal.SIGKILL)
    assert_nothing_is_lost(folder, set(range(answered)), answered, "shed")


def gap_writer(folder: Path) -> GapWriter:
    folder.mkdir()
    writer = GapWriter()
    writer.open(folder)
    return writer


def test_a_project_has_one_gap_until_a_minute_passed_without_any_more(tmp_path: Path) -> None:
    writer = gap_writer(tmp_path / "jrn")
    writer.add([("proj_a", AT_MS), ("proj_a", AT_MS + 59_000), ("", AT_MS + 5), ("proj_a", AT_MS + 200_000)])
    writer.close()
    assert read_gaps(tmp_path / "jrn") == [
        Gap(1, "proj_a", 2, AT_MS, AT_MS + 59_000), Gap(2, "", 1, AT_MS + 5, AT_MS + 5),
        Gap(3, "proj_a", 1, AT_MS + 200_000, AT_MS + 200_000),
    ]  # fmt: skip


def test_more_projects_than_slots_are_counted_together(tmp_path: Path) -> None:
    writer = gap_writer(tmp_path / "jrn")
    writer.add((f"proj_{number}", AT_MS) for number in range(2000))
    writer.close()
    gaps = read_gaps(tmp_path / "jrn")
    assert sum(gap.decisions for gap in gaps) == writer.decisions == 2000
    assert gaps[0] == Gap(0, ANY_PROJECT, 2000 - 1023, AT_MS, AT_MS)


def test_a_damaged_gap_is_not_believed(tmp_path: Path) -> None:
    writer = gap_writer(tmp_path / "jrn")
    writer.add([("proj_a", AT_MS), ("proj_b", AT_MS)])
    writer.close()
    path = tmp_path / "jrn" / "gaps"
    data = bytearray(path.read_bytes())
    data[64 + 40] ^= 1
    path.write_bytes(data)
    assert [gap.project_id for gap in read_gaps(tmp_path / "jrn")] == ["proj_b"]
