"""A process that shares a rate limit.

`spender.py FOLDER COUNT` is told to begin by a line, spends, and says how much passed. `spender.py
FOLDER stop` says so in the middle of a decision, and is killed there, or told to go on by a line.
"""

import sys
from pathlib import Path
from typing import Any

from freehold.gate import shared_limiter
from freehold.gate.shared_limiter import SharedLimiter
from freehold.keys.records import RateLimit, SecretRecord
from freehold.keys.rules import Ask

NOW_NS = 1_800_000_000_000_000_000
ASK = Ask(b"d" * 32, None, "api_1", "getCountry", None, 1)
RECORD = SecretRecord(
    selector="Selector0001", digest=b"d" * 32, secret_state="active", retires_at_ms=None, version=1, last4="abcd",
    key_id="key_1", key_name="one", key_state="active", expires_at_ms=None, allowed_networks=(),
    rate_limit=RateLimit(1000, 86_400), endpoints=frozenset({"getCountry"}), narrowed=False, project_id="proj_1",
    project_name="p", project_state="active", environment="sandbox", organization_id="org_1", api_id="api_1",
)  # fmt: skip


def spend(folder: Path, count: int) -> int:
    """How many of so many requests pass."""
    limiter = SharedLimiter(folder)
    return sum(limiter.decide(ASK, RECORD, NOW_NS).allowed for _ in range(count))


def stop_in_the_middle(folder: Path) -> None:
    """Wait for a line while the key's bucket is locked."""
    decide = vars(shared_limiter)["decide"]

    def wait(*arguments: Any) -> Any:
        sys.stdout.write("inside\n")
        sys.stdout.flush()
        sys.stdin.readline()
        return decide(*arguments)

    setattr(shared_limiter, "decide", wait)  # noqa: B010 (the moment in between can only be had from within)
    SharedLimiter(folder).decide(ASK, RECORD, NOW_NS)


if __name__ == "__main__":
    if sys.argv[2] == "stop":
        stop_in_the_middle(Path(sys.argv[1]))
    else:
        sys.stdin.readline()
        sys.stdout.write(f"{spend(Path(sys.argv[1]), int(sys.argv[2]))}\n")
