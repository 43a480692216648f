"""Following a project's requests as they are counted: what is new since the last look, bounded. No IO of its own.

Requests are counted gate by gate, so one may be counted after another that was decided later. A
look therefore goes back a while before the newest that was seen, and leaves out what it has seen.
Nothing is sent twice in one following; in one that goes on after a break, what was decided shortly
before the break may come again, which its id shows.
"""

from datetime import datetime, timedelta
from typing import Final

from freehold.usage.records import RequestRow

LOOK_BACK: Final = timedelta(seconds=30)
# As many at one look. Of more, the oldest are left out: the page says how many it shows.
ROWS_MAX: Final = 100


class Tail:
    """What one follower has seen. `since`: requests decided from then on are new to it."""

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._newest = since
        self._seen: dict[str, datetime] = {}

    @property
    def start(self) -> datetime:
        """From when on the next look has to look."""
        return max(self._since, self._newest - LOOK_BACK)

    def new(self, rows: list[RequestRow]) -> list[RequestRow]:
        """Those of the rows of a look, newest first, that this follower has not seen."""
        fresh = [row for row in rows if row.id not in self._seen]
        self._seen |= {row.id: row.at for row in fresh}
        self._newest = max([self._newest, *(row.at for row in fresh)])
        self._seen = {id_: at for id_, at in self._seen.items() if at >= self.start}
        return fresh
