"""Pages of report schedules: a project's, and an organization's own. Thin: both show the same."""

from typing import Any

from litestar import Response

from freehold.reports import schedule_showing as showing
from freehold.web.call import Call

# --- a project's ------------------------------------------------------------


def show_schedules(call: Call, project_id: str) -> Response[Any]:
    """A project's report schedules."""
    return showing.show_schedules(call, project_id, "")


def show_new_schedule(call: Call, project_id: str) -> Response[Any]:
    """The form of a new schedule, with when it would run."""
    return showing.show_new_schedule(call, project_id, "")


def create_schedule(call: Call, project_id: str) -> Response[Any]:
    """Make a schedule, or show when it would run."""
    return showing.create_schedule(call, project_id, "")


def show_schedule(call: Call, project_id: str, schedule_id: str) -> Response[Any]:
    """One schedule: when it runs next, what came of it, its settings."""
    return showing.show_schedule(call, schedule_id, project_id, "")


def edit_schedule(call: Call, project_id: str, schedule_id: str) -> Response[Any]:
    """Change a schedule, or show when it would run then."""
    return showing.edit_schedule(call, schedule_id, project_id, "")


def pause_schedule(call: Call, project_id: str, schedule_id: str) -> Response[Any]:
    """Let a schedule run no more until it is resumed."""
    return showing.pause_schedule(call, schedule_id, project_id, "")


def resume_schedule(call: Call, project_id: str, schedule_id: str) -> Response[Any]:
    """Let a schedule run again, with the rights of whoever resumes it."""
    return showing.resume_schedule(call, schedule_id, project_id, "")


def run_schedule(call: Call, project_id: str, schedule_id: str) -> Response[Any]:
    """Make now what a run would make, and go on to its progress."""
    return showing.run_schedule(call, schedule_id, project_id, "")


def delete_schedule(call: Call, project_id: str, schedule_id: str) -> Response[Any]:
    """Remove a schedule, once its name was typed."""
    return showing.delete_schedule(call, schedule_id, project_id, "")


# --- an organization's ------------------------------------------------------------


def show_organization_schedules(call: Call, organization_id: str) -> Response[Any]:
    """An organization's own report schedules."""
    return showing.show_schedules(call, "", organization_id)


def show_new_organization_schedule(call: Call, organization_id: str) -> Response[Any]:
    """The form of a new schedule of an organization."""
    return showing.show_new_schedule(call, "", organization_id)


def create_organization_schedule(call: Call, organization_id: str) -> Response[Any]:
    """Make a schedule of an organization, or show when it would run."""
    return showing.create_schedule(call, "", organization_id)


def show_organization_schedule(call: Call, organization_id: str, schedule_id: str) -> Response[Any]:
    """One schedule of an organization."""
    return showing.show_schedule(call, schedule_id, "", organization_id)


def edit_organization_schedule(call: Call, organization_id: str, schedule_id: str) -> Response[Any]:
    """Change a schedule of an organization."""
    return showing.edit_schedule(call, schedule_id, "", organization_id)


def pause_organization_schedule(call: Call, organization_id: str, schedule_id: str) -> Response[Any]:
    """Let an organization's schedule run no more until it is resumed."""
    return showing.pause_schedule(call, schedule_id, "", organization_id)


def resume_organization_schedule(call: Call, organization_id: str, schedule_id: str) -> Response[Any]:
    """Let an organization's schedule run again."""
    return showing.resume_schedule(call, schedule_id, "", organization_id)


def run_organization_schedule(call: Call, organization_id: str, schedule_id: str) -> Response[Any]:
    """Make now what a run of an organization's schedule would make."""
    return showing.run_schedule(call, schedule_id, "", organization_id)


def delete_organization_schedule(call: Call, organization_id: str, schedule_id: str) -> Response[Any]:
    """Remove an organization's schedule, once its name was typed."""
    return showing.delete_schedule(call, schedule_id, "", organization_id)
