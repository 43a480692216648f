"""Proving rollups against their events, by adding up anew, in another way than the product does."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TextClause, text

from freehold.kit.sketch import bucket_of, decode
from freehold.store.engine import Store, Transaction
from freehold.usage.rules import kind_of

_EVENTS = text("""
    SELECT at, project_id, key_id, COALESCE(secret, ''), COALESCE(endpoint, ''), outcome, COALESCE(status, 0), cost, latency_us
    FROM usage_events
""")
_ROLLUPS = text("""
    SELECT grain, bucket_at, project_id, key_id, secret, endpoint, outcome, status_class,
           requests, cost, latency_us_sum, latency_count, latency FROM usage_rollups
""")
_TOTALS = text("""
    SELECT project_id, division, grain, bucket_at, key_id, secret, endpoint, outcome,
           requests, cost, allowed, served, throttled, denied, failed, latency FROM usage_totals
""")
_WIDTHS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


def assert_sums_are_right(store: Store) -> int:
    """Compare every rollup row with the events it stands for; how many events there are."""
    with store.read() as tx:
        events = _spelled_out(tx, _EVENTS, (1, 2))
        rollups = {row[:8]: (*row[8:-1], decode(row[-1] or b"")) for row in _spelled_out(tx, _ROLLUPS, (2, 3, 4, 5))}
    latencies: dict[tuple[object, ...], Counter[int]] = {}
    expected: dict[tuple[object, ...], Counter[str]] = {}
    for at, project, key, secret, endpoint, outcome, status, cost, latency_us in events:
        for grain, start in _starts(at).items():
            place = (
                grain,
                start,
                project,
                key,
                secret,
                endpoint,
                outcome,
                status // 100 if 200 <= status < 600 else 0,
            )
            counter = expected.setdefault(place, Counter())
            counter["requests"] += 1
            counter["cost"] += cost
            counter["latency_us_sum"] += latency_us or 0
            counter["latency_count"] += latency_us is not None
            if latency_us is not None:
                latencies.setdefault(place, Counter())[bucket_of(latency_us)] += 1
    names = ("requests", "cost", "latency_us_sum", "latency_count")
    assert rollups == {
        place: (*(counter[name] for name in names), dict(latencies.get(place, {})))
        for place, counter in expected.items()
    }
    _assert_totals_are_right(store, events)
    return len(events)


def _assert_totals_are_right(store: Store, events: Sequence[tuple[Any, ...]]) -> None:
    """Every row of totals, from the events: not from the rollups, which are proved above."""
    with store.read() as tx:
        found = {row[:8]: (*row[8:-1], decode(row[-1] or b"")) for row in _spelled_out(tx, _TOTALS, (0, 4, 5, 6))}
    counts: dict[tuple[object, ...], Counter[str]] = {}
    sketches: dict[tuple[object, ...], Counter[int]] = {}
    for at, project, key, secret, endpoint, outcome, status, cost, latency_us in events:
        known = (key, secret, endpoint) if key else ("", "", "")
        parts = [("whole", grain, start, "", "", "", "") for grain, start in _starts(at).items()]
        hour = _starts(at)["hour"]
        parts += [
            ("key", "hour", hour, *known[:2], "", ""),
            ("endpoint", "hour", hour, "", "", known[2], ""),
            ("outcome", "hour", hour, "", "", "", outcome),
        ]
        for part in parts:
            kind = kind_of(outcome, status)
            counts.setdefault((project, *part), Counter()).update(
                {"requests": 1, "cost": cost, "allowed": outcome == "allowed", kind: 1}
            )
            if latency_us is not None and part[0] == "whole":
                sketches.setdefault((project, *part), Counter())[bucket_of(latency_us)] += 1
    names = ("requests", "cost", "allowed", "served", "throttled", "denied", "failed")
    assert found == {
        part: (*(counter[name] for name in names), dict(sketches.get(part, {}))) for part, counter in counts.items()
    }


def _spelled_out(tx: Transaction, query: TextClause, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """Rows with names in the places where they have numbers; no number is no name."""
    known = tx.execute(text("SELECT number, name FROM usage_names"))
    names: dict[int | None, str] = {None: ""} | {row.number: row.name for row in known}
    return [
        tuple(names[value] if place in numbers else value for place, value in enumerate(row))
        for row in tx.execute(query)
    ]


def _starts(at: int) -> dict[str, int]:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    starts = {grain: at - at % width for grain, width in _WIDTHS_MS.items()}
    return starts | {"month": int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp() * 1000)}
