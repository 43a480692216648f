"""The same contest against each group of peers: verify with everything on, and they."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from benchmarks.contest import Contestant, hold
from benchmarks.gates import VERIFY, Gate, gate, workshop
from benchmarks.instance import sqlite_instance
from benchmarks.plan import KEYS, Plan
from benchmarks.records import Figure, ratio

# A peer from a folder of its own, a core and our gate, with the goal for verify over it.
Peer = tuple[Callable[[Path, int, Gate], AbstractContextManager[Contestant]], float | None]


def measure_against(
    plan: Plan, name: str, title: str, peers: Sequence[Peer], versions: dict[str, str], notes: Sequence[str] = ()
) -> Figure:
    """Verify over each of these peers, round by round."""
    with workshop() as folder, ExitStack() as running:
        made = sqlite_instance(folder / "data", KEYS)
        ours = running.enter_context(gate(folder / "data", made, plan.server_core))
        verify = ours.verify_requests(folder / "verify", made.keys)
        contestants = [
            Contestant(f"verify, {KEYS:,} keys", ours.url + VERIFY, ours.pids, ours.check_verify, verify, True)
        ]
        for number, (start, _) in enumerate(peers):
            contestants.append(running.enter_context(start(folder / f"peer-{number}", plan.server_core, ours)))
        first, *others = series = hold(contestants, plan)
        claims = [
            ratio(f"verify over {each.name}", first, each, goal) for each, (_, goal) in zip(others, peers, strict=True)
        ]
        return Figure(name, title, series, claims, [*notes, ours.journal_note(series[:1])], versions=versions)
