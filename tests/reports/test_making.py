"""Reports on both databases: what they hold, that they can be made again to the same bytes, and how each of them ends."""

import csv
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import select, update

from freehold.errors import Problem
from freehold.keys import actions as keys
from freehold.kit import clock
from freehold.reports import actions, formats, holding, local_days, making, queries, rules, tasks
from freehold.reports.holding import LEASE
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.manifests import faults_of
from freehold.reports.places.opening import folder_of
from freehold.reports.records import KINDS, Column, Parameters
from freehold.reports.sources.registry import SOURCES, Source
from freehold.store.schema import reports, usage_events
from freehold.usage import costs
from freehold.usage.archive import Archive
from freehold.usage.retention import Retention
from tests.conftest import TestClock
from tests.production.world import collect, decide
from tests.reports.small_world import DAY, World, forms_of


def test_a_summary_adds_up_each_day_by_key_endpoint_and_outcome(world: World) -> None:
    found = [
        (each["outcome"], each["endpoint"], each["requests"], each["cost"]) for each in world.rows("usage_summary")
    ]
    assert found == [
        ("endpoint_unknown", "", "2", "2"),
        ("allowed", "get_parcel", "5", "5"),
        ("rate_limited", "get_parcel", "3", "0"),
    ]
    assert {each["day"] for each in world.rows("usage_summary")} == {str(world.day)}


def test_a_detail_has_every_request_oldest_first_and_nothing_that_a_spreadsheet_calculates(world: World) -> None:
    found = world.rows("usage_detail")
    assert len(found) == 10
    assert [each["decided_at"] for each in found] == sorted(each["decided_at"] for each in found)
    assert found[-1]["path"] == "/=cmd"
    assert world.rows("usage_detail", since=world.day + DAY, until=world.day + 2 * DAY) == []


def test_each_kind_is_made_in_each_format_and_agrees_with_its_manifest(world: World) -> None:
    with world.store.write() as tx:
        keys.revoke_key(tx, world.instance.actor("owner"), world.instance.key)
    for kind in KINDS:
        rows = set()
        for form in forms_of(kind):
            report, path = world.make(kind, form, whole=KIND_FACTS[kind].reach == ("organization",))
            assert report.manifest is not None
            assert faults_of(path, report.manifest) == []
            assert report.bytes == path.stat().st_size
            rows.add(report.rows)
        assert len(rows) == 1, kind


def test_parquet_has_types_and_other_tools_read_it(world: World) -> None:
    _, path = world.make("usage_detail", "parquet")
    with duckdb.connect() as connection:
        columns = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        assert {each[0]: each[1] for each in columns}["decided_at"] == "TIMESTAMP"
        assert {each[0]: each[1] for each in columns}["cost"] == "BIGINT"
        total = connection.execute(
            "SELECT count(*), sum(cost), min(decided_at) FROM read_parquet(?)", [str(path)]
        ).fetchone()
        codec = connection.execute("SELECT DISTINCT compression FROM parquet_metadata(?)", [str(path)]).fetchall()
    assert total is not None
    assert total[:2] == (10, 7)
    assert total[2] == datetime.combine(world.day, datetime.min.time()) + timedelta(hours=1)
    assert codec == [("ZSTD",)]


def test_the_same_parameters_give_the_same_bytes(world: World, test_clock: TestClock) -> None:
    kinds = [kind for kind in KINDS if KIND_FACTS[kind].closed]
    first = {(kind, form): world.make(kind, form)[0] for kind in kinds for form in forms_of(kind)}
    test_clock.move(3600)
    for (kind, form), before in first.items():
        after, _ = world.make(kind, form, who="admin")
        assert (after.sha256, after.restates) == (before.sha256, None), (kind, form)
        assert (after.manifest or {})["file"] == (before.manifest or {})["file"]


