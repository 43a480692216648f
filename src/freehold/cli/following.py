"""Following a project's requests in the terminal: the list, asked for again and again, each request once."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from freehold.cli.api import Api

_EVERY_S: Final = 1.0
# Gates are counted one by one: a request may be counted after another that was decided later.
_LOOK_BACK: Final = timedelta(seconds=30)
_SHOWN_BEFORE: Final = 10


def following(api: Api, path: str, question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The newest requests, oldest first, then each one that is counted, without end."""
    newest = api.get(path, {**question, "limit": _SHOWN_BEFORE})["data"]
    since = _at(newest[0]) if newest else datetime.now(UTC)
    started = since - _LOOK_BACK
    # Of what was decided lately, only what came after the first answer is new.
    lately = list(api.all(path, {**question, "from": _text(started)}))
    top = _place(newest[0]) if newest else (since, "")
    rows = [*newest, *(row for row in lately if _place(row) > top)]
    seen = {row["id"]: _at(row) for row in (*rows, *lately)}
    yield from sorted(rows, key=_place)
    while True:
        time.sleep(_EVERY_S)
        start = max(started, since - _LOOK_BACK)
        rows = [row for row in api.all(path, {**question, "from": _text(start)}) if row["id"] not in seen]
        seen = {id_: at for id_, at in seen.items() if at >= start} | {row["id"]: _at(row) for row in rows}
        since = max([since, *map(_at, rows)])
        yield from sorted(rows, key=_place)


def _at(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["at"])


def _place(row: Mapping[str, Any]) -> tuple[datetime, str]:
    return _at(row), row["id"]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
