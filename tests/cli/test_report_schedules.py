"""The commands of report schedules against a running instance."""

from collections.abc import Callable
from typing import Any

from tests.cli.conftest import Commands

NewProject = Callable[..., dict[str, Any]]


def test_report_schedules(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    schedules = ("reports", "schedules")
    assert "no report schedule yet" in cli(*schedules, "list", "-p", project)
    made = cli.json(
        *schedules, "create", "usage_summary", "-p", project, "--name", "Monthly", "--cron", "30 2 l * *",
        "--time-zone", "Europe/Berlin", "--period", "month", "--recipient", "ada@example.com",
    )  # fmt: skip
    shown = cli(*schedules, "show", made["id"])
    assert "At 02:30 on the last day of every month (Europe/Berlin; 30 2 L * *)" in shown
    assert "ada@example.com" in shown
    assert "Then (5)" in shown
    assert made["id"] in cli(*schedules, "list", "-p", project)
    changed = cli.json(*schedules, "edit", made["id"], "--cron", "0 6 * * MON", "--period", "week", "--no-recipients")
    assert (changed["words"], changed["recipients"]) == ("At 06:00 on Monday", [])
    assert "day of the month 30 never comes" in cli.fails(*schedules, "edit", made["id"], "--cron", "0 6 30 2 *")
    assert "At 06:00 on Monday" in cli(*schedules, "preview", "--cron", "0 6 * * MON", "--period", "week")
    assert "at most once an hour" in cli.fails(*schedules, "preview", "--cron", "* * * * *")
    assert cli.json(*schedules, "pause", made["id"])["state"] == "paused"
    assert "active" in cli(*schedules, "resume", made["id"])
    report = cli.json(*schedules, "run", made["id"])
    assert report["schedule"] == made["id"]
    assert report["id"] in cli("reports", "list", "-p", project)
    whole = cli.json(*schedules, "create", "access_review", "--name", "Access", "--cron", "0 6 1 * *")
    assert whole["project"] is None
    assert whole["id"] in cli(*schedules, "list")
    for each in (made, whole):
        cli(*schedules, "delete", each["id"], "--yes")
    assert "not yours to see" in cli.fails(*schedules, "show", made["id"])
