"""Runs figures one after the other, says what came out, keeps it in results/ and draws it."""

import argparse
import importlib
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import machine, report
from benchmarks.gates import workshop
from benchmarks.plan import CannotMeasure, Plan
from benchmarks.records import Figure

RESULTS: Final = Path(__file__).with_name("results")
# In the order in which they are run and told.
FIGURES: Final = (
    "verify", "latency", "proxies", "packages", "better_auth", "litellm", "forward_auth", "gateway", "middleware", "workers",
    "keyring", "keyring_postgresql", "deliveries", "hanging", "delivery_latency", "collector", "usage_queries", "usage_growth", "postures", "shapes", "reports",
)  # fmt: skip


def main(*given: str) -> None:
    """Run the figures that the command line names (or these, or all)."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("figure", nargs="*", help=f"one of: {', '.join(FIGURES)}; all when none is named")
    parser.add_argument("--report", action="store_true", help="measure nothing; write README and charts from results/")
    asked = parser.parse_args()
    if unknown := [name for name in asked.figure if name not in FIGURES]:
        parser.error(f"no such figure: {', '.join(unknown)}; there are: {', '.join(FIGURES)}")
    failed = [] if asked.report else [name for name in asked.figure or given or FIGURES if not _run(name)]
    report.write(RESULTS, FIGURES)
    if failed:
        sys.exit(f"Not measured: {', '.join(failed)}")


def _run(name: str) -> bool:
    began = time.monotonic()
    try:
        plan = Plan.of_environment()
        with workshop() as folder:
            before = machine.ceiling(folder, plan)
        figure: Figure = importlib.import_module(f"benchmarks.figures.{name}").measure(plan)
        with workshop() as folder:
            figure.ceiling = [round(before), round(machine.ceiling(folder, plan))]
        figure.versions = machine.versions() | figure.versions
    except CannotMeasure as error:
        print(f"\n{name}: {error}", file=sys.stderr)
        return False
    except (OSError, RuntimeError, subprocess.SubprocessError):
        # One figure that breaks should not cost an unattended run the others.
        traceback.print_exc()
        return False
    figure.command = f"make bench FIGURE={name}"
    figure.at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    figure.rounds, figure.seconds_a_round = plan.rounds, plan.seconds
    figure.machine = machine.describe(plan)
    figure.took_s = round(time.monotonic() - began, 1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(figure), indent=1) + b"\n")
    print(report.told(figure), flush=True)
    return True
