"""A process that spends a shared rate limit: `spender.py FOLDER COUNT`, told to begin by a line; or dies in the middle."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

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


def die_in_the_middle(folder: Path) -> None:
    """Be killed while the key's bucket is locked."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(shared_limiter, "decide", die)  # noqa: B010 (the worst moment can only be had from within)
    SharedLimiter(folder).decide(ASK, replace(RECORD, rate_limit=RateLimit(5, 60)), NOW_NS)


if __name__ == "__main__":
    if sys.argv[2] == "die":
        die_in_the_middle(Path(sys.argv[1]))
    sys.stdin.readline()
    sys.stdout.write(f"{spend(Path(sys.argv[1]), int(sys.argv[2]))}\n")
