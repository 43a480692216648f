"""Whoever makes a report is killed: it ends ready or failed with its reason, and there is no half file; a long one is gone on with.

Two processes make reports of one folder, one of them encrypts; one is chosen by lot and killed with SIGKILL while a report
is being made, again and again. REPORT_KILLS in the environment makes it longer: 200 for a release.
"""

import os
import random
import re
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import func, select, update

from freehold.kit import clock
from freehold.reports import actions, local_days, making, queries, rules, tasks
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.manifests import faults_of
from freehold.reports.places.opening import folder_of, keeping_of
from freehold.reports.records import FORMATS, READABLE, Parameters, Report, ReportFormat, ReportKind
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import reports
from tests.faults.kill_run import parts_of
from tests.faults.report_parts import LOG
from tests.http.served import Instance
from tests.production.world import collect, decide, furnish, make_production_world

KILLS: Final = int(os.environ.get("REPORT_KILLS", "6"))
KEY: Final = "5a" * 32
_KINDS: Final[tuple[ReportKind, ...]] = ("usage_detail", "usage_detail", "usage_summary", "audit_log", "key_inventory")
# So many reports wait at any time: when one's maker is dead, the other has something to do.
_WAITING: Final = 4
_REQUESTS: Final = 6_000
# So often one report's makers are killed, each once it got further.
_GONE_ON: Final = max(4, KILLS // 5)
# So many pieces at most each of them writes, and so small are they, that the report is not at its end before.
_PIECES_MAX: Final = 12
_BATCH: Final = _REQUESTS // (16 * _GONE_ON)


@pytest.fixture
def instance(store: Store, settings: Settings) -> Instance:
    """A day of requests that is over, so many that a report of them takes a while."""
    made = make_production_world(store, Settings(data=settings.data, database_url=settings.database_url))
    furnish(made)
    yesterday = local_days.starts_at(clock.now().date() - timedelta(days=1), "UTC")
    decide(made, settings.data, _REQUESTS, clock.to_ms(yesterday) + 1000)
    collect(store, settings.data)
    return made


def ask(instance: Instance, dice: random.Random) -> None:
    kind = dice.choice(_KINDS)
    day = clock.now().date() - timedelta(days=1)
    period = (day, day + timedelta(days=1)) if KIND_FACTS[kind].period else (None, None)
    with instance.store.write() as tx:
        forms = [form for form in FORMATS if KIND_FACTS[kind].summary or form not in READABLE]
        wanted = Parameters(kind, dice.choice(forms), *period)
        actions.request_report(tx, instance.actor("owner"), instance.harbour, instance.project, wanted)


def count(store: Store, *states: str) -> int:
    with store.read() as tx:
        return int(tx.execute(select(func.count()).where(reports.c.state.in_(states))).scalar_one())


def begun_since(store: Store, instant: datetime) -> bool:
    with store.read() as tx:
        query = select(reports.c.id).where(reports.c.state == "running", reports.c.started_at > instant)
        return tx.execute(query.limit(1)).first() is not None


def all_of(instance: Instance) -> list[Report]:
    with instance.store.read() as tx:
        return queries.reports_of_project(tx, instance.project, 10_000)


def campaign(instance: Instance, dice: random.Random) -> int:
    """So many moments at which one of them, or both, are killed while a report is made; how many there were."""
    command = {
        "part": "report_maker",
        "data": str(instance.settings.data),
        "database_url": instance.settings.database_url,
    }
    keys, kills = {"plain": "", "encrypting": KEY}, 0
    made = {name: (lambda _, key=key: {**command, "reports_key": key}) for name, key in keys.items()}
    with parts_of(made, []) as parts:
        killed_at = clock.now()
        while kills < KILLS:
            # One that was begun since, so that somebody alive is busy with it; all that waited may have ended meanwhile.
            while not begun_since(instance.store, killed_at):
                while count(instance.store, "queued", "running") < _WAITING:
                    ask(instance, dice)
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.2))
            names = dice.choice((["plain"], ["encrypting"], ["plain", "encrypting"]))
            for name in names:
                parts.kill(name)
            kills, killed_at = kills + 1, clock.now()
            for name in names:
                parts.start(name)
    return kills


def let_all_end(instance: Instance, settings: Settings) -> None:
    """As if a minute had passed since the last of them died."""
    with instance.store.write() as tx:
        tx.execute(update(reports).where(reports.c.state == "running").values(leased_until_at=None))
    while tasks.turn(instance.store, settings):
        pass


