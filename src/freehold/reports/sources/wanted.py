"""What a source is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from freehold.reports import local_days
from freehold.reports.records import UTC_NAME, Place
from freehold.store.engine import Store
from freehold.usage.archive import Archive

# So many rows are read, written and forgotten at once.
BATCH = 2000


class Gone(Exception):
    """What a report is made of is not kept any more. The message is one sentence for who asked for it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of these projects (or of the organization itself), in [start, end) where the kind has a period.

    Both are the first instants of days of `time_zone` (IANA). `after`: only the rows behind this place, of sources that
    know places (registry.Source.place).
    """

    store: Store
    archive: Archive | None
    organization_id: str
    project_ids: tuple[str, ...]
    whole_organization: bool
    start: datetime | None
    end: datetime | None
    time_zone: str = UTC_NAME
    access_request: str | None = None
    after: Place | None = None

    @property
    def period(self) -> tuple[datetime, datetime]:
        """The period; ValueError where there is none."""
        if self.start is None or self.end is None:
            raise ValueError("this kind of report has a period")
        return self.start, self.end

    @property
    def days(self) -> Iterator[tuple[date, datetime, datetime]]:
        """The days of the period in its time zone, each with its first instant and that of the next; ValueError without one."""
        return local_days.days_between(*self.period, self.time_zone)
