"""What stands beside a report's file: enough to know what it is of, and to prove it without Freehold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from freehold.reports.formats import read_rows, sha256_of
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.readable.totals import read_totals
from freehold.reports.records import READABLE, Column, Made, Report
from freehold.reports.rules import file_name, plain_parameters

FORMAT: Final = 1


def manifest_of(report: Report, owner: str, made: Made, facts: Mapping[str, Any], version: str) -> dict[str, Any]:
    """A report's manifest. `facts`: what its source said of itself, such as how far usage was counted."""
    return {
        "manifest": FORMAT, "report": report.id, "organization": report.organization_id, "project": report.project_id,
        **plain_parameters(report.parameters), "file": file_name(report.parameters, owner),
        "columns": [{"name": each.name, "type": each.type} for each in KIND_FACTS[report.parameters.kind].columns],
        "rows": made.rows, "bytes": made.bytes, "sha256": made.sha256, "sums": dict(made.sums), "source": dict(facts),
        "freehold": version,
    }  # fmt: skip


def faults_of(path: Path, manifest: Mapping[str, Any]) -> list[str]:
    """What of a file does not agree with its manifest, in words; none where all does. ImportError for Parquet without DuckDB."""
    if manifest.get("manifest") != FORMAT:
        return [f"The manifest is of another format: {manifest.get('manifest')!r}."]
    faults = []
    if (size := path.stat().st_size) != manifest["bytes"]:
        faults.append(f"The file has {size:,} bytes; the manifest says {manifest['bytes']:,}.")
    if sha256_of(path) != manifest["sha256"]:
        faults.append("The file's SHA-256 is another one.")
    try:
        rows, sums = _counted(path, manifest)
    except (OSError, ImportError):
        raise
    except Exception as problem:  # noqa: BLE001 — a damaged file makes each reader fail in ways of its own
        said = str(problem).partition("\n")[0].rstrip(".")
        return [*faults, f"The file cannot be read as {manifest['format']}: {said or type(problem).__name__}."]
    if rows != manifest["rows"]:
        faults.append(f"The file has {rows:,} rows; the manifest says {manifest['rows']:,}.")
    faults += [
        f"The column {name} adds up to {sums.get(name, 0):,}; the manifest says {wanted:,}."
        for name, wanted in manifest["sums"].items()
        if sums.get(name, 0) != wanted
    ]
    return faults


def _counted(path: Path, manifest: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    if manifest["format"] in READABLE:
        return read_totals(manifest["format"], path)
    columns = [Column(each["name"], each["type"]) for each in manifest["columns"]]
    integers = [(place, column.name) for place, column in enumerate(columns) if column.type == "integer"]
    rows, sums = 0, {name: 0 for _, name in integers}
    for batch in read_rows(manifest["format"], path, columns):
        rows += len(batch)
        for place, name in integers:
            sums[name] += sum(int(row[place] or 0) for row in batch)
    return rows, sums
