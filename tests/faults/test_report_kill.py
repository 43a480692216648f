"""Whoever makes a report is killed: it ends ready or failed with its reason, and there is no half file.

Two processes make reports of one folder, one of them encrypts; one is chosen by lot and killed with SIGKILL while a report
is being made, again and again. REPORT_KILLS in the environment makes it longer: 200 for a release.
"""

import os
import random
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select, update

from freehold.kit import clock
from freehold.reports import actions, local_days, making, queries, rules, tasks
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.manifests import faults_of
from freehold.reports.places.opening import folder_of, keeping_of
from freehold.reports.records import FORMATS, READABLE, Parameters, Report, ReportKind
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import reports
from tests.faults.kill_run import parts_of
from tests.http.served import Instance
from tests.production.world import collect, decide, furnish, make_production_world

KILLS: Final = int(os.environ.get("REPORT_KILLS", "6"))
KEY: Final = "5a" * 32
_KINDS: Final[tuple[ReportKind, ...]] = ("usage_detail", "usage_detail", "usage_summary", "audit_log", "key_inventory")
_REQUESTS: Final = 6_000
# So many reports wait at any time: when one's maker is dead, the other has something to do.
_WAITING: Final = 4


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
            while count(instance.store, "queued", "running") < _WAITING:
                ask(instance, dice)
            # One that was begun since, so that somebody alive is busy with it.
            while not begun_since(instance.store, killed_at):
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
