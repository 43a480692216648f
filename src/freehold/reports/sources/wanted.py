"""What a source is asked for."""

from dataclasses import dataclass
from datetime import datetime

from freehold.store.engine import Store
from freehold.usage.archive import Archive

# So many rows are read, written and forgotten at once.
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of these projects (or of the organization itself), in [start, end) where the kind has a period."""

    store: Store
    archive: Archive | None
    organization_id: str
    project_ids: tuple[str, ...]
    whole_organization: bool
    start: datetime | None
    end: datetime | None

    @property
    def period(self) -> tuple[datetime, datetime]:
        """The period; ValueError where there is none."""
        if self.start is None or self.end is None:
            raise ValueError("this kind of report has a period")
        return self.start, self.end
