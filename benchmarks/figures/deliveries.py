"""Webhook deliveries a second on one core: signed, sent, each attempt on record. On SQLite and on PostgreSQL."""

from pathlib import Path
from typing import Final

from benchmarks.gates import workshop
from benchmarks.plan import Plan, pinned
from benchmarks.records import Claim, Figure, Series
from benchmarks.run import main
from benchmarks.sending import dispatching, one_round, sending
from tests.databases import make_sqlite_template, postgres_server

GOALS: Final = {"SQLite": 1_500, "PostgreSQL": 1_000}
_ENDPOINTS: Final = 20
# In order each endpoint has one on the way, claimed once the one before is on record: what a round is sized by, no goal.
_IN_ORDER_ABOUT: Final = 300


def measure(plan: Plan) -> Figure:
    """A backlog for twenty endpoints each round, from its publication until all of it is on record as delivered."""
    with workshop() as folder, pinned(plan.load_core), postgres_server(None) as server, server.database() as url:
        make_sqlite_template(folder / "freehold.db")
        (folder / "in_order").mkdir()
        make_sqlite_template(folder / "in_order" / "freehold.db")
        series = [_rounds(plan, folder, "SQLite", ""), _rounds(plan, folder / "postgresql", "PostgreSQL", url)]
        in_order = _rounds(plan, folder / "in_order", "SQLite, in order", "")
    claims = [Claim(f"deliveries a second, {each.name}", "/s", each.values, GOALS[each.name]) for each in series]
    return Figure("deliveries", "Webhook deliveries a second", [*series, in_order], claims, _NOTES)


def _rounds(plan: Plan, folder: Path, name: str, url: str) -> Series:
    found = Series(name, "deliveries/s", [], ours=True)
    in_order = name not in GOALS
    made_ready = sending(plan, folder, url, _ENDPOINTS, in_order=in_order)
    with made_ready as made, dispatching(plan, folder, made) as pids:
        each = made.endpoints * max(10, int(plan.seconds * GOALS.get(name, _IN_ORDER_ABOUT) / _ENDPOINTS))
        one_round(made, pids, made.endpoints * (5 if in_order else 20))
        for _ in range(plan.rounds):
            got = one_round(made, pids, each)
            found.values.append(round(got.rate, 1))
            for what, value in {"cpu_us": got.cpu_us, "busy": got.busy}.items():
                found.beside.setdefault(what, []).append(round(value, 3))
    return found


_NOTES: Final = [
    "The whole tasks process runs on one core; the receiver, PostgreSQL's server and who publishes are on the other.",
    "Each delivery is signed (v1), sent over HTTP/1.1 to loopback, and its attempt kept with request, answer and timing.",
    "In order: twenty endpoints with `fifo`, each with one request on the way, claimed once the one before is on record.",
    "The clock begins before the messages are written and stops when the last is on record as delivered.",
    "On SQLite what is recorded is forced to the disk before the next batch; PostgreSQL's files are in memory, where that costs nothing.",
]

if __name__ == "__main__":
    main("deliveries")
