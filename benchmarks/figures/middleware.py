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
    """Keys without limits are decided without any call; the others spend leases of their limits, fetched meanwhile."""
    series: list[Series] = []
    claims: list[Claim] = []
    with workshop() as folder:
        for number, (name, keys, limited) in enumerate(_CASES):
            found = _run(plan, folder / str(number), keys, limited=limited)
            bare = Series("bare application", "µs", found["bare"], {"cpu_us": found["bare_cpu"]})
            guarded = Series(f"guarded, {name}", "µs", found["guarded"], {"cpu_us": found["guarded_cpu"]}, ours=True)
            series += [bare, guarded] if number == 0 else [guarded]
            over = [b - a for a, b in zip(bare.values, guarded.values, strict=True)]
            claims.append(
                Claim(f"in-process middleware over the bare application, {name}", "µs", over, GOAL_US, at_most=True)
            )
    return Figure("middleware", "In-process middleware: microseconds of a call", series, claims, _NOTES)


_CASES = [
    (f"{KEYS:,} keys without limits", KEYS, False),
    ("one key with three limits", 1, True),
    (f"{KEYS:,} keys with three limits", KEYS, True),
]
_NOTES = [
    "in_process.py calls both applications without a server in between; the gate has the load's core.",
    "Every decision is journaled, and shipped to the gate by a thread of the same process while it decides.",
    "Each case has a bare application of its own in its rounds; the table shows that of the first.",
]


def _run(plan: Plan, folder: Path, count: int, *, limited: bool) -> dict[str, list[float]]:
    made = sqlite_instance(folder, count, limited=limited)
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
