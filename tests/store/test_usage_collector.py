"""The collector on both databases: everything once, whatever is resent, damaged, doubled or away."""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from freehold.kit import clock, ids
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction, open_postgresql
from freehold.store.schema import journals, secret_uses, usage_events
from freehold.usage import queries, tasks
from freehold.usage.collector import QUARANTINE, Collector
from freehold.usage.intake import Step, open_journal, pass_batch
from freehold.usage.journal import UNBORN_PREFIX, JournalWriter, segment_path
from freehold.usage.journal_reader import Place
from tests.conftest import TestClock
from tests.faults.usage_events import AT_MS, event
from tests.store.usage_sums import assert_sums_are_right


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def new_writer(root: Path, segment_bytes: int = 4096) -> JournalWriter:
    return JournalWriter(root / ids.new_id("jrn"), segment_bytes)


def write(writer: JournalWriter, numbers: range) -> None:
    for number in numbers:
        writer.append(event(number, AT_MS + number * 1000))
    writer.write_out()


def drain(collector: Collector) -> int:
    counted = 0
    while count := collector.collect():
        counted += count
    return counted


def count_events(store: Store) -> int:
    with store.read() as tx:
        return tx.execute(select(func.count()).select_from(usage_events)).scalar_one()


def test_everything_is_counted_once_and_the_journal_goes_when_its_writer_has_gone(store: Store, root: Path) -> None:
    writers = [new_writer(root), new_writer(root)]
    write(writers[0], range(200))
    write(writers[1], range(200, 300))
    collector = Collector(store, root, "node", events_max=64)
    assert drain(collector) == 300
    assert collector.collect() == 0
    write(writers[0], range(300, 350))
    writers[0].close()
    assert drain(collector) == 50
    assert [folder.name for folder in root.iterdir()] == [writers[1].folder.name]
    # Only the segment that is written to is left of it.
    assert len(list(writers[1].folder.glob("*.seg"))) == 1
    writers[1].close()
    assert drain(collector) == 0
    assert list(root.iterdir()) == []
    assert assert_sums_are_right(store) == 350


def test_what_was_kept_of_an_event_is_read_back(store: Store, root: Path) -> None:
    writer = new_writer(root)
    strange = event(7)
    strange.path, strange.user_agent = "/a\0b", "Zoë/1 \U0001f600"
    writer.append(strange)
    writer.close()
    drain(Collector(store, root, "node"))
    with store.read() as tx:
        found = queries.find_request(tx, strange.id)
    assert found is not None
    row, recorded = found
    assert (row.at, row.path, row.user_agent) == (clock.from_ms(strange.at_ms), "/a\ufffdb", "Zoë/1 \U0001f600")
    assert (row.outcome, row.status, row.latency_us, row.cost) == ("allowed", 500, 49, 2)
    assert (recorded.rule, recorded.limits, recorded.epoch) == ("passed", [("rate", 60, 52, 1.0)], 3)


def test_a_fresh_collector_goes_on_where_a_dead_one_committed(store: Store, root: Path) -> None:
    writer = new_writer(root)
    write(writer, range(100))
    Collector(store, root, "node", events_max=30).collect()
    # It died between its commit and the deletion: a passed segment is still there.
    stale = segment_path(writer.folder, 1)
    stale.touch()
    write(writer, range(100, 160))
    writer.close()
    assert drain(Collector(store, root, "node")) == 130
    assert assert_sums_are_right(store) == 160
    assert not writer.folder.exists()


def test_a_folder_that_comes_back_is_not_counted_again(store: Store, root: Path) -> None:
    writer = new_writer(root, 1 << 20)
    write(writer, range(20))
    writer.close()
    kept = {path.name: path.read_bytes() for path in writer.folder.iterdir()}
    assert drain(Collector(store, root, "node")) == 20
    writer.folder.mkdir()
    for name, content in kept.items():
        (writer.folder / name).write_bytes(content)
    assert drain(Collector(store, root, "node")) == 0
    assert not writer.folder.exists()
    assert assert_sums_are_right(store) == 20