def test_a_killed_report_ends_ready_or_failed_and_leaves_no_half_file(
    instance: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = replace(instance.settings, reports_key=KEY)
    kills = campaign(instance, random.Random(KILLS))
    let_all_end(instance, settings)
    found = all_of(instance)
    ready = [report for report in found if report.state == "ready"]
    assert {report.state for report in found} <= {"ready", "failed"}
    assert all(report.reason for report in found if report.state == "failed")
    assert {each.name for each in folder_of(settings).glob("[!.]*")} == {rules.kept_name(report) for report in ready}
    # Where one that had lost its report already was killed, its draft stays until drafts of the day before are swept.
    making.sweep(settings, clock.now() + timedelta(days=1))
    assert list(folder_of(settings).glob(".*")) == []
    same: dict[tuple[object, ...], set[str | None]] = {}
    for report in ready:
        reading = keeping_of(settings).open(rules.kept_name(report), rules.kept_for(report), report.sealed_by)
        file = tmp_path / "read"
        file.write_bytes(b"".join(reading.read(0, reading.size)))
        assert faults_of(file, report.manifest or {}) == []
        if KIND_FACTS[report.parameters.kind].period and report.parameters.kind != "audit_log":
            same.setdefault((report.parameters.kind, report.parameters.format), set()).add(report.sha256)
    assert all(len(bytes_) == 1 for bytes_ in same.values())
    assert ready
    with capsys.disabled():
        print(f"\n{instance.store.engine.dialect.name}: {kills} kills, {len(found)} reports: {len(ready)} ready "
              f"({sum(report.sealed_by is not None for report in ready)} encrypted, {sum(report.attempts > 1 for report in ready)} not at "
              f"the first attempt), {len(found) - len(ready)} failed")  # fmt: skip


def pieces_there(settings: Settings) -> int:
    return len(list(folder_of(settings).glob(".*.piece")))


def kill_each_that_gets_further(instance: Instance, key: str, dice: random.Random) -> int:
    """Kill makers of the one report that is due at a random moment after each has written more of it; how many."""
    settings, kills = instance.settings, 0
    command = {
        "part": "report_maker", "data": str(settings.data), "database_url": settings.database_url, "reports_key": key,
        "batch": _BATCH,
    }  # fmt: skip

    def maker(life: int) -> dict[str, Any]:
        # The last one, which nobody kills, goes on to the end.
        return {**command, "pieces_max": _PIECES_MAX if life <= _GONE_ON else 0}

    before = pieces_there(settings)
    with parts_of({"maker": maker}, []) as parts:
        while True:
            while pieces_there(settings) <= before and count(instance.store, "queued", "running"):
                time.sleep(0.001)
            time.sleep(dice.uniform(0, 0.03))
            if kills == _GONE_ON or not count(instance.store, "queued", "running"):
                return kills
            parts.kill("maker")
            kills += 1
            before = pieces_there(settings)
            with instance.store.write() as tx:
                tx.execute(update(reports).where(reports.c.state == "running").values(leased_until_at=None))
            parts.start("maker")


def made(instance: Instance, settings: Settings, form: ReportFormat, dice: random.Random | None) -> tuple[Report, int]:
    """A report of single requests, its makers killed where there are dice; and how many were."""
    day = clock.now().date() - timedelta(days=1)
    with instance.store.write() as tx:
        wanted = Parameters("usage_detail", form, day, day + timedelta(days=1))
        asked = actions.request_report(tx, instance.actor("owner"), instance.harbour, instance.project, wanted)
    kills = kill_each_that_gets_further(instance, settings.reports_key, dice) if dice else 0
    let_all_end(instance, settings)
    return next(each for each in all_of(instance) if each.id == asked.id), kills


def test_a_long_report_is_gone_on_with_by_whoever_is_next(
    instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    dice, log = random.Random(KILLS), instance.settings.data / LOG
    forms: tuple[tuple[ReportFormat, str], ...] = (("csv", KEY), ("parquet", ""))
    if KILLS < 50:
        forms = forms[:1] if instance.store.is_sqlite else forms[1:]
    for form, key in forms:
        settings = replace(instance.settings, reports_key=key)
        undisturbed, _ = made(instance, settings, form, None)
        log.write_text("")
        disturbed, kills = made(instance, settings, form, dice)
        assert (disturbed.state, disturbed.sha256) == ("ready", undisturbed.sha256)
        # Each found all that the one before had written, and three attempts are not the end of one that gets further.
        behind = [int(row) for row in re.findall(r"goes on behind row (\d+)$", log.read_text(), re.MULTILINE)]
        assert kills == _GONE_ON
        assert behind == sorted(behind)
        assert len(behind) >= kills - 1
        assert behind[0] >= _BATCH
        with capsys.disabled():
            rows = ", ".join(map(str, behind))
            print(
                f"\n{instance.store.engine.dialect.name}, {form}: {kills} kills; gone on behind rows {rows} of {disturbed.rows}"
            )
