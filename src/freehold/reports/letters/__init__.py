"""Letters: ended reports and stopped schedules as e-mails, in text and in HTML, from the templates beside this module.

Everything that a person typed is escaped in the HTML. Neither form holds what a report holds, or a secret: its address
opens for who is signed in and may read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from freehold.kit import clock
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.records import Report
from freehold.reports.schedule_records import Run, Schedule

_texts: Final = Environment(
    loader=PackageLoader("freehold.reports.letters", "."), undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, keep_trailing_newline=True, autoescape=select_autoescape(("html.j2",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail: its subject, as text and as HTML."""

    subject: str
    text: str
    html: str


def ended(report: Report, run: Run | None, owner: str, url: str) -> Letter:
    """A report that is ready or has failed. `owner`: the name of the project or organization that it is of."""
    title, words = KIND_FACTS[report.parameters.kind].title, "is ready" if report.state == "ready" else "failed"
    parameters = report.parameters
    given = {
        "report": report, "run": run, "owner": owner, "url": url, "title": title, "words": words,
        "period": f"{parameters.since} to {parameters.until}" if parameters.since else "as it stood",
        "kept": _when(report.expires_at), "due": _when(run.due_at) if run else "",
    }  # fmt: skip
    return _letter("report", f"Report {words}: {run.schedule_name if run else title} · {owner}", given)


def stopped(schedule: Schedule, reason: str, owner: str, url: str) -> Letter:
    """A schedule that was stopped by rule, with what lets it run again."""
    given = {"schedule": schedule, "reason": reason, "owner": owner, "url": url}
    return _letter("stopped", f"Report schedule stopped: {schedule.settings.name} · {owner}", given)


def _letter(name: str, subject: str, given: Mapping[str, object]) -> Letter:
    text, html = (_texts.get_template(f"{name}.{kind}.j2").render(given) for kind in ("txt", "html"))
    return Letter(subject, text, html)


def _when(at: datetime | None) -> str:
    return clock.to_words(at) if at else ""
