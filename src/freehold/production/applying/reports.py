"""A project's report schedules, brought to a shape."""

from freehold.production.applying.checking import schedule_settings
from freehold.production.applying.tools import Shaping, telling_of
from freehold.production.shape.slots import several
from freehold.reports.schedule_actions import create_schedule, delete_schedule, edit_schedule
from freehold.reports.schedule_records import ScheduleSettings


def remove(work: Shaping) -> None:
    """Delete the schedules that are not wanted; their reports stay."""
    for slot in sorted(work.assets.schedules.keys() - work.wanted.get("report_schedules", {}).keys()):
        with telling_of("report_schedules", slot):
            delete_schedule(work.tx, work.actor, work.assets.schedules[slot].id)


def change(work: Shaping) -> None:
    """Make the schedules that are not there, change those that are. Whoever applies the shape is whose rights they run with."""
    for slot, schedule in sorted(work.wanted.get("report_schedules", {}).items()):
        with telling_of("report_schedules", slot):
            _bring(work, slot, schedule_settings(schedule))


def _bring(work: Shaping, slot: str, wanted: ScheduleSettings) -> None:
    people = several(work.bindings, "report_schedules", slot, "recipients")
    held, rebinds = work.assets.schedules.get(slot), work.rebinds("report_schedules", slot)
    if held is None:
        create_schedule(work.tx, work.actor, "", work.project.id, wanted, people or (), slot)
    elif rebinds or held.settings != wanted:
        edit_schedule(work.tx, work.actor, held.id, lambda _old: wanted, people if rebinds else None)
