"""From a message's making to its request at the receiver, at half of what the dispatcher can send."""

import statistics
import time
from pathlib import Path
from typing import Final

from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.sending import Sending, dispatching, one_round, sending
from tests.databases import make_sqlite_template, postgres_server

_ENDPOINTS: Final = 20
_GOAL_MS: Final = 250
# So often in a second a transaction publishes, as a publisher's requests would.
_TICKS: Final = 100


def measure(plan: Plan) -> Figure:
    """First how many a second go through, then half of that, evenly spread."""
    with workshop() as folder, pinned(plan.load_core), postgres_server(None) as server, server.database() as url:
        make_sqlite_template(folder / "freehold.db")
        series = [_rounds(plan, folder, "SQLite", ""), _rounds(plan, folder / "postgresql", "PostgreSQL", url)]
    claims = []
    for each in series:
        p99_ms = [value / 1000 for value in each.beside["p99_us"]]
        said = f"p99 from a message's making to its request at the receiver, {each.name}"
        claims.append(Claim(said, "ms", p99_ms, _GOAL_MS, at_most=True))
    notes = [
        "Each round first measures the whole rate, then publishes half of it for as long, a hundred times a second.",
        "The receiver tells a message's age by the millisecond in its id; both ends share this machine's clock.",
        "On SQLite each publication is on the disk before the next; PostgreSQL's files are in memory.",
    ]
    return Figure("delivery_latency", "From enqueue to first byte, at half load", series, claims, notes)


def _rounds(plan: Plan, folder: Path, name: str, url: str) -> Series:
    series = Series(name, "deliveries/s", [], ours=True)
    with sending(plan, folder, url, _ENDPOINTS) as made, dispatching(plan, folder, made) as pids:
        for _ in range(plan.rounds):
            whole = one_round(made, pids, made.endpoints * max(10, int(plan.seconds * 50)))
            made.figures()
            rate, ages_ms = _half(made, whole.rate / 2, plan.seconds)
            series.values.append(round(rate, 1))
            for part_name, part in (("p50_us", 50), ("p99_us", 99)):
                value = statistics.quantiles(ages_ms, n=100, method="inclusive")[part - 1]
                series.beside.setdefault(part_name, []).append(round(value * 1000, 1))
    return series


def _half(made: Sending, rate: float, seconds: float) -> tuple[float, list[float]]:
    before, began, sent, ticks = made.delivered(), time.monotonic(), 0, int(seconds * _TICKS)
    for tick in range(ticks):
        due = int((tick + 1) * rate / _TICKS)
        made.publish([made.endpoints[number % _ENDPOINTS] for number in range(sent, max(sent + 1, due))])
        sent = max(sent + 1, due)
        time.sleep(max(0.0, began + (tick + 1) / _TICKS - time.monotonic()))
    took_s = time.monotonic() - began
    made.wait_for(before + sent)
    return sent / took_s, made.figures().ages_ms


if __name__ == "__main__":
    main("delivery_latency")
