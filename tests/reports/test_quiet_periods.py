"""Single requests of a year of many projects, nearly all of it without any: read in few questions, and every request found."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import event

from freehold.kit import clock
from freehold.reports import local_days
from freehold.reports.sources import usage
from freehold.reports.sources.wanted import Wanted
from freehold.store.engine import Store
from tests.production.world import collect, decide
from tests.reports.small_world import World

DAYS: Final = 365
PROJECTS: Final = 30


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements of a stretch of a test."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_an_empty_hour_of_an_empty_project_is_not_asked_for(world: World) -> None:
    end = local_days.starts_at(world.day + timedelta(days=1), "UTC")
    # In the first hour of the year and in the last one, beside those of the world's own day.
    for at in (end - timedelta(days=DAYS), end - timedelta(seconds=1)):
        decide(world.instance, world.settings.data, 1, clock.to_ms(at))
    collect(world.store, world.settings.data)
    projects = tuple(sorted([world.instance.project, *(f"proj_{number:026}" for number in range(PROJECTS))]))
    wanted = Wanted(world.store, None, world.instance.harbour, projects, True, end - timedelta(days=DAYS), end)
    with counted(world.store) as statements:
        rows = [row for batch in usage.detail(wanted) for row in batch]
    alone = Wanted(
        world.store, None, world.instance.harbour, (world.instance.project,), False, end - timedelta(days=DAYS), end
    )
    assert rows == [row for batch in usage.detail(alone) for row in batch]
    assert {end - timedelta(days=DAYS), end - timedelta(seconds=1)} <= {row[1] for row in rows}
    # A question a day, and one an hour of two days of one project; each with what begins its transaction.
    assert len(statements) <= 2 * (DAYS + 3 * 24)
