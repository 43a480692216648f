"""A long report whose process dies is gone on with: fewer rows are read again, and the bytes are those of one that was not disturbed."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, product
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert, select, update

from freehold.keeping import organization_queries
from freehold.kit import clock, ids
from freehold.reports import actions, local_days, making, queries, resuming, rules, tasks
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.manifests import faults_of
from freehold.reports.places import pieces
from freehold.reports.places.opening import folder_of, keeping_of
from freehold.reports.records import Report
from freehold.reports.sources import assets, people, usage
from freehold.reports.sources.registry import SOURCES
from freehold.reports.sources.wanted import Wanted
from freehold.store.schema import deliveries, messages, person_deletions, reports, webhook_endpoints
from tests.conftest import TestClock
from tests.production.world import collect, decide
from tests.reports.small_world import World

KEY: Final = "5a" * 32
LONG: Final = ("usage_detail", "webhook_deliveries", "audit_log")
FORMS: Final = ("csv", "jsonl", "parquet")


class Killed(BaseException):
    """What nothing handles: as if the process were gone."""


@dataclass
class Fate:
    """When whoever makes a report dies: after so many batches; and how many rows were read."""

    after: int | None = None
    read: int = 0

    def meet(self, batches: Iterator[Any]) -> Iterator[Any]:
        for number, batch in enumerate(batches):
            if number == self.after:
                raise Killed
            self.read += len(batch)
            yield batch


@pytest.fixture
def fate(world: World, monkeypatch: pytest.MonkeyPatch) -> Fate:
    """Batches of two rows, each a piece of the draft; deliveries beside the requests and changes."""
    made = Fate()
    for module in (usage, assets, people):
        monkeypatch.setattr(module, "BATCH", 2)
    monkeypatch.setattr(resuming, "PIECE_BYTES", 1)
    for kind in LONG:
        source = SOURCES[kind]

        def rows(wanted: Wanted, all_rows: Any = source.rows) -> Iterator[Any]:
            return made.meet(all_rows(wanted))

        monkeypatch.setitem(SOURCES, kind, replace(source, rows=rows))
    deliver(world, 7)
    return made


def deliver(world: World, count: int) -> None:
    """So many deliveries of the day, two of them of one instant."""
    at = local_days.starts_at(world.day, "UTC")
    with world.store.write() as tx:
        to = (
            tx.execute(select(webhook_endpoints.c.id).where(webhook_endpoints.c.project_id == world.instance.project))
            .scalars()
            .first()
        )
        for number in range(count):
            message, when = ids.new_id("msg"), clock.from_ms(clock.to_ms(at) + 1000 * (number // 2))
            tx.execute(insert(messages).values(id=message, project_id=world.instance.project, event_type="parcel.moved", payload={},
                                               origin="published", created_at=when))  # fmt: skip
            tx.execute(insert(deliveries).values(
                id=ids.new_id("dlv"), message_id=message, webhook_endpoint_id=to, project_id=world.instance.project, state="delivered",
                attempts=1, created_at=when, finished_at=when))  # fmt: skip


def die(world: World, fate: Fate, after: int) -> None:
    """Begin what is due, and be killed after so many batches; a minute passes, as far as leases go."""
    fate.after = after
    with pytest.raises(Killed):
        tasks.turn(world.store, world.settings)
    fate.after = None
    with world.store.write() as tx:
        tx.execute(update(reports).where(reports.c.state == "running").values(leased_until_at=None))


def go_on(world: World, fate: Fate, asked: Report) -> tuple[Report, int]:
    """Have everything made; the report, and how many rows were read for that."""
    before = fate.read
    while tasks.turn(world.store, world.settings):
        pass
    made = world.read(asked)
    assert made.state == "ready", made.reason
    return made, fate.read - before


def of_manifest(report: Report) -> dict[str, Any]:
    return {name: value for name, value in (report.manifest or {}).items() if name != "report"}


def drafts(world: World) -> list[Path]:
    return sorted(folder_of(world.settings).glob(".*"))


def test_kinds_that_may_be_long_go_on_and_the_others_do_not() -> None:
    assert tuple(kind for kind, source in SOURCES.items() if source.place) == LONG
    assert all(KIND_FACTS[kind].period and SOURCES[kind].mark for kind in LONG)


def test_it_goes_on_where_it_was_and_gives_the_same_bytes(world: World, fate: Fate) -> None:
    for (kind, form), key in zip(product(LONG, FORMS), cycle(("", KEY)), strict=False):
        whole, rows = go_on(world, fate, world.ask(kind, form))
        assert rows == whole.rows
        assert rows > 6
        world.settings = replace(world.settings, reports_key=key)
        asked, before = world.ask(kind, form), fate.read
        die(world, fate, after=2)
        die(world, fate, after=1)
        made, _ = go_on(world, fate, asked)
        # Both that died had written what they read: of three, none read a row again.
        assert fate.read - before == rows
        assert (made.sha256, made.attempts, of_manifest(made)) == (whole.sha256, 3, of_manifest(whole))
        assert drafts(world) == []


def test_nothing_readable_of_an_encrypted_draft_is_on_the_disk(world: World, fate: Fate) -> None:
    world.settings = replace(world.settings, reports_key=KEY)
    asked = world.ask("usage_detail", "jsonl")
    die(world, fate, after=3)
    left = drafts(world)
    assert len(left) == 3
    assert all(b"req_" not in each.read_bytes() and b"get_parcel" not in each.read_bytes() for each in left)
    # With another key it is made anew; with none as well, and what cannot be opened is gone.
    world.settings = replace(world.settings, reports_key="6b" * 32)
    die(world, fate, after=1)
    assert len(drafts(world)) == 1
    world.settings = replace(world.settings, reports_key="")
    assert go_on(world, fate, asked)[1] == 10
    assert drafts(world) == []


def flip(piece: Path) -> None:
    content = bytearray(piece.read_bytes())
    content[-3] ^= 1
    piece.write_bytes(content)


def swap(piece: Path) -> None:
    third = next(piece.parent.glob(".*.000003.piece"))
    piece.write_bytes(third.read_bytes())


def tear(piece: Path) -> None:
    piece.write_bytes(piece.read_bytes()[:100])


DAMAGES: Final[dict[str, Callable[[Path], Any]]] = {
    "flipped": flip,
    "torn": tear,
    "empty": lambda piece: piece.write_bytes(b""),
    "exchanged": swap,
    "gone": Path.unlink,
}


def test_a_damaged_draft_is_believed_up_to_the_damage(world: World, fate: Fate) -> None:
    whole, _ = go_on(world, fate, world.ask("usage_detail"))
    for (damage, number), key in zip(product(DAMAGES.values(), (1, 0)), cycle((KEY, "", "")), strict=False):
        world.settings = replace(world.settings, reports_key=key)
        asked = world.ask("usage_detail")
        die(world, fate, after=3)
        damage(drafts(world)[number])
        made, read = go_on(world, fate, asked)
        # Of the first piece: all of it is made anew.
        assert (read, made.sha256) == (10 - 2 * number, whole.sha256)


def test_a_draft_that_is_damaged_while_the_file_is_made_of_it_is_told(
    world: World, fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = pieces.Pieces.read

    def damaged(self: pieces.Pieces) -> Iterator[bytes]:
        flip(drafts(world)[1])
        return read(self)

    monkeypatch.setattr(pieces.Pieces, "read", damaged)
    asked = world.ask("usage_detail")
    tasks.turn(world.store, world.settings)
    assert (world.read(asked).state, drafts(world)) == ("failed", [])
    assert "damaged" in (world.read(asked).reason or "")


def test_usage_that_arrives_in_between_is_in_all_of_it(world: World, fate: Fate) -> None:
    asked = world.ask("usage_detail")
    die(world, fate, after=3)
    decide(world.instance, world.settings.data, 1, clock.to_ms(local_days.starts_at(world.day, "UTC")) + 1000)
    collect(world.store, world.settings.data)
    made, read = go_on(world, fate, asked)
    assert (read, made.rows) == (11, 11)
    assert (made.manifest or {})["source"]["reconciled"] is True


def test_a_delivery_that_changes_in_between_is_read_again(world: World, fate: Fate) -> None:
    asked = world.ask("webhook_deliveries")
    die(world, fate, after=3)
    with world.store.write() as tx:
        first = tx.execute(select(deliveries.c.id).order_by(deliveries.c.created_at)).scalars().first()
        tx.execute(update(deliveries).where(deliveries.c.id == first).values(attempts=2))
    assert go_on(world, fate, asked)[1] == 7


def test_a_draft_from_before_a_person_was_deleted_is_not_gone_on_with(world: World, fate: Fate) -> None:
    for kind, rows in (("usage_detail", 10), ("webhook_deliveries", 7)):
        asked = world.ask(kind)
        die(world, fate, after=3)
        with world.store.write() as tx:
            now, deletion = clock.now(), person_deletions.c
            if kind == "usage_detail":
                tx.execute(
                    insert(person_deletions).values(
                        user_id="usr_1", deleted_at=now, deleted_by="usr_1", sealed=b"", due_at=now, counts={}
                    )
                )
            else:
                tx.execute(update(person_deletions).where(deletion.user_id == "usr_1").values(round=2))
        assert go_on(world, fate, asked)[1] == rows


def test_another_release_makes_it_anew(world: World, fate: Fate, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = world.ask("usage_detail")
    die(world, fate, after=3)
    monkeypatch.setattr(resuming, "__version__", "another")
    assert go_on(world, fate, asked)[1] == 10


def test_of_an_organization_it_goes_on_within_the_project_that_it_was_in(world: World, fate: Fate) -> None:
    whole, rows = go_on(world, fate, world.ask("usage_detail", whole=True))
    for after in range(1, 5):
        asked = world.ask("usage_detail", whole=True)
        before = fate.read
        die(world, fate, after)
        made, _ = go_on(world, fate, asked)
        assert (fate.read - before, made.sha256) == (rows, whole.sha256)


def test_one_that_gets_further_each_time_is_not_given_up(world: World, fate: Fate) -> None:
    asked = world.ask("usage_detail")
    for _ in range(5):
        die(world, fate, after=1)
    assert world.read(asked).attempts == 5
    # Nothing is left to read: three more that die without getting further, and it is over.
    for _ in range(3):
        with world.store.write() as tx:
            queries.claim(tx, clock.now(), clock.now())
    tasks.turn(world.store, world.settings)
    ended = world.read(asked)
    assert (ended.state, ended.reason) == ("failed", "It was begun 8 times, and its process died each time.")
    assert drafts(world) == []


def test_one_that_is_told_to_stop_keeps_all_that_it_read(
    world: World, fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As it is in use: what is stopped is in the middle of a piece.
    monkeypatch.setattr(resuming, "PIECE_BYTES", 1 << 20)
    stop, asked = threading.Event(), world.ask("usage_detail")
    met = fate.meet

    def stopping(batches: Iterator[Any]) -> Iterator[Any]:
        for number, batch in enumerate(met(batches)):
            if number == 2:
                stop.set()
            yield batch

    monkeypatch.setattr(fate, "meet", stopping)
    tasks.turn(world.store, world.settings, stop)
    given_back = world.read(asked)
    assert (given_back.state, given_back.attempts, "gone on with" in (given_back.reason or "")) == ("queued", 0, True)
    assert [each.suffix for each in drafts(world)] == [pieces.SUFFIX]
    assert go_on(world, fate, asked)[1] == 5


def test_whoever_lost_the_report_removes_its_own_pieces_alone(world: World, fate: Fate, test_clock: TestClock) -> None:
    asked = world.ask("usage_detail")
    with world.store.write() as tx:
        slow = queries.claim(tx, clock.now(), clock.now())
    assert slow is not None
    die(world, fate, after=3)
    making.make_report(world.store, world.settings, slow)
    assert [each.name.split(".")[2] for each in drafts(world)] == ["2", "2", "2"]
    assert go_on(world, fate, asked)[1] == 5


def cancel(world: World, asked: Report) -> None:
    with world.store.write() as tx:
        actions.cancel_report(tx, world.instance.actor("owner"), asked.id)


def delete_organization(world: World, asked: Report) -> None:
    with world.store.write() as tx:
        organization_queries.end_unfinished_reports(tx, asked.organization_id, clock.now())


def test_nothing_is_left_of_a_draft_whose_report_ended_elsewhere(world: World, fate: Fate) -> None:
    for end in (cancel, delete_organization):
        asked = world.ask("usage_detail")
        die(world, fate, after=2)
        with world.store.write() as tx:
            queries.put_off(tx, world.read(asked), clock.now(), "It waits.")
        assert making.forget_ended(world.store, world.settings) == 0
        assert len(drafts(world)) == 2
        end(world, asked)
        assert making.forget_ended(world.store, world.settings) == 1
        assert drafts(world) == []


def test_a_file_that_came_of_pieces_is_what_its_manifest_says(world: World, fate: Fate) -> None:
    for form in FORMS:
        asked = world.ask("usage_detail", form)
        die(world, fate, after=4)
        made, _ = go_on(world, fate, asked)
        assert faults_of(folder_of(world.settings) / rules.kept_name(made), made.manifest or {}) == []
    assert keeping_of(world.settings).stems_in_pieces() == {}


def test_a_draft_that_may_be_another_instances_stays_for_an_hour(world: World) -> None:
    folder_of(world.settings).mkdir(parents=True)
    piece = folder_of(world.settings) / ".rep_elsewhere.1.000001.piece"
    piece.write_bytes(b"of another database")
    assert (making.forget_ended(world.store, world.settings), piece.exists()) == (0, True)
    long_ago = piece.stat().st_mtime - 3_601
    os.utime(piece, (long_ago, long_ago))
    assert (making.forget_ended(world.store, world.settings), piece.exists()) == (1, False)
