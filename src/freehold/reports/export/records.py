"""What an organization's export consists of. No behaviour."""

from dataclasses import dataclass
from datetime import date

from freehold.reports.records import Parameters, Report, ReportFormat, ReportKind

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Price:
    """From which day of UTC on a price list holds, and in what currency."""

    takes_effect_on: date
    currency: str


@dataclass(frozen=True, slots=True)
class Part:
    """One report of an export. `project_id` None: of the whole organization. `report`: what stands for it; None: not asked for yet."""

    parameters: Parameters
    project_id: str | None
    report: Report | None

    @property
    def is_missing(self) -> bool:
        """Whether it is to be asked for: it never was, or failed."""
        return self.report is None or self.report.state == "failed"


@dataclass(frozen=True, slots=True)
class Export:
    """All that an actor may take along of an organization, and how far it is.

    `today`: the day of UTC that it leaves out, since it is not over. `withheld`: kinds that the actor may not have.
    """

    organization_id: str
    name: str
    format: ReportFormat
    today: date
    parts: tuple[Part, ...]
    withheld: tuple[ReportKind, ...]

    @property
    def missing(self) -> int:
        """How many reports are to be asked for."""
        return sum(each.is_missing for each in self.parts)

    @property
    def is_being_made(self) -> bool:
        """Whether one of its reports is on its way."""
        return any(each.report is not None and each.report.state in ("queued", "running") for each in self.parts)