def test_the_archive_gives_the_same_bytes_as_the_database(world: World, tmp_path: Path, test_clock: TestClock) -> None:
    before = {form: world.make("usage_detail", form)[0].sha256 for form in forms_of("usage_detail")}
    summary = world.make("usage_summary")[0].sha256
    archived = replace(world.settings, archive=str(tmp_path / "archive"), usage_days=1)
    test_clock.move(10 * 86_400)
    (tmp_path / "archive").mkdir()
    retention = Retention(world.store, archived)
    while retention.step():
        pass
    with world.store.read() as tx:
        assert tx.execute(usage_events.select()).all() == []
    assert len(list(Archive(tmp_path / "archive").folder.rglob("*.parquet"))) == 1
    again = World(world.instance, archived, world.day)
    assert {form: again.make("usage_detail", form)[0].sha256 for form in forms_of("usage_detail")} == before
    assert again.make("usage_summary")[0].sha256 == summary
    # A cost that is reported now is in the requests and in their sums, and what was said before is restated.
    begins = local_days.starts_at(world.day, "UTC")
    [request_id, *_] = (
        each["id"] for each in Archive(tmp_path / "archive").requests_of(world.instance.project, begins, begins + DAY)
    )
    found = costs.find_archived(Archive(tmp_path / "archive"), request_id)
    with world.store.write() as tx:
        costs.report_cost(tx, world.instance.actor("developer"), request_id, 40, found)
    test_clock.move(1)
    for kind, cost in (("usage_detail", "40"), ("usage_summary", "44")):
        restated, file = again.make(kind)
        assert (restated.restates is not None, (restated.manifest or {})["source"]["reconciled"]) == (True, True)
        with file.open(newline="") as lines:
            assert cost in {each["cost"] for each in csv.DictReader(lines)}


def test_late_usage_makes_a_restatement_that_names_what_it_corrects(world: World, test_clock: TestClock) -> None:
    first, _ = world.make("usage_summary")
    test_clock.move(1)
    late = clock.to_ms(local_days.starts_at(world.day, "UTC")) + 10_000_000
    decide(world.instance, world.settings.data, 1, late)
    collect(world.store, world.settings.data)
    second, _ = world.make("usage_summary")
    assert second.restates == first.id
    assert (second.manifest or {})["sums"]["requests"] == 11
    assert (second.manifest or {})["source"]["reconciled"] is True
    test_clock.move(1)
    third, _ = world.make("usage_summary")
    assert third.restates is None


def test_a_report_of_usage_waits_until_its_period_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, test_clock: TestClock
) -> None:
    monkeypatch.setattr(making, "is_counted", lambda _tx, _until: False)
    asked = world.ask("usage_summary")
    assert tasks.turn(world.store, world.settings) is True
    waiting = world.read(asked)
    assert (waiting.state, waiting.attempts) == ("queued", 0)
    assert "counted" in (waiting.reason or "")
    assert tasks.turn(world.store, world.settings) is False
    monkeypatch.setattr(making, "is_counted", lambda _tx, _until: True)
    test_clock.move(11)
    assert tasks.turn(world.store, world.settings) is True
    assert world.read(asked).state == "ready"


def test_one_that_is_canceled_while_it_is_made_leaves_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = world.ask("usage_detail")
    monkeypatch.setattr(holding, "TELL_S", 0.0)

    def slowly(_wanted: Any) -> Any:
        yield [tuple([None] * 15)]
        with world.store.write() as tx:
            actions.cancel_report(tx, world.instance.actor("owner"), asked.id)
        yield [tuple([None] * 15)]
        yield [tuple([None] * 15)]

    monkeypatch.setitem(SOURCES, "usage_detail", Source(slowly))
    monkeypatch.setattr(formats.Counted, "__iter__", lambda self: iter(self._batches))
    tasks.turn(world.store, world.settings)
    ended = world.read(asked)
    assert (ended.state, ended.reason) == ("failed", "It was canceled.")
    assert list(folder_of(world.settings).iterdir()) == []
    with pytest.raises(Problem, match="nothing to cancel"), world.store.write() as tx:
        actions.cancel_report(tx, world.instance.actor("owner"), asked.id)


def test_a_queued_one_is_canceled_at_once(world: World) -> None:
    asked = world.ask("usage_detail")
    with world.store.write() as tx:
        assert actions.cancel_report(tx, world.instance.actor("admin"), asked.id).state == "failed"
    assert tasks.turn(world.store, world.settings) is False


def test_one_whose_process_died_is_made_anew_and_given_up_after_three(world: World, test_clock: TestClock) -> None:
    asked = world.ask("usage_summary")
    for attempt in range(1, 4):
        with world.store.write() as tx:
            claimed = queries.claim(tx, clock.now(), clock.now() + LEASE)
        assert claimed is not None
        assert claimed.attempts == attempt
        assert tasks.turn(world.store, world.settings) is False
        test_clock.move(61)
    tasks.turn(world.store, world.settings)
    ended = world.read(asked)
    assert ended.state == "failed"
    assert "died each time" in (ended.reason or "")


