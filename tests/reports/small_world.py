"""An instance with a day of usage that is over, and short ways to ask for reports of it."""

import csv
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from freehold.kit import clock
from freehold.reports import actions, local_days, queries, rules, tasks
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.places.opening import folder_of
from freehold.reports.records import FORMATS, READABLE, Parameters, Report, ReportFormat, ReportKind
from freehold.settings import Settings
from freehold.store.engine import Store
from tests.conftest import TestClock
from tests.http.served import Instance
from tests.production.world import collect, decide, furnish, make_production_world
from tests.reports.asked import decided_request, price

DAY = timedelta(days=1)


def forms_of(kind: ReportKind) -> list[ReportFormat]:
    """The formats that a kind can be had in."""
    return [each for each in FORMATS if each not in READABLE or KIND_FACTS[kind].summary]


@dataclass
class World:
    """An instance with a day of usage that is over, and short ways to ask."""

    instance: Instance
    settings: Settings
    day: date
    request: str = ""

    @property
    def store(self) -> Store:
        return self.instance.store

    def ask(self, kind: Any, form: Any = "csv", who: str = "owner", whole: bool = False, **more: Any) -> Report:
        period = (self.day, self.day + DAY) if KIND_FACTS[kind].period else (None, None)
        request = self.request if KIND_FACTS[kind].of_request else None
        wanted = replace(Parameters(kind, form, *period), **{"access_request": request, **more})
        with self.store.write() as tx:
            project = None if whole else self.instance.project
            return actions.request_report(tx, self.instance.actor(who), self.instance.harbour, project, wanted)

    def read(self, report: Report) -> Report:
        with self.store.read() as tx:
            found = queries.find_report(tx, report.id)
        assert found is not None
        return found

    def make(self, kind: Any, form: Any = "csv", **more: Any) -> tuple[Report, Path]:
        asked = self.ask(kind, form, **more)
        while tasks.turn(self.store, self.settings):
            pass
        made = self.read(asked)
        assert made.state == "ready", made.reason
        return made, folder_of(self.settings) / rules.kept_name(made)

    def rows(self, kind: Any, **more: Any) -> list[dict[str, str]]:
        _, path = self.make(kind, **more)
        with path.open(newline="") as file:
            return list(csv.DictReader(file))


def make_world(store: Store, settings: Settings, tmp_path: Path, test_clock: TestClock) -> World:
    """Ten requests of today, which two days later is over; with prices, and an access request that was decided."""
    data = tmp_path / "data"
    instance = make_production_world(store, Settings(data=data, database_url=settings.database_url))
    furnish(instance)
    midnight = clock.to_ms(local_days.starts_at(clock.now().date(), "UTC"))
    decide(instance, data, 5, midnight + 3_600_000)
    decide(instance, data, 3, midnight + 7_200_000, outcome="rate_limited", status=None, latency_us=None, cost=0)
    decide(instance, data, 2, midnight + 86_400_000 - 2, endpoint=None, outcome="endpoint_unknown", path="/=cmd")
    collect(store, data)
    made = World(instance, instance.settings, clock.now().date())
    test_clock.move(2 * 86_400)
    price(instance, made.day)
    made.request = decided_request(instance)
    return made
