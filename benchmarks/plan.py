"""How long and where a run measures. Reads the environment once; measures nothing itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "bench"
CONNECTIONS: Final = 32
KEYS: Final = 1_000


class CannotMeasure(Exception):
    """Why a figure cannot be measured here, in one sentence for the person who asked for it."""


@dataclass(frozen=True)
class Plan:
    """Rounds, seconds a round, and which core serves and which one loads."""

    rounds: int
    seconds: float
    warm_s: float
    server_core: int
    load_core: int
    # A second one to serve on, where there are three.
    other_core: int | None
    cores: int

    @classmethod
    def of_environment(cls) -> "Plan":
        """ROUNDS (at least 5 for a figure that counts) and SECONDS_A_ROUND; the first two cores that we may use."""
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise CannotMeasure("Measuring needs two cores: one for the server, one for the load.")
        seconds = float(os.environ.get("SECONDS_A_ROUND") or 3)
        rounds = int(os.environ.get("ROUNDS") or 5)
        other = cores[2] if len(cores) > 2 else None
        return cls(rounds, seconds, min(1.0, seconds), cores[0], cores[1], other, len(cores))


@contextmanager
def pinned(*cores: int) -> Iterator[None]:
    """What is started in here runs on these cores (as with `taskset`); we ourselves go back to where we were."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
