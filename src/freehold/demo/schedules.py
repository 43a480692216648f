"""The demonstration's report schedules: each project's usage month by month, and who can do what each quarter."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from freehold.demo.people import MadeProject, Place, at
from freehold.projects import queries as projects
from freehold.reports import schedule_actions as actions
from freehold.reports.schedule_records import ScheduleSettings
from freehold.store.engine import Transaction

# After everything else that changes a project, so that histories are in order.
_MADE: Final = timedelta(hours=25)
_MONTHLY: Final = ScheduleSettings("Usage of the month", "usage_summary", "csv", "30 6 1 * *", "Europe/Lisbon", "month")
_WEEKLY: Final = ScheduleSettings("Keys, week by week", "key_inventory", "csv", "0 7 * * MON", "Europe/Lisbon")
_ACCESS: Final = ScheduleSettings("Access, each quarter", "access_review", "csv", "0 6 1 1,4,7,10 *")


def make_schedules(place: Place, made: Sequence[MadeProject]) -> None:
    """Schedule the same in every project, so that siblings do not differ by it, and pause one; of an organization, one more."""
    with at(place.now - _MADE), place.store.write() as tx:
        for each in _active(tx, made):
            people = [each.actor.user_id] if each.actor.user_id else []
            actions.create_schedule(tx, each.actor, "", each.project.id, _MONTHLY, people)
            keys = actions.create_schedule(tx, each.actor, "", each.project.id, _WEEKLY)
            actions.pause_schedule(tx, each.actor, keys.id)
        first = made[0]
        people = [first.actor.user_id] if first.actor.user_id else []
        actions.create_schedule(tx, first.actor, first.project.organization_id, None, _ACCESS, people)


def _active(tx: Transaction, made: Sequence[MadeProject]) -> list[MadeProject]:
    """Those whose project is not archived."""
    found = ((each, projects.find_project(tx, each.project.id)) for each in made)
    return [each for each, project in found if project is not None and project.state == "active"]
