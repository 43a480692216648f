"""Sums stay right and no request is lost while those who count, report costs, archive and delete are killed by lot.

KEEP_KILLS and KEEP_DECISIONS in the environment make it longer.
"""

import os
import random
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import cost_reports, usage_events, usage_rollups
from freehold.usage import costs
from freehold.usage.archive import Archive
from freehold.usage.collector import Collector
from freehold.usage.tasks import JOURNAL_FOLDER
from tests.faults.kill_parts import BATCH_MAX, REPORTED
from tests.faults.kill_run import SEGMENT_BYTES, collector_command, parts_of
from tests.faults.test_collector_kill import Answers

KILLS: Final = int(os.environ.get("KEEP_KILLS", "8"))
DECISIONS: Final = int(os.environ.get("KEEP_DECISIONS", "1500"))


def test_every_request_is_here_or_in_the_archive_and_every_sum_is_right(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    where = {"data": str(settings.data), "database_url": settings.database_url}
    archive = tmp_path / "archive"
    commands = {
        "writer": lambda life: {"part": "writer", "answers": writing, "data": where["data"], "life": life, "segment_bytes": SEGMENT_BYTES},
        "collector": collector_command(settings),
        "keeper": lambda _life: {"part": "keeper", **where, "archive": str(archive)},
        "reporter": lambda life: {"part": "reporter", **where, "lives": life},
    }  # fmt: skip
    with parts_of(commands, [writing]) as parts:
        os.close(writing)
        answers = Answers(reading)
        parts.kill_by_lot(
            KILLS, lambda: answers.count >= DECISIONS and happened(store, archive), random.Random(20261128)
        )
    answered = answers.all()
    collector = Collector(store, settings.data / JOURNAL_FOLDER, "node")
    while collector.collect() or any((settings.data / JOURNAL_FOLDER).glob("jrn_*")):
        pass
    while costs.count_waiting(store):
        pass
    with store.read() as tx:
        kept = {row.id: row.cost for row in tx.execute(select(usage_events.c.id, usage_events.c.cost))}
        reports = tx.execute(select(cost_reports).where(cost_reports.c.counted_at.is_not(None))).all()
        sums = tx.execute(
            select(usage_rollups.c.grain, func.sum(usage_rollups.c.requests), func.sum(usage_rollups.c.cost)).group_by(
                "grain"
            )
        ).all()
    held = {row["id"]: row["cost"] for row in _archived(archive)}
    requests = kept.keys() | held.keys()
    assert held
    assert reports
    assert not answered - requests
    assert len(requests - answered) <= parts.lives * BATCH_MAX
    # Each request's first cost is known by its number; each report that was counted replaced it once.
    reported = {row.request_id: row.cost_before for row in reports}
    assert {row.cost for row in reports} <= {REPORTED}
    assert {kept[each] for each in reported.keys() & kept.keys()} <= {REPORTED}
    first = {each: reported.get(each, held.get(each, kept.get(each))) for each in requests}
    cost = sum(first.values()) + sum(REPORTED - before for before in reported.values())
    # Minutes of long ago are put away as well.
    coarser = {grain: (int(count), int(units)) for grain, count, units in sums if grain in ("day", "month")}
    assert coarser == dict.fromkeys(("day", "month"), (len(requests), cost))


def happened(store: Store, archive: Path) -> bool:
    """Whether something was archived, and a cost was counted."""
    with store.read() as tx:
        counted = tx.execute(select(func.count()).where(cost_reports.c.counted_at.is_not(None))).scalar_one()
    return counted > 0 and any(archive.glob("[0-9]*/*.parquet"))


def _archived(folder: Path) -> list[dict[str, object]]:
    archive = Archive(folder)
    files = [str(file) for file in sorted(folder.glob("[0-9]*/*.parquet"))]
    return (
        [{"id": row[0], "cost": row[1]} for row in archive._ask("SELECT id, cost FROM read_parquet(?)", [files])]
        if files
        else []
    )
