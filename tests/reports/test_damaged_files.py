"""A file that is not what its manifest is of: whatever happened to it, `faults_of` says so and never fails."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.reports.formats import write_file
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.manifests import faults_of, manifest_of
from freehold.reports.records import READABLE, Made, Parameters, Report, ReportFormat, Row
from tests.reports.readable_rows import written

KIND: Final = "usage_summary"
FORMATS: Final[tuple[ReportFormat, ...]] = ("csv", "jsonl", "parquet", "html", "pdf")
ROWS: Final[list[Row]] = [
    (f"2026-10-{day:02}", "proj_1", f"key_{day}", "get_parcel", "allowed", 2, 100 + day, 100, 5_000, 90) for day in range(1, 20)
]  # fmt: skip


def report(form: ReportFormat) -> Report:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    return Report(
        id="rep_1", organization_id="org_1", project_id="proj_1",
        parameters=Parameters(KIND, form, date(2026, 10, 1), date(2026, 11, 1)), state="ready", reason=None, asked_by="Ada",
        asked_by_id="usr_1", created_at=at, started_at=at, finished_at=at, expires_at=None, attempts=1, done=len(ROWS),
        cancel=False, rows=len(ROWS), bytes=None, sha256=None, manifest=None, restates=None, keep_days=None,
    )  # fmt: skip


@pytest.fixture(scope="module", params=FORMATS)
def saved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, bytes, dict[str, Any]]:
    """A file of each format, its bytes, and its manifest."""
    form: ReportFormat = request.param
    path = tmp_path_factory.mktemp("damaged") / f"report.{form}"
    made: Made = (
        written(path, KIND, form, ROWS)
        if form in READABLE
        else write_file(form, path, KIND_FACTS[KIND].columns, [ROWS[:7], ROWS[7:]])
    )
    return path, path.read_bytes(), manifest_of(report(form), "parcels", made, {}, "0")


def test_a_whole_file_is_whole(saved: tuple[Path, bytes, dict[str, Any]]) -> None:
    path, whole, manifest = saved
    path.write_bytes(whole)
    assert faults_of(path, manifest) == []


@given(data=st.data())
def test_a_damaged_file_is_told_apart(saved: tuple[Path, bytes, dict[str, Any]], data: st.DataObject) -> None:
    path, whole, manifest = saved
    start = data.draw(st.integers(0, len(whole)), "from")
    end = data.draw(st.integers(start, min(len(whole), start + 64)) | st.just(len(whole)), "to")
    instead = data.draw(st.binary(max_size=64) | st.just(b"[" * 100_000) | st.just(b"\xff\x00\n"), "instead")
    damaged = whole[:start] + instead + whole[end:]
    path.write_bytes(damaged)
    faults = faults_of(path, manifest)
    assert bool(faults) == (damaged != whole)
    assert all("\n" not in each for each in faults)
