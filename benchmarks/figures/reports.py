"""Reports of ROWS single requests as CSV, JSON Lines and Parquet, on both databases: rows a second, peak memory, bytes.

    ROWS=10000000 make bench FIGURE=reports

fills both databases and makes each report once; ROUNDS is not asked. The default is a trial of 200,000 rows. To make
reports again of databases that are filled once, see benchmarks/report_databases.py (LOADED=FOLDER). It needs some 25 GB on
the disk. Peak memory is that of the process that makes the report, the interpreter and libraries included.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.gates import workshop
from benchmarks.plan import CannotMeasure, Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.report_databases import DAYS, ROWS, Loaded, load_all, read_loaded
from benchmarks.run import main
from benchmarks.stores import durable_stores
from freehold.kit import clock

LOADED: Final = os.environ.get("LOADED", "")
_ROWS_A_SECOND: Final = 100_000
_PEAK_MIB: Final = 300
_KEY: Final = "5a" * 32
# Encryption is measured where it costs most beside the rest: with the quickest.
_MADE: Final = {
    "CSV": ("csv", ""),
    "CSV, encrypted": ("csv", _KEY),
    "JSON Lines": ("jsonl", ""),
    "Parquet": ("parquet", ""),
}


def measure(plan: Plan) -> Figure:
    """Fill once, then make each report once on each database."""
    series: list[Series] = []
    claims: list[Claim] = []
    with workshop() as folder, _databases(plan) as databases, pinned(plan.server_core):
        for loaded in databases:
            for what, (form, key) in _MADE.items():
                made = _make(folder, loaded, form, key)
                series.append(_series(loaded, what, made))
                claims += _claims(loaded, what, made)
    return Figure("reports", f"Reports of {databases[0].rows:,} single requests", series, claims, _NOTES)


@contextmanager
def _databases(plan: Plan) -> Iterator[list[Loaded]]:
    if LOADED:
        yield read_loaded(Path(LOADED))
        return
    with workshop() as folder, durable_stores(folder) as stores:
        with pinned(plan.server_core, plan.load_core):
            loaded = load_all(stores, ROWS)
        yield loaded


def _make(folder: Path, loaded: Loaded, form: str, key: str) -> dict[str, Any]:
    first = clock.from_ms(loaded.first_ms).date()
    period = (str(first), str(first + timedelta(days=DAYS)))
    command = [
        sys.executable,
        "-m",
        "benchmarks.report_process",
        loaded.place,
        str(folder),
        loaded.organization_id,
        form,
        *period,
    ]
    done = subprocess.run([*command, *filter(None, [key])], check=True, capture_output=True, text=True)
    made: dict[str, Any] = json.loads(done.stdout)
    if made["rows"] != loaded.rows or not made["reconciled"]:
        raise CannotMeasure(f"the report has {made['rows']:,} rows instead of {loaded.rows:,}, or does not add up")
    for file in (folder / "reports").iterdir():
        file.unlink()
    return made


def _series(loaded: Loaded, what: str, made: dict[str, Any]) -> Series:
    cpu_us = made["cpu_s"] * 1e6 / made["rows"]
    rows = round(made["rows"] / made["seconds"])
    return Series(
        f"{loaded.name}: {what}",
        "rows/s",
        [rows],
        {"cpu_us": [round(cpu_us, 2)]},
        round(made["peak_mib"], 1),
        ours=True,
    )


def _claims(loaded: Loaded, what: str, made: dict[str, Any]) -> list[Claim]:
    goal = _ROWS_A_SECOND if what == "CSV" and loaded.name == "SQLite" else None
    return [
        Claim(f"{what}, {loaded.name}", "rows/s", [round(made["rows"] / made["seconds"])], goal),
        Claim(f"peak memory, {what}, {loaded.name}", "MiB", [round(made["peak_mib"], 1)], _PEAK_MIB, at_most=True),
        Claim(f"bytes a row, {what}, {loaded.name}", "B", [round(made["bytes"] / made["rows"], 1)]),
    ]


_NOTES: Final = [
    f"One report of one organization's five projects over {DAYS} days, made once by one process on one core; PostgreSQL's server is on the same one.",
    "ROWS=10000000 in the environment for the whole figure; the default is a trial.",
    "From the claim to the finished record: rows read in stretches, written, hashed, compared with the sums of their days, forced to the disk.",
    "Peak memory is the process's highest resident size, Python and its libraries included. Parquet goes through JSON Lines on the disk.",
]  # fmt: skip


if __name__ == "__main__":
    main("reports")