def test_resent_events_add_nothing(store: Store, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = new_writer(root)
    write(writer, range(50))
    assert drain(Collector(store, root, "node")) == 50
    # The cursor is lost (a database restored from a backup), the events are not.
    with store.write() as tx:
        tx.execute(text('UPDATE journals SET segment = 0, "offset" = 0'))
    write(writer, range(50, 60))
    # Another gate repeats some under their own ids, twice in one batch.
    other = new_writer(root)
    write(other, range(40, 70))
    write(other, range(65, 70))
    with caplog.at_level(logging.WARNING):
        assert drain(Collector(store, root, "node")) == 20
    assert "were counted before" in caplog.text
    assert assert_sums_are_right(store) == 70
    writer.close()
    other.close()


def test_two_collectors_count_nothing_twice(store: Store, root: Path) -> None:
    writer = new_writer(root)
    collectors = [Collector(store, root, name, events_max=16) for name in ("one", "two")]
    failures: list[BaseException] = []
    stop = threading.Event()

    def collect(collector: Collector) -> None:
        try:
            while not stop.is_set():
                collector.collect()
        except Exception as error:  # noqa: BLE001 — handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=collect, args=[collector]) for collector in collectors]
    for thread in threads:
        thread.start()
    for start in range(0, 600, 20):
        write(writer, range(start, start + 20))
    writer.close()
    while writer.folder.exists() and not failures:
        threading.Event().wait(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert assert_sums_are_right(store) == 600


def test_a_cursor_moves_only_from_where_the_batch_was_read(store: Store) -> None:
    now = clock.now()
    with store.write() as tx:
        assert open_journal(tx, "jrn_1", "node", now).place == Place()
    first = Step("jrn_1", Place(), Place(1, 100), now, None)
    with store.write() as tx:
        assert pass_batch(tx, first, [(0, event(0))])
    with store.write() as tx:
        assert not pass_batch(tx, first, [(0, event(0))])
    assert assert_sums_are_right(store) == 1


def test_damage_is_said_and_kept_aside_and_the_rest_is_counted(
    store: Store, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = new_writer(root)
    write(writer, range(100))
    writer.close()
    segment = segment_path(writer.folder, 1)
    content = bytearray(segment.read_bytes())
    content[1000] ^= 255
    segment.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        assert drain(Collector(store, root, "node", events_max=10)) == 99
    assert "events lost: 1" in caplog.text
    assert (root / QUARANTINE / f"{writer.folder.name}-1.seg").read_bytes() == content
    assert assert_sums_are_right(store) == 99
    assert not writer.folder.exists()


def test_secrets_know_their_first_and_last_use(store: Store, root: Path) -> None:
    writer = new_writer(root)
    write(writer, range(4, 40))
    collector = Collector(store, root, "node")
    drain(collector)
    # A late batch: older than what is known.
    write(writer, range(4))
    writer.close()
    drain(collector)
    with store.read() as tx:
        uses = tx.execute(select(secret_uses).order_by(secret_uses.c.selector)).all()
    assert [(use.selector, use.key_id, use.requests) for use in uses] == [
        (f"selector{key:04d}", f"key_{key}", 10) for key in range(4)
    ]
    assert [use.first_at for use in uses] == [clock.from_ms(event(key, AT_MS + key * 1000).at_ms) for key in range(4)]
    assert [use.last_at for use in uses] == [
        clock.from_ms(event(36 + key, AT_MS + (36 + key) * 1000).at_ms) for key in range(4)
    ]


def test_progress_moves_with_the_clock_while_gates_are_idle_and_stands_where_one_lags(
    store: Store, root: Path, test_clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("freehold.usage.collector._IDLE_S", -1.0)
    with store.read() as tx:
        assert queries.complete_to(tx) is None
    idle, busy = new_writer(root), new_writer(root, 1 << 20)
    write(busy, range(10))
    test_clock.move(60)
    collector = Collector(store, root, "node", events_max=4)
    collector.collect()
    with store.read() as tx:
        # Of the batch that was cut off, its last event.
        assert queries.complete_to(tx) == clock.from_ms(event(3, AT_MS + 3000).at_ms)
    drain(collector)
    with store.read() as tx:
        assert queries.complete_to(tx) == clock.now()
    idle.close()
    busy.close()
    test_clock.move(60)
    drain(collector)
    with store.read() as tx:
        assert tx.execute(select(func.count()).where(journals.c.ended_at.is_not(None))).scalar_one() == 2
        assert queries.complete_to(tx) == clock.now()


def test_one_unreadable_journal_does_not_keep_the_others_waiting(store: Store, root: Path) -> None:
    broken, good = sorted((new_writer(root), new_writer(root)), key=lambda writer: writer.folder.name)
    segment_path(broken.folder, 1).unlink()
    segment_path(broken.folder, 1).mkdir()
    write(good, range(10))
    with pytest.raises(IsADirectoryError):
        Collector(store, root, "node").collect()
    assert assert_sums_are_right(store) == 10
    good.close()
    broken.close()


def test_what_gates_left_before_they_had_a_journal_is_swept_away_once_it_is_old(store: Store, root: Path) -> None:
    stillborn, young = root / f"{UNBORN_PREFIX}jrn_1", root / f"{UNBORN_PREFIX}jrn_2"
    for folder in (stillborn, young):
        folder.mkdir(parents=True)
        (folder / "lock").touch()
    os.utime(stillborn, (0, 0))
    Collector(store, root, "node").sweep()
    assert [folder.name for folder in root.iterdir()] == [young.name]


def test_the_loop_survives_a_database_that_is_away(
    settings: Settings, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    root = settings.data / tasks.JOURNAL_FOLDER
    writer = new_writer(root)
    write(writer, range(25))
    flaky, stop = FlakyStore(store), threading.Event()
    quick = Settings(data=settings.data, collect_ms=5)
    thread = threading.Thread(target=tasks.run, args=[flaky, quick, stop])
    with caplog.at_level(logging.WARNING):
        thread.start()
        while count_events(store) < 25:
            threading.Event().wait(0.01)
        stop.set()
        thread.join()
    assert flaky.failures_left == 0
    assert "usage waits in the journals" in caplog.text
    assert assert_sums_are_right(store) == 25
    writer.close()


class FlakyStore(Store):
    """A store whose database is away for the first few transactions."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.engine)
        self.failures_left = 3
        self._away = open_postgresql("postgresql://nobody@127.0.0.1:9/nothing")

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Transaction]:
        answering = super().write
        if self.failures_left:
            self.failures_left -= 1
            answering = self._away.write
        with answering(durable=durable) as tx:
            yield tx
