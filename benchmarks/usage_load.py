"""Made-up usage for the figures about it: 200 projects, three keys and eight endpoints each, over thirty days.

Projects differ a hundredfold in size, latencies are lognormal, and every event is what the gate would journal.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, text

from freehold.kit import clock, ids
from freehold.store.engine import Store
from freehold.store.schema import apis, keys, organizations, projects
from freehold.usage import partitions
from freehold.usage.intake import Step, open_journal, pass_batch
from freehold.usage.journal_reader import Place
from freehold.usage.records import UsageEvent

PROJECTS: Final = 200
DAY_MS: Final = 86_400_000
_KEYS: Final = 3
_ENDPOINTS: Final = [f"operation_{number}" for number in range(8)]
# Larger than the collector's: what matters is what is there in the end.
_BATCH: Final = 40_000


@dataclass(frozen=True)
class Callers:
    """Projects and their keys, of ten organizations."""

    organization_ids: list[str]
    project_ids: list[str]
    keys: list[tuple[str, str, str, str]]
    weights: list[float]


def make_callers(store: Store) -> Callers:
    """Fill a fresh database with who calls."""
    now, api = clock.now(), ids.new_id("api")
    owners = [ids.new_id("org") for _ in range(10)]
    made = [ids.new_id("proj") for _ in range(PROJECTS)]
    callers: list[tuple[str, str, str, str]] = []
    weights: list[float] = []
    with store.write() as tx:
        for each in owners:
            tx.execute(insert(organizations).values(id=each, name=each, slug=each.replace("_", "-"), created_at=now))
        tx.execute(insert(apis).values(id=api, slug="load", name="Load", created_at=now))
        for number, each in enumerate(made):
            owner = owners[number % len(owners)]
            tx.execute(insert(projects).values(
                id=each, organization_id=owner, api_id=api, environment="sandbox", name=f"Project {number}",
                slug=f"project-{number}", purpose="load", state="active", created_by="load", created_at=now))  # fmt: skip
            for place in range(_KEYS):
                key = ids.new_id("key")
                tx.execute(insert(keys).values(
                    id=key, project_id=each, environment="sandbox", name=f"key {place}", state="active", narrowed=False,
                    created_by="load", created_at=now))  # fmt: skip
                callers.append((key, each, owner, f"sel{number:05d}{place:04d}"))
                weights.append(1 / (1 + number / 2) / (1 + place))
    return Callers(owners, made, callers, weights)


def events(callers: Callers, count: int, start_ms: int, span_ms: int, seed: int) -> Iterator[UsageEvent]:
    """So many decisions, evenly over a stretch of time, in its order."""
    dice = random.Random(seed)
    who = dice.choices(callers.keys, callers.weights, k=count)
    for number, (key, project, owner, selector) in enumerate(who):
        at_ms = start_ms + number * span_ms // count
        draw = dice.random()
        outcome = "allowed" if draw < 0.94 else "rate_limited" if draw < 0.98 else "endpoint_not_in_scope"
        status = None if outcome != "allowed" else 200 if draw < 0.9 else 404 if draw < 0.93 else 503
        yield UsageEvent(
            id=ids.new_id("req", at_ms), at_ms=at_ms, project_id=project, organization_id=owner, environment="sandbox",
            key_id=key, secret=selector, api_id="api_load", endpoint=_ENDPOINTS[int(dice.random() ** 2 * 8)], method="GET",
            path=f"/v1/things/{number % 9973}", outcome=outcome, via="gateway", status=status,
            latency_us=round(dice.lognormvariate(10, 0.6)) if status else None, cost=1, address="203.0.113.24",
            user_agent="load/1.0", rule="all", limits=(("key:requests", 600, 512, 4.0),), epoch=7,
        )  # fmt: skip


def make_partitions(store: Store, start_ms: int, minutes_ms: int = 0) -> None:
    """Where there are partitions: those of every day from an instant on, as housekeeping made them day by day.

    `minutes_ms`: from when on minutes are kept; housekeeping has dropped the partitions of those before.
    """
    if store.is_sqlite:
        return
    for parted in (partitions.EVENTS, partitions.MINUTES, partitions.TOTALS):
        first_ms = start_ms if parted is partitions.EVENTS else max(start_ms, minutes_ms)
        with store.write() as tx:
            partitions.make_days(tx, parted, partitions.days_between(first_ms, clock.now_ms() + 2 * DAY_MS))


def load(store: Store, made: Iterator[UsageEvent]) -> int:
    """Count events as the collector does, batch by batch; how many."""
    journal, place, position = ids.new_id("jrn"), Place(), 0
    with store.write() as tx:
        open_journal(tx, journal, "load", clock.now())
    while True:
        batch = [(position + number, event) for number, event in enumerate(_take(made, _BATCH))]
        if not batch:
            return position
        position += len(batch)
        end = Place(1, position)
        with store.write() as tx:
            pass_batch(tx, Step(journal, place, end, clock.now(), None), batch)
        place = end


def _take(made: Iterator[UsageEvent], count: int) -> list[UsageEvent]:
    return [event for _, event in zip(range(count), made, strict=False)]


def bytes_used(store: Store) -> int:
    """What a database takes on the disk, without what is free in its file."""
    with store.engine.connect() as connection:
        if store.is_sqlite:
            pages, free, size = (
                connection.execute(text(f"PRAGMA {name}")).scalar_one()
                for name in ("page_count", "freelist_count", "page_size")
            )
            return int((pages - free) * size)
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
