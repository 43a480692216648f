"""What a gate with a million keys costs beside one with a hundred, whatever the database."""

import random
import time
from pathlib import Path
from typing import Final

from benchmarks.gates import Gate, gate
from benchmarks.instance import ManyKeys
from benchmarks.load import open_loop
from benchmarks.plan import Plan
from benchmarks.processes import cpu_s, rss_mib
from benchmarks.records import Claim, Figure, Series, ratio

FEW: Final = 100
MANY: Final = 1_000_000
_CONNECTIONS: Final = 64
_BYTES_GOAL: Final = 600
_COLD_GOAL_S: Final = 3

# An instance and the URL of its database; empty: SQLite in its data directory.
Made = tuple[ManyKeys, str]


def measure_keys(plan: Plan, folder: Path, name: str, database: str, few: Made, many: Made) -> Figure:
    """Cold starts first; then every key once, for the memory; then both in turn, for the rate."""
    cold = [_cold_start_s(plan, folder / "many", many) for _ in range(min(3, plan.rounds))]
    with (
        gate(folder / "few", few[0], plan.server_core, database_url=few[1]) as small,
        gate(folder / "many", many[0], plan.server_core, database_url=many[1]) as large,
    ):
        gates = [
            (small, _shuffled(small, folder / "few-requests")),
            (large, _shuffled(large, folder / "many-requests")),
        ]
        _, (took_s, cpu_us) = [_ask_all(plan, *each) for each in gates]
        more_mib = rss_mib(large.pids) - rss_mib(small.pids)
        series = [Series(f"{len(each.keys):,} keys", "requests/s", [], ours=True) for each, _ in gates]
        for _ in range(plan.rounds):
            for (each, requests), kept in zip(gates, series, strict=True):
                _load(plan, each, requests, kept)
        for (each, _), kept in zip(gates, series, strict=True):
            each.check_verify()
            kept.rss_mib = round(rss_mib(each.pids), 1)
    claims = [
        Claim(
            f"resident bytes a key, {database}", "bytes", [more_mib * 2**20 / (MANY - FEW)], _BYTES_GOAL, at_most=True
        ),
        Claim(
            f"cold start with {MANY:,} keys to the first decision, {database}", "s", cold, _COLD_GOAL_S, at_most=True
        ),
        Claim(f"every one of {MANY:,} keys asked about once after a start, {database}", "s", [took_s]),
        Claim(f"CPU of such a first question, {database}", "µs", [cpu_us]),
        ratio(f"decisions with {MANY:,} keys over those with {FEW}, {database}", series[1], series[0], 0.95),
    ]
    return Figure(name, f"A million keys on {database}", series, claims, _NOTES)


_NOTES: Final = [
    "Every key is asked about, in random order, by open_loop.c in a closed loop.",
    "Bytes a key: the resident memory of the gate that has decided about a million keys, less that of one with a hundred.",
    "Two gates of the same build run side by side on the server's core and are loaded in turn; 0.95 allows for memory's caches.",
]


def _cold_start_s(plan: Plan, data: Path, made: Made) -> float:
    began = time.monotonic()
    with gate(data, made[0], plan.server_core, database_url=made[1]) as started:
        started.check_verify()
        return time.monotonic() - began


def _shuffled(asked: Gate, path: Path) -> Path:
    keys = list(asked.keys)
    random.Random(1).shuffle(keys)
    return asked.verify_requests(path, keys)


def _ask_all(plan: Plan, asked: Gate, requests: Path) -> tuple[float, float]:
    """Ask about each key once; the seconds that it took, and the CPU microseconds of each."""
    began, before_s = time.monotonic(), cpu_s(asked.pids)
    # Many at once, so that the gate can read many with one query.
    open_loop(asked.port, 0, 0, plan.load_core, requests, '"allowed":true', 8 * _CONNECTIONS)
    return time.monotonic() - began, (cpu_s(asked.pids) - before_s) * 1e6 / len(asked.keys)


def _load(plan: Plan, asked: Gate, requests: Path, kept: Series) -> None:
    """One round of one gate."""
    seconds, before_s = min(2.0, plan.seconds), cpu_s(asked.pids)
    answered = open_loop(asked.port, 0, seconds, plan.load_core, requests, '"allowed":true', _CONNECTIONS)
    used_us = (cpu_s(asked.pids) - before_s) * 1e6
    kept.values.append(answered.rate)
    kept.beside.setdefault("p99_us", []).append(answered.p99_us)
    # The warm-up is not among the answers, but at the same rate among the CPU's time.
    kept.beside.setdefault("cpu_us", []).append(round(used_us / (answered.rate * seconds), 2))