def test_whoever_lost_its_lease_does_not_end_what_another_makes(world: World, test_clock: TestClock) -> None:
    asked = world.ask("usage_summary")
    with world.store.write() as tx:
        slow = queries.claim(tx, clock.now(), clock.now() + LEASE)
    assert slow is not None
    test_clock.move(61)
    while tasks.turn(world.store, world.settings):
        pass
    made = world.read(asked)
    making.make_report(world.store, world.settings, slow)
    assert world.read(asked) == made
    assert faults_of(folder_of(world.settings) / rules.kept_name(made), made.manifest or {}) == []


def test_a_disk_that_takes_no_file_is_told(world: World) -> None:
    folder_of(world.settings).parent.mkdir(exist_ok=True)
    folder_of(world.settings).write_text("in the way")
    asked = world.ask("usage_summary")
    tasks.turn(world.store, world.settings)
    ended = world.read(asked)
    assert ended.state == "failed"
    assert "cannot be written" in (ended.reason or "")


def test_an_expired_one_leaves_its_record(world: World, test_clock: TestClock) -> None:
    report, path = world.make("usage_summary")
    test_clock.move(91 * 86_400)
    assert tasks.turn(world.store, world.settings) is True
    assert not path.exists()
    assert (world.read(report).state, world.read(report).sha256) == ("expired", report.sha256)
    assert tasks.turn(world.store, world.settings) is False


def test_a_file_is_kept_as_long_as_its_report_says(world: World, test_clock: TestClock) -> None:
    with world.store.write() as tx:
        wanted = Parameters("key_inventory", "csv")
        owner, of = world.instance.actor("owner"), world.instance.project
        asked = actions.request_report(tx, owner, "", of, wanted, keep_days=2)
        with pytest.raises(Problem, match="not right") as refused:
            actions.request_report(tx, owner, "", of, wanted, keep_days=0)
    assert [each.field for each in refused.value.errors] == ["keep_days"]
    usual, _ = world.make("key_inventory")
    assert usual.expires_at == clock.now() + 90 * DAY
    assert world.read(asked).expires_at == clock.now() + 2 * DAY
    test_clock.move(2 * 86_400)
    while tasks.turn(world.store, world.settings):
        pass
    assert (world.read(asked).state, world.read(usual).state) == ("expired", "ready")


def test_a_process_that_is_told_to_stop_gives_its_report_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, stop = world.ask("usage_detail"), threading.Event()

    def stopped(_wanted: Any) -> Any:
        yield [tuple([None] * 15)]
        stop.set()
        yield [tuple([None] * 15)]

    with monkeypatch.context() as meanwhile:
        meanwhile.setitem(SOURCES, "usage_detail", Source(stopped))
        assert tasks.turn(world.store, world.settings, stop) is True
    given_back = world.read(asked)
    assert (given_back.state, given_back.attempts, given_back.done) == ("queued", 0, 0)
    assert "stopped" in (given_back.reason or "")
    assert list(folder_of(world.settings).iterdir()) == []
    assert tasks.turn(world.store, world.settings) is True
    assert (world.read(asked).state, world.read(asked).rows) == ("ready", 10)


def test_a_lease_is_renewed_while_no_rows_pass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "_RENEW_S", 0.01)
    world.ask("usage_summary")
    with world.store.write() as tx:
        claimed = queries.claim(tx, clock.now(), clock.now() + timedelta(milliseconds=1))
    assert claimed is not None

    def leased_until() -> datetime:
        with world.store.read() as tx:
            until: datetime = tx.execute(
                select(reports.c.leased_until_at).where(reports.c.id == claimed.id)
            ).scalar_one()
        return until

    with holding.Hold(world.store, claimed, threading.Event()):
        while leased_until() < clock.now() + timedelta(seconds=1):
            pass


def test_what_dead_writers_left_is_swept(world: World) -> None:
    folder = folder_of(world.settings)
    folder.mkdir(parents=True)
    (folder / ".rep_1.1.csv").write_text("half")
    assert making.sweep(world.settings, datetime.now(clock.EPOCH.tzinfo) - DAY) == 0
    assert making.sweep(world.settings, datetime.now(clock.EPOCH.tzinfo) + DAY) == 1


