"""Whoever runs report schedules is killed: each due time is run once, or counted as missed by the run that makes up for it.

Two processes run the schedules of one project by a clock on which ten hours pass in a second; one or both are killed with
SIGKILL, again and again: between due and queued, between queued and moved. SCHEDULE_KILLS makes it longer.
"""

import os
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from freehold.kit import clock
from freehold.reports import schedule_actions, schedule_queries
from freehold.reports import schedule_rules as rules
from freehold.reports.schedule_records import ScheduleSettings
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import report_schedule_runs, reports
from tests.faults.kill_run import parts_of
from tests.production.world import make_production_world

KILLS: Final = int(os.environ.get("SCHEDULE_KILLS", "4"))
# So many runs for each kill, at least: there is always something due near one.
_RUNS_A_KILL: Final = 3
_BASE: Final = datetime(2027, 3, 27, 12, tzinfo=UTC)
_SCHEDULES: Final = {
    "Hourly": ScheduleSettings("Hourly", "key_inventory", "csv", "30 * * * *", "Europe/Berlin"),
    "Six times a day": ScheduleSettings("Six times a day", "alert_firings", "csv", "15 */4 * * *", "Australia/Lord_Howe", "day"),
    "Daily": ScheduleSettings("Daily", "alert_firings", "jsonl", "45 2 * * *", "Europe/Berlin", "day"),
}  # fmt: skip


def test_each_due_time_is_run_once_or_counted_whatever_is_killed(store: Store, settings: Settings) -> None:
    clock.set_source(_BASE.timestamp)
    try:
        world = make_production_world(store, settings)
        with store.write() as tx:
            made = [
                schedule_actions.create_schedule(tx, world.actor("owner"), "", world.project, each)
                for each in _SCHEDULES.values()
            ]
    finally:
        clock.set_source(None)
    told = {
        "part": "schedule_runner", "data": str(settings.data), "database_url": settings.database_url,
        "begun_s": time.time(), "base_s": _BASE.timestamp(),
    }  # fmt: skip

    def runs() -> int:
        with store.read() as tx:
            return tx.execute(select(func.count()).select_from(report_schedule_runs)).scalar_one()

    with parts_of({"one": lambda _life: told, "other": lambda _life: told}, []) as parts:
        parts.kill_by_lot(KILLS, lambda: runs() >= KILLS * _RUNS_A_KILL, random.Random(20261128))
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(reports)).scalar_one() == runs(), "a report without its run"
        for schedule in made:
            now = schedule_queries.find_schedule(tx, schedule.id)
            assert now is not None
            rows = tx.execute(
                select(report_schedule_runs.c.due_at, report_schedule_runs.c.missed)
                .where(report_schedule_runs.c.schedule_id == schedule.id)
                .order_by(report_schedule_runs.c.due_at)
            ).all()
            zone = rules.zone_of(schedule.settings.time_zone)
            due = []
            for at in rules.runs_after(schedule.settings.cron, zone, _BASE):
                if now.last_at is None or at > now.last_at:
                    break
                due.append(at)
            assert {row.due_at for row in rows} <= set(due)
            assert len(rows) + sum(row.missed for row in rows) == len(due), schedule.settings.name
            assert now.next_at is not None
            assert now.last_at is None or now.next_at > now.last_at
            assert now.next_at > _BASE + timedelta(minutes=1)
