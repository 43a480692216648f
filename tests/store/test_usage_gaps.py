"""Gaps on both databases: what a gate answered without a record is known, once, whatever is read again."""

from datetime import timedelta
from pathlib import Path

import msgspec

from freehold.keys.quota_settling import is_whole
from freehold.kit import clock, ids
from freehold.store.engine import Store
from freehold.usage import gap_queries
from freehold.usage.collector import Collector
from freehold.usage.journal import JournalWriter
from freehold.usage.journal_gaps import ANY_PROJECT, Gap
from freehold.usage.records import UsageGap
from tests.faults.full_disk import files_end_at
from tests.faults.usage_events import AT_MS, event

DAY = timedelta(days=1)
AT = clock.from_ms(AT_MS)


def gaps(store: Store, *projects: str) -> list[UsageGap]:
    with store.read() as tx:
        return gap_queries.gaps_of(tx, list(projects), AT - DAY, AT + DAY)


def unrecorded(store: Store) -> int:
    with store.read() as tx:
        return gap_queries.unrecorded(tx)


def drain(collector: Collector) -> None:
    while collector.collect():
        pass


def shed(writer: JournalWriter, first: int, count: int) -> None:
    """Answer without a record: a segment has no room for one such event, but a journal's gaps for a few projects."""
    with files_end_at(400):
        for number in range(first, first + count):
            writer.append(msgspec.structs.replace(event(number), user_agent="tests" * 100))
            writer.write_out()


def test_a_gap_is_known_while_its_gate_lives_and_grows_until_it_has_gone(store: Store, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / ids.new_id("jrn"), 1 << 20, sheds=True)
    collector = Collector(store, tmp_path, "node")
    shed(writer, 0, 3)
    drain(collector)
    assert unrecorded(store) == writer.unrecorded == 3
    shed(writer, 100, 15)
    drain(collector)
    assert unrecorded(store) == writer.unrecorded == 18
    writer.close()
    drain(collector)
    assert not writer.folder.exists()
    assert unrecorded(store) == writer.unrecorded
    with store.read() as tx:
        # What the gate spent of a quota cannot be told by its events.
        assert not is_whole(tx, writer.folder.name, AT)
        assert is_whole(tx, ids.new_id("jrn"), AT)


def test_gaps_are_of_their_project_and_the_rest_is_everybodys(store: Store) -> None:
    said = [
        Gap(0, ANY_PROJECT, 7, AT_MS, AT_MS), Gap(1, "proj_a", 2, AT_MS - 5000, AT_MS), Gap(2, "proj_b", 3, AT_MS, AT_MS),
        Gap(3, "", 4, AT_MS, AT_MS), Gap(4, "proj_a", 1, AT_MS + 2 * 86_400_000, AT_MS + 2 * 86_400_000),
    ]  # fmt: skip
    earlier = [Gap(1, "proj_a", 1, AT_MS - 5000, AT_MS - 5000)]
    for each in (earlier, said, said, earlier):
        with store.write() as tx:
            gap_queries.note_gaps(tx, "jrn_one", each)
    assert gaps(store, "proj_a") == [
        UsageGap("proj_a", AT - timedelta(seconds=5), AT, 2), UsageGap(None, AT, AT, 7),
    ]  # fmt: skip
    assert [gap.decisions for gap in gaps(store, "proj_a", "proj_b")] == [2, 7, 3]
    assert unrecorded(store) == 17


def test_events_beside_a_gap_are_counted(store: Store, tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / ids.new_id("jrn"), 1 << 20, sheds=True)
    shed(writer, 0, 3)
    writer.append(event(900))
    writer.close()
    collector = Collector(store, tmp_path, "node")
    assert collector.collect() == 1
    assert unrecorded(store) == 3