def test_a_file_that_was_changed_does_not_agree_with_its_manifest(world: World) -> None:
    report, path = world.make("usage_summary")
    manifest = dict(report.manifest or {})
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b",5,5,", b",9,9,"))
    assert [fault.split()[1] for fault in faults_of(path, manifest)] == ["file's", "column", "column"]
    path.write_bytes(whole[: len(whole) // 2])
    assert "bytes" in faults_of(path, manifest)[0]
    path.write_bytes(b"other,columns\r\n")
    assert any("other columns" in fault for fault in faults_of(path, manifest))
    assert faults_of(path, manifest | {"manifest": 2}) == ["The manifest is of another format: 2."]


def test_an_access_review_names_members_and_tokens(world: World) -> None:
    found = world.rows("access_review", whole=True)
    assert {each["kind"] for each in found} == {"member", "token"}
    owner = next(each for each in found if "owner@example.com" in each["name"])
    assert (owner["roles"], owner["owns"]) == ("owner", "Parcel lookup")


def test_an_audit_log_is_the_chain(world: World) -> None:
    found = world.rows("audit_log", whole=True)
    assert [int(each["position"]) for each in found] == list(range(1, len(found) + 1))
    assert json.loads(next(each["after"] for each in found if each["action"] == "project.created"))["api"] == "parcels"


WRONG: list[tuple[Callable[[World], Any], str, str]] = [
    (lambda world: world.ask("usage_summary", until=world.day), "to", "ends after its first day"),
    (lambda world: world.ask("usage_summary", until=world.day + 9 * DAY), "to", "is over when"),
    (lambda world: world.ask("usage_summary", since=world.day - 400 * DAY), "to", "at most 366"),
    (lambda world: world.ask("usage_summary", since=date(1999, 1, 1)), "from", "Nothing is older"),
    (lambda world: world.ask("usage_summary", since=None), "from", "first day"),
    (lambda world: world.ask("key_inventory", since=world.day), "from", "no period"),
    (lambda world: world.ask("access_review"), "kind", "whole organization"),
    (lambda world: world.ask("usage_detail", "pdf"), "format", "too many rows to be read by people"),
    (lambda world: world.ask("usage_detail", time_zone="Europe/Atlantis"), "time_zone", "no IANA time zone"),
    (lambda world: world.ask("usage_detail", time_zone="../../etc/passwd"), "time_zone", "no IANA time zone"),
    (lambda world: world.ask("key_inventory", time_zone="Europe/Berlin"), "time_zone", "no time zone"),
]


@pytest.mark.parametrize(("ask", "field", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_what_cannot_be_reported_is_refused_by_field(
    world: World, ask: Callable[[World], Any], field: str, words: str
) -> None:
    with pytest.raises(Problem) as refused:
        ask(world)
    assert [each.field for each in refused.value.errors] == [field]
    assert words in refused.value.errors[0].message


def test_who_may_not_read_what_it_is_of_gets_none(world: World) -> None:
    with pytest.raises(Problem, match=r"audit\.read"):
        world.ask("audit_log", who="developer")
    with pytest.raises(Problem, match="no such"):
        world.ask("usage_summary", who="stranger")
    report = world.ask("audit_log", who="auditor")
    with world.store.read() as tx, pytest.raises(Problem, match=r"audit\.read"):
        actions.read_report(tx, world.instance.actor("developer"), report.id)


def test_too_many_at_once_are_refused(world: World) -> None:
    for _ in range(actions.UNFINISHED_MAX):
        world.ask("usage_summary")
    with pytest.raises(Problem, match="not made yet"):
        world.ask("usage_summary")


def test_a_ready_report_has_a_file(world: World) -> None:
    asked = world.ask("usage_summary")
    with pytest.raises(Exception, match="ready"), world.store.write() as tx:
        tx.execute(update(reports).where(reports.c.id == asked.id).values(state="ready", finished_at=clock.now()))


def test_columns_are_typed_by_their_names() -> None:
    assert KIND_FACTS["usage_summary"].columns[6] == Column("requests", "integer")
    assert KIND_FACTS["usage_detail"].columns[1] == Column("decided_at", "instant")


@pytest.mark.parametrize(
    ("day", "first", "after_last"),
    [("2027-01-15", "2026-12-01", "2027-01-01"), ("2028-03-31", "2028-02-01", "2028-03-01")],
)
def test_the_month_before_is_whole(day: str, first: str, after_last: str) -> None:
    assert [str(each) for each in rules.month_before(date.fromisoformat(day))] == [first, after_last]
