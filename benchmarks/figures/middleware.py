"""What `freehold.sdk`'s ASGI middleware adds to a call of a bare application, in the same process."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from benchmarks.gates import gate, workshop
from benchmarks.instance import sqlite_instance
from benchmarks.plan import KEYS, ROOT, CannotMeasure, Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main

GOAL_US = 5


def measure(plan: Plan) -> Figure:
    """Keys without limits, which are decided without any call, and keys with several, spent from leases."""
    series: list[Series] = []
    claims: list[Claim] = []
    with workshop() as folder:
        for name, limited in (("no limits", False), ("three limits", True)):
            found = _run(plan, folder / name.replace(" ", "-"), limited=limited)
            bare = Series(f"bare application ({name})", "µs", found["bare"])
            guarded = Series(f"guarded, keys with {name}", "µs", found["guarded"], ours=True)
            series += [bare, guarded]
            over = [b - a for a, b in zip(bare.values, guarded.values, strict=True)]
            claims.append(
                Claim(f"in-process middleware, {name}: over the bare application", "µs", over, GOAL_US, at_most=True)
            )
    return Figure("middleware", "In-process middleware: microseconds of a call", series, claims, _NOTES)


_NOTES = [
    "in_process.py calls both applications without a server in between; the gate has the load's core.",
    f"{KEYS:,} keys in turn, journaled, shipped to the gate by a thread of the same process while it decides.",
]


def _run(plan: Plan, folder: Path, *, limited: bool) -> dict[str, list[float]]:
    made = sqlite_instance(folder, KEYS, limited=limited)
    keys = folder / "keys"
    keys.write_text("\n".join(each.text for each in made.keys))
    with gate(folder, made, plan.load_core) as ours, pinned(plan.server_core):
        command = [
            sys.executable,
            "-m",
            "benchmarks.in_process",
            ours.url,
            keys,
            folder / "usage",
            plan.rounds,
            plan.seconds,
        ]
        environment = os.environ | {"FREEHOLD_TOKEN": made.token}
        done = subprocess.run(
            [str(each) for each in command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise CannotMeasure(f"the guarded application: {done.stderr.strip()[-300:]}")
    return msgspec.json.decode(done.stdout, type=dict[str, list[float]])


if __name__ == "__main__":
    main("middleware")
