"""Rows for readable reports, and short ways to have them written."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from freehold.reports.kinds import KIND_FACTS
from freehold.reports.readable.records import About
from freehold.reports.readable.writing import write_readable
from freehold.reports.records import Made, Parameters, ReportFormat, ReportKind, Row

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))
# What people could call a key, to do harm with it, or because it is their language.
NAMES = [
    "Zürich / Łódź / 東京", "<script>alert(1)</script>", "</style><script>alert(2)</script>", "\"><img src=x onerror=alert(3)>",
    "=cmd|' /C calc'!A0", "javascript:alert(4)", "https://example.com/?<b>", "\u202egnp.exe", "\x1b[31mred\x00", "{{ 7 * 7 }}",
    "#let x = 1; $a$ *b* @c <d> #import \"e\"", "Київ, Αθήνα", "x" * 300, "--></title>", "&lt;b&gt;",
]  # fmt: skip


def about(kind: ReportKind, form: ReportFormat, time_zone: str = "UTC") -> About:
    facts = KIND_FACTS[kind]
    assert facts.summary is not None
    since, until = OCTOBER if facts.period else (None, None)
    owner = (("Project", "parcels, sandbox (proj_1)"), ("Organization", "harbour (org_1)"))
    return About(facts.title, facts.detail, facts.summary, Parameters(kind, form, since, until, time_zone), owner)


def written(path: Path, kind: ReportKind, form: ReportFormat, rows: Iterable[Row], **more: Any) -> Made:
    """Rows of a kind as a file."""
    batches: Iterator[list[Row]] = ([row] for row in rows)
    return write_readable(form, path, KIND_FACTS[kind].columns, batches, about(kind, form, **more))


def keys(names: Iterable[str] = NAMES) -> list[Row]:
    """An inventory with a key of each name."""
    made, used = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 30, 12, 3, tzinfo=UTC)
    return [
        (f"key_{place:026d}", "proj_1", "sandbox", name, name, "active" if place % 3 else "revoked", "get_parcel", "", "", None, 1,
         "Ada", made, None, made, used, 1000 + place)
        for place, name in enumerate(names)
    ]  # fmt: skip


def usage(count: int, keys_of: int = 3) -> Iterator[Row]:
    """So many sums, spread over October."""
    for place in range(count):
        outcome, status = (("allowed", 2), ("allowed", 5), ("rate_limited", 0), ("unknown_key", 0))[place % 4]
        day = date(2026, 10, 1 + place * 31 // count)
        yield (
            day.isoformat(),
            "proj_1",
            f"key_{place % keys_of}",
            "get_parcel",
            outcome,
            status,
            10 + place % 7,
            place % 5,
            1,
            1,
        )


def firings() -> list[Row]:
    """One a day, a little before midnight in UTC."""
    return [
        (f"fir_{day}", "proj_1", "alr_1", "error_rate", "critical" if day % 2 else "warning", "5", "6", "7",
         datetime(2026, 10, day, 23, 30, tzinfo=UTC), None, None, None, None)
        for day in range(1, 31)
    ]  # fmt: skip
