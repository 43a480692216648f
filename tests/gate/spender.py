"""A process that shares rate limits.

`spender.py FOLDER COUNT` is told to begin by a line, spends, and says how much passed. It spends with two
keys in turn, whose own limits are large, of one project with two limits: each request holds several
buckets, in whatever order they come. `spender.py FOLDER stop` says so in the middle of a decision, and
is killed there, or told to go on by a line.
"""

import sys
from pathlib import Path
from typing import Any

from freehold.gate import shared_limiter
from freehold.gate.shared_limiter import SharedLimiter
from freehold.keys.rate_limit import meters
from freehold.keys.records import ProjectRecord, SecretRecord
from freehold.keys.rules import Ask
from freehold.projects.limits import RateLimit

NOW_NS = 1_800_000_000_000_000_000
LIMIT = 1000
ASK = Ask(b"d" * 32, None, "api_1", "getCountry", None, 1)
RECORDS = [
    SecretRecord(
        selector=f"Selector000{n}", digest=b"d" * 32, secret_state="active", key_id=f"key_{n}", key_name="one",
        key_state="active", project_id="proj_1",
        meters=meters("key", (RateLimit("burst", 10 * LIMIT, 86_400), RateLimit("calm", 20 * LIMIT, 86_400))),
    )
    for n in (1, 2)
]  # fmt: skip
PROJECT = ProjectRecord(
    id="proj_1", name="p", state="active", environment="sandbox", organization_id="org_1", api_id="api_1",
    endpoints=frozenset({"getCountry"}),
    meters=meters("project", (RateLimit("all", LIMIT, 86_400), RateLimit("more", 2 * LIMIT, 86_400))),
)  # fmt: skip


def spend(folder: Path, count: int) -> int:
    """How many of so many requests pass."""
    limiter = SharedLimiter(folder)
    return sum(limiter.decide(ASK, RECORDS[n % 2], PROJECT, NOW_NS).allowed for n in range(count))


def stop_in_the_middle(folder: Path) -> None:
    """Wait for a line while the buckets are locked."""
    decide = vars(shared_limiter)["decide"]

    def wait(*arguments: Any) -> Any:
        sys.stdout.write("inside\n")
        sys.stdout.flush()
        sys.stdin.readline()
        return decide(*arguments)

    setattr(shared_limiter, "decide", wait)  # noqa: B010 (the moment in between can only be had from within)
    SharedLimiter(folder).decide(ASK, RECORDS[0], PROJECT, NOW_NS)


if __name__ == "__main__":
    if sys.argv[2] == "stop":
        stop_in_the_middle(Path(sys.argv[1]))
    else:
        sys.stdin.readline()
        sys.stdout.write(f"{spend(Path(sys.argv[1]), int(sys.argv[2]))}\n")
